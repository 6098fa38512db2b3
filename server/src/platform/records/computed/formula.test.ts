/** Formulas on real PostgreSQL: what they give, that no data makes them raise, and that JavaScript comes to the same. */
import fc from 'fast-check';
import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import type { DataModel, Field } from '@piper/shared/data-model';
import { binaryOperators, type BinaryOperator } from '@piper/shared/formula/ast';
import { checkFormula, formulaFunctions, parseFormula, resolveComputed, type ValueType } from '@piper/shared/formula/index';
import { dataModel, field } from '../../../../../test/declare.ts';
import { useTestServer } from '../../../../../test/harness.ts';
import { system } from '../../actor.ts';
import { ctxFor, type Ctx } from '../../ctx.ts';
import { newId } from '../../ids.ts';
import { openCatalogue } from '../catalogue.ts';
import { columnTypeOf } from '../fields/index.ts';
import { listRecords } from '../list.ts';
import { evaluate, exact, onWire, operations, type Value } from './evaluate.fixture.ts';
import { writtenFunctions } from './function-sql.ts';

const columns: Field[] = [
  field('id', 'uuid', { required: true }),
  field('i', 'integer'),
  field('k', 'integer'),
  field('n', 'decimal'),
  field('m', 'decimal'),
  field('t', 'text'),
  field('u', 'long-text'),
  field('b', 'boolean'),
  field('d', 'date'),
  field('e', 'date'),
  field('w', 'date-time'),
  field('x', 'date-time'),
  field('ti', 'time'),
  field('ms', 'multi-select'),
  field('st', 'rating'),
  field('mo', 'currency'),
];
const bareModel = (fields: Field[]): DataModel => ({ ...dataModel('samples', fields), table: 'piper.formula_samples' });
const scope = { model: bareModel(columns), models: { find: () => undefined } };
const typedOf = (formula: string) => checkFormula(parseFormula(formula), scope);

/** A model with a formula field for each text, as a project would hold it. */
function modelWith(formulas: readonly string[]): DataModel {
  const computed = formulas.map((formula, i): Field => {
    const { column: _column, ...rest } = field(`f${i}`, 'formula', { options: { formula } });
    return rest;
  });
  const model = bareModel([...columns, ...computed]);
  const { results, problems } = resolveComputed([model], { find: () => undefined });
  if (problems.length > 0) throw new Error(problems[0]!.message);
  for (const each of computed) each.result = results.get(each.id)!;
  return model;
}

const server = useTestServer({ features: [] });
let ctx: Ctx;

beforeAll(async () => {
  const types = columns.map((each) => `${each.column} ${columnTypeOf(each).sqlType(each)}`);
  await sql`create table piper.formula_samples (${sql.raw(types.join(', '))}, primary key (id))`.execute(server.deps.db);
  ctx = ctxFor(server.deps, system, 'test');
});

async function fill(rows: readonly Record<string, unknown>[]): Promise<void> {
  const records = rows.map((row) => ({ ...row, id: newId() }));
  await sql`truncate piper.formula_samples`.execute(server.deps.db);
  await sql`insert into piper.formula_samples select * from jsonb_populate_recordset(null::piper.formula_samples, ${JSON.stringify(records)}::jsonb)`.execute(
    server.deps.db,
  );
}
const over = (model: DataModel): Ctx => ({ ...ctx, deps: { ...server.deps, catalogue: openCatalogue([{ model }]) } });

/** The values of the formulas on the one row. */
async function valuesOf(formulas: readonly string[], row: Record<string, unknown> = {}): Promise<unknown[]> {
  await fill([row]);
  const { data } = await listRecords(over(modelWith(formulas)), 'samples');
  return formulas.map((_, i) => data[0]![`f${i}`]);
}

describe('values', () => {
  const row = {
    i: 7,
    k: -2,
    n: '10.50',
    m: '0',
    t: ' Ää😀b ',
    u: 'a-b-c',
    b: true,
    d: '2024-01-31',
    e: '2024-02-29',
    w: '2024-01-31T23:30:15.250Z',
    ti: '10:00:00.5',
    ms: ['x', 'y'],
    st: 4,
    mo: '19.90',
  };
  test.each([
    ['{i} + {k} * 2', 3],
    ['{n} * {i}', '73.50'],
    ['{mo} * {st}', '79.60'],
    ['{n} / 3', '3.5'],
    ['{i} / {k}', '-3.5'],
    ['1 / 3', '0.33333333333333333333'],
    ['{n} / {m}', null],
    ['{i} % {m}', null],
    ['{i} % {k}', 1],
    ['-{i} % 4', -3],
    ['2 ^ 10', '1024'],
    ['3 ^ 50', '717897987691852588770249'],
    ['1.1 ^ 10', '2.5937424601'],
    ['2 ^ -1', '0.5'],
    ['(-8) ^ (1 / 3)', null],
    ['0 ^ -1', null],
    ['10 ^ 99', `1${'0'.repeat(99)}`],
    ['10 ^ 100', null],
    ['10 ^ 99 * 10', null],
    ['9999 ^ 9999 ^ 9', null],
    ['SQRT(16)', '4'],
    ['SQRT(-1)', null],
    ['9007199254740991 + 0', 9_007_199_254_740_991],
    ['9007199254740991 + 1', null],
    ['0.1 + 0.2', '0.3'],
    ['ROUND(-2.5)', -3],
    ['ROUND({n} / 3, 2)', '3.50'],
    ['ROUND({i} * 1.0, -1)', '10'],
    ['ROUND({n}, {i})', '10.5000000'],
    ['FLOOR(-1.5) & CEIL(-1.5) & ABS(-1.5)', '-2-11.5'],
    ['MIN({i}, {n}, null)', '7'],
    ["MAX('a', 'B', {t})", 'a'],
    ['TO_NUMBER(" -12.50 ") + 1', '-11.50'],
    ["TO_NUMBER('1e5')", null],
    ["TO_NUMBER('٣')", null],
    ["TO_NUMBER('')", null],
    ["IF({b} and {i} > 5, 'big', 'small')", 'big'],
    ["IF({m} > {i} / 0, 'a', 'b')", 'b'],
    ['not ({m} > {i} / 0)', null],
    ["SWITCH({i}, 1, 'one', 7, 'seven', 'many')", 'seven'],
    ["SWITCH({i}, 1, 'one')", null],
    ['COALESCE(null, {k})', -2],
    ['{t} = null or {t} != null', true],
    ['TRIM({t})', 'Ää😀b'],
    ['LENGTH({t})', 6],
    ['LEFT(TRIM({t}), 3)', 'Ää😀'],
    ['RIGHT({t}, 2) & LEFT({t}, -1) & RIGHT({t}, 0)', 'b '],
    ['MID({u}, 3, 1) & MID({u}, 0, 2) & MID({u}, 9, 9) & MID({u}, 1, -1)', 'ba-'],
    ["REPLACE({u}, '-', '')", 'abc'],
    ["REPLACE({u}, '', 'x')", 'a-b-c'],
    ["CONTAINS({u}, 'b-') and STARTS_WITH({u}, 'a') and ENDS_WITH({u}, '-c')", true],
    ["CONTAINS({u}, 'B')", false],
    [
      "{ti} & '|' & {ms} & '|' & {w} & '|' & {d} & '|' & {b} & '|' & {n}",
      '10:00:00.500|x, y|2024-01-31T23:30:15.250Z|2024-01-31|true|10.50',
    ],
    ['YEAR({w}) * 10000 + MONTH({w}) * 100 + DAY({w})', 20_240_131],
    ['HOUR({w}) * 10000 + MINUTE({w}) * 100 + SECOND({w})', 233_015],
    ['WEEKDAY({d})', 3],
    ["DATE_ADD({d}, 1, 'month')", '2024-02-29'],
    ["DATE_ADD({d}, -1, 'weeks')", '2024-01-24'],
    ["DATE_ADD({d}, 1, 'hour')", '2024-01-31T01:00:00.000Z'],
    ["DATE_ADD({w}, 1, 'year')", '2025-01-31T23:30:15.250Z'],
    ["DATE_ADD({d}, 99999999, 'year')", null],
    ["DATE_DIFF({d}, {e}, 'day')", 29],
    ["DATE_DIFF({d}, {e}, 'month')", 0],
    ["DATE_DIFF({e}, {w}, 'hour')", -672],
    ['DATE(2024, 2, 30)', null],
    ['DATE(2024, 2, 29)', '2024-02-29'],
    ["TO_DATE('2024-02-29')", '2024-02-29'],
    ["TO_DATE('2023-02-29')", null],
    ['TO_DATE({w})', '2024-01-31'],
    ['{d} < {w}', true],
    ["{d} = TO_DATE('2024-01-31')", true],
  ])('%s', async (formula, expected) => {
    const [value] = await valuesOf([formula], row).catch((error: unknown) => [(error as Error).message]);
    expect(value).toEqual(expected);
  });

  test('case is folded as the database folds it', async () => {
    expect(await valuesOf(['UPPER({t}) & LOWER({t})'], { t: 'Äé' })).toEqual(['ÄÉäé']);
  });

  test('the present is that of the request', async () => {
    const [now, today, gap] = await valuesOf(['NOW()', 'TODAY()', "DATE_DIFF(NOW(), {w}, 'minute')"], { w: new Date() });
    expect(Math.abs(Date.parse(now as string) - Date.now())).toBeLessThan(60_000);
    expect(today).toBe((now as string).slice(0, 10));
    expect(gap).toBe(0);
  });

  test('texts that would grow without end are cut', async () => {
    const grown = ['{u}', ...Array<string>(12).fill('')].reduce((inner) => `REPLACE(${inner}, 'a', 'aaaaaaaaaa')`);
    const [long, bomb, sum] = await valuesOf(
      ['LENGTH({u} & {u} & {u})', `LENGTH(${grown})`, Array<string>(120).fill('{n}').join(' * ')],
      { u: 'a'.repeat(90_000), n: `0.${'9'.repeat(100)}` },
    );
    expect(long).toBe(100_000);
    expect(bomb).toBe(100_000);
    expect(sum).toMatch(/^0\.9{50}/);
  });

  test('the largest formulas there can be', async () => {
    const sum = Array<string>(240).fill('{n}').join(' + ');
    const nested = `${'IF({b}, '.repeat(45)}1${', 0)'.repeat(45)}`;
    expect(
      await valuesOf([sum, '{f0} + {f0} + {f0} + {f0}', nested, Array<string>(240).fill('{t}').join(' & ')], {
        n: '1.5',
        b: true,
        t: 'ab',
      }),
    ).toEqual(['360.0', '1440.0', 1, 'ab'.repeat(240)]);
  });

  test('a field that builds on itself is missing, should a definition ever hold one', async () => {
    const model = modelWith(['{n} + 1', '{f0} + {f0}', '{i}']);
    model.fields.find(({ key }) => key === 'f0')!.options = { formula: '{f1} + {f1}' };
    await fill([{ n: '1', i: 5 }]);
    const { data } = await listRecords(over(model), 'samples', { fields: ['f0', 'f1', 'f2'] });
    expect(data).toEqual([{ f0: null, f1: null, f2: 5 }]);
  });

  test('a text is data, wherever it stands', async () => {
    const hostile = ["'; drop table piper.formula_samples; --", '\\', "''", '$1', '"', '%s', '*/'];
    const formulas = hostile.map((text) => `{t} & ${JSON.stringify(text)}`);
    expect(await valuesOf(formulas, { t: "it's " })).toEqual(hostile.map((text) => `it's ${text}`));
  });
});

describe('against JavaScript', () => {
  /** For each type, the ways to come to it: `name` of an operation, and the types it takes. */
  interface Way {
    name: string;
    takes: string[];
  }
  const types: ValueType[] = ['integer', 'number', 'text', 'boolean', 'date', 'date-time'];
  const units = ["'second'", "'minute'", "'hour'", "'day'", "'week'", "'month'", "'year'"];

  function combinations(length: number): ValueType[][] {
    return length === 0 ? [[]] : combinations(length - 1).flatMap((rest) => types.map((type) => [...rest, type]));
  }
  const sample: Record<string, string> = {
    integer: '{i}',
    number: '{n}',
    text: '{t}',
    boolean: '{b}',
    date: '{d}',
    'date-time': '{w}',
    unit: "'day'",
  };
  const typeOf = (formula: string): string | undefined => {
    try {
      return typedOf(formula).type;
    } catch {
      return undefined;
    }
  };
  const written = ({ name }: Pick<Way, 'name'>, args: readonly string[]): string => {
    if (name === 'not') return `(not ${args[0]})`;
    if (name === 'negate') return `(-${args[0]})`;
    return Object.hasOwn(binaryOperators, name) ? `(${args.join(` ${name} `)})` : `${name}(${args.join(', ')})`;
  };
  function waysTo(names: (name: string) => boolean): Map<string, Way[]> {
    const ways = new Map<string, Way[]>(types.map((type) => [type, []]));
    const tryOut = (way: Way): void => {
      const type = typeOf(
        written(
          way,
          way.takes.map((each) => sample[each]!),
        ),
      );
      if (type !== undefined) ways.get(type)!.push(way);
    };
    for (const name of (Object.keys(binaryOperators) as BinaryOperator[]).filter(names))
      for (const takes of combinations(2)) tryOut({ name, takes });
    for (const name of ['not', 'negate'].filter(names)) for (const takes of combinations(1)) tryOut({ name, takes });
    for (const { name, least, most } of [...formulaFunctions.values()].filter((each) => names(each.name))) {
      const isTimed = name === 'DATE_ADD' || name === 'DATE_DIFF';
      for (let length = least; length <= Math.min(most, least + 2, 3); length++)
        for (const takes of combinations(isTimed ? length - 1 : length))
          tryOut({ name, takes: isTimed ? [...takes, 'unit'] : takes });
    }
    return ways;
  }

  const leaves: Record<string, fc.Arbitrary<string>> = {
    integer: fc.constantFrom('{i}', '{k}', '0', '1', '12', 'null'),
    number: fc.constantFrom('{n}', '{m}', '2.5', '0.001', 'null'),
    text: fc.constantFrom('{t}', '{u}', "''", "'a'", "'é😀'", "' b\\n'", 'null'),
    boolean: fc.constantFrom('{b}', 'true', 'false', 'null'),
    date: fc.constantFrom('{d}', '{e}', 'null'),
    'date-time': fc.constantFrom('{w}', '{x}', 'null'),
    unit: fc.constantFrom(...units),
  };
  /** Formulas that hold, up to some depth. */
  function formulas(ways: Map<string, Way[]>): fc.Arbitrary<string> {
    const tied = fc.letrec<Record<string, string>>((tie) =>
      Object.fromEntries(
        types.map((type) => [
          type,
          fc.oneof(
            { maxDepth: 4, depthIdentifier: 'formula', withCrossShrink: true },
            leaves[type]!,
            ...ways.get(type)!.map((way) => {
              const args = way.takes.map((each) => (each === 'unit' ? leaves['unit']! : tie(each)));
              return fc.tuple(...args).map((given) => written(way, given as string[]));
            }),
          ),
        ]),
      ),
    );
    return fc
      .oneof(...types.map((type) => tied[type]!))
      .filter((formula) => formula.length < 2_000 && typeOf(formula) !== undefined);
  }

  const option = <T>(value: fc.Arbitrary<T>) => fc.option(value, { freq: 5 });
  const wholes = fc.oneof(
    fc.integer({ min: -40, max: 40 }),
    fc.constantFrom(2_147_483_648, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
  );
  const decimals = fc.oneof(
    fc.tuple(fc.integer({ min: -999, max: 999 }), fc.constantFrom('', '.5', '.50', '.125')).map(([n, rest]) => `${n}${rest}`),
    fc.constantFrom('12345678901234567890.123', '-0.001'),
  );
  const texts = fc
    .array(fc.constantFrom('a', 'b', 'é', '😀', ' ', '\t', "'", '\\', '%', 'A', '\u{ffff}'), { maxLength: 6 })
    .map((parts) => parts.join(''));
  const dates = fc
    .date({ min: new Date('0001-01-02'), max: new Date('9999-12-30'), noInvalidDate: true })
    .map((date) => date.toISOString());
  const nearby = fc
    .date({ min: new Date('2023-01-01'), max: new Date('2025-01-01'), noInvalidDate: true })
    .map((date) => date.toISOString());
  const rows = fc.array(
    fc.record({
      i: option(wholes),
      k: option(fc.integer({ min: -3, max: 12 })),
      n: option(decimals),
      m: option(decimals),
      t: option(texts),
      u: option(texts),
      b: option(fc.boolean()),
      d: option(nearby.map((moment) => moment.slice(0, 10))),
      e: option(dates.map((moment) => moment.slice(0, 10))),
      w: option(nearby),
      x: option(dates),
    }),
    { minLength: 1, maxLength: 6 },
  );
  function valueOf(key: string, given: unknown): Value {
    if (given === null) return null;
    if ('inmk'.includes(key)) return exact(`${given as string | number}`);
    return 'dewx'.includes(key) ? Date.parse(given as string) : (given as string | boolean);
  }
  const trimmed = (value: unknown): unknown =>
    typeof value === 'string' && value.includes('.') ? value.replace(/\.?0+$/, '') : value;

  test('formulas that JavaScript computes exactly have the same values', async () => {
    // Numbers as text keep the zeros of their scale, which is PostgreSQL's matter.
    const ways = waysTo((name) => Object.hasOwn(operations, name) && !['CONCAT', 'TO_TEXT'].includes(name));
    for (const name of ['CONCAT', 'TO_TEXT'])
      for (const takes of types.filter((type) => type !== 'number'))
        ways.get('text')!.push({ name, takes: name === 'CONCAT' ? [takes, 'text'] : [takes] });
    const shapes = fc.array(formulas(ways), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(shapes, rows, async (asked, given) => {
        await fill(given);
        const { data } = await listRecords(over(modelWith(asked)), 'samples');
        asked.forEach((formula, i) => {
          const typed = typedOf(formula);
          const expected = given.map((row) =>
            onWire(
              typed.type,
              evaluate(typed, Object.fromEntries(Object.entries(row).map(([key, value]) => [key, valueOf(key, value)]))),
            ),
          );
          const found = data.map((record) => (typed.type === 'number' ? trimmed(record[`f${i}`]) : record[`f${i}`]));
          expect({ formula, found }).toEqual({ formula, found: expected });
        });
      }),
      { numRuns: 150 },
    );
  }, 120_000);

  test('no formula raises, whatever the data', async () => {
    const ways = waysTo(() => true);
    const nasty = fc.array(
      fc.record({
        i: option(fc.constantFrom(0, 1, -1, '9223372036854775807', '-9223372036854775808')),
        k: option(wholes),
        n: option(fc.constantFrom('NaN', 'Infinity', '-Infinity', '0', '1e-300', `${'9'.repeat(500)}`, '-1', '0.5', '1e100')),
        m: option(fc.constantFrom('NaN', '0', '2', '-0.5', '1e-1000', '1e1000')),
        t: option(fc.oneof(texts, fc.constantFrom('1e999', '-', '.', '2024-02-30', '99999-01-01', 'a'.repeat(50_000)))),
        u: option(texts),
        b: option(fc.boolean()),
        d: option(fc.constantFrom('infinity', '-infinity', '4713-01-01 BC', '5874897-12-31', '0001-01-01', '9999-12-31')),
        e: option(fc.constantFrom('0001-01-01', '9999-12-31', '2024-02-29')),
        w: option(fc.constantFrom('infinity', '-infinity', '294276-12-31T00:00:00Z', '4713-01-01 00:00:00+00 BC')),
        x: option(fc.constantFrom('0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999999Z', '1970-01-01T00:00:00Z')),
      }),
      { minLength: 1, maxLength: 3 },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(formulas(ways), { minLength: 1, maxLength: 6 }), nasty, async (asked, given) => {
        await fill(given);
        const { data } = await listRecords(over(modelWith(asked)), 'samples', { fields: asked.map((_, i) => `f${i}`) });
        expect(data).toHaveLength(given.length);
      }),
      { numRuns: 250 },
    );
  }, 120_000);

  test('every function has its SQL, and every SQL its function', () => {
    const signs = [
      ...Object.keys(binaryOperators).filter((sign) => sign !== '&' && sign !== '^'),
      'not',
      'negate',
      'is null',
      'is not null',
    ];
    expect(writtenFunctions().toSorted()).toEqual([...signs, ...formulaFunctions.keys()].toSorted());
  });
});
