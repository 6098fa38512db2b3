/** Formulas on real PostgreSQL: that no data makes them raise, and that JavaScript comes to the same. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { binaryOperators, type BinaryOperator } from '@piper/shared/formula/ast';
import { formulaFunctions, type ValueType } from '@piper/shared/formula/index';
import { listRecords } from '../list.ts';
import { evaluate, exact, onWire, operations, type Value } from './evaluate.fixture.ts';
import { fill, modelWith, over, typedOf } from '../../../../../test/formula-samples.ts';
import { writtenFunctions } from './function-sql.ts';

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
