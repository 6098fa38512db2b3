/** Proves that a filter's SQL and its predicate agree: random rows of every field type × random filters, on PostgreSQL. */
import fc from 'fast-check';
import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import type { DataModel, Field } from '@piper/shared/data-model';
import { fieldTypeOf } from '@piper/shared/fields/index';
import type { Filter } from '@piper/shared/filter/filter';
import { operandKind, takesWholeList } from '@piper/shared/filter/operand';
import type { Operator } from '@piper/shared/filter/operators';
import { parseFilter } from '@piper/shared/filter/parse';
import { compilePredicate } from '@piper/shared/filter/predicate';
import { useTestServer } from '../../../../test/harness.ts';
import { ctxFor, type Ctx } from '../ctx.ts';
import { newId } from '../ids.ts';
import { openCatalogue } from './catalogue.ts';
import { columnTypeOf } from './fields/index.ts';
import { listRecords } from './list.ts';
import { variablesOf } from './run-statement.ts';

const field = (key: string, type: string, extra: Partial<Field> = {}): Field => ({
  id: key,
  key,
  column: key,
  type,
  label: key,
  ...extra,
});
const model: DataModel = {
  id: 'samples',
  key: 'samples',
  eventName: 'sample',
  table: 'piper.samples',
  label: 'Sample',
  labelPlural: 'Samples',
  description: '',
  icon: 'x',
  titleField: 'id',
  search: [],
  defaultSort: ['id'],
  topics: [],
  verbs: [],
  rules: [{ action: 'read', filter: {}, fields: '*' }],
  fields: [
    field('id', 'uuid', { required: true }),
    field('t', 'text'),
    field('l', 'long-text'),
    field('e', 'email'),
    field('s', 'select', { options: { choices: [] } }),
    field('i', 'integer'),
    field('d', 'decimal'),
    field('b', 'boolean'),
    field('w', 'date-time'),
    field('j', 'json'),
    field('u', 'uuid'),
    field('m', 'multi-select', { options: { choices: [] } }),
    field('f', 'files'),
    field('dy', 'date'),
    field('ti', 'time'),
    field('du', 'duration'),
    field('st', 'rating'),
    field('mo', 'currency'),
    field('ph', 'phone'),
    field('ur', 'url'),
    field('us', 'user'),
    field('ge', 'geo-point'),
    field('ri', 'rich-text'),
    field('an', 'any-relation', { relation: { kind: 'any', targets: ['samples'] } }),
    field('r', 'relation', { relation: { kind: 'many-to-one', target: 'samples', as: 'other' } }),
  ],
};
const fieldsByKey = new Map(model.fields.map((each) => [each.key, each]));

/** Few letters, so that texts meet; among them wildcards, escapes, quotes, case, what sorts differently in UTF-16, and combining marks. */
const letters = [
  'a',
  '$',
  'A',
  'b',
  'ß',
  'é',
  'e\u0301',
  '%',
  '_',
  '\\',
  "'",
  '"',
  ' ',
  'İ',
  '\ue000',
  '\u{10000}',
  '😀',
  '中',
  '\n',
];
const texts = fc.oneof(
  fc.array(fc.constantFrom(...letters), { maxLength: 4 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 6 }).filter((text) => !text.includes('\0') && text.isWellFormed()),
);
const uuids = fc.constantFrom(
  '00000000-0000-7000-8000-00000000000a',
  '00000000-0000-7000-8000-00000000000b',
  'ffffffff-ffff-7fff-bfff-ffffffffffff',
);
const moments = fc.oneof(
  fc.constantFrom(
    '2026-01-01T00:00:00.000Z',
    '2026-01-01T00:00:00.001Z',
    '1969-12-31T23:59:59.999Z',
    '0001-01-01T00:00:00.000Z',
    '9999-12-31T23:59:59.999Z',
  ),
  fc.date({ min: new Date('0001-01-02'), max: new Date('9999-12-30'), noInvalidDate: true }).map((date) => date.toISOString()),
);
const whole = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER));
const decimals = fc.constantFrom('0', '-0.5', '0.50', '12345678901234567890.000000000000000001');
const patterns = fc.constantFrom('a', '^[aA]', 'é$', '(a|b)+', '\\\\', '.');
const elements = fc.constantFrom('a', 'A', 'b', '%', "it's", '😀', 'OWNER', 'support');
const lists = fc.uniqueArray(elements, { maxLength: 3 });
const areas = fc.tuple(fc.integer({ min: -5, max: 0 }), fc.integer({ min: 1, max: 5 })).map(([from, to]) => ({
  type: 'Polygon',
  coordinates: [
    [
      [from, from],
      [to, from],
      [to, to],
      [from, to],
      [from, from],
    ],
  ],
}));
const values: Record<string, fc.Arbitrary<unknown>> = {
  m: lists,
  f: fc.uniqueArray(uuids, { maxLength: 3 }),
  dy: fc.constantFrom('2026-01-31', '0001-01-01', '9999-12-31', '2024-02-29'),
  ti: fc.constantFrom('00:00:00', '10:00:00', '10:00:00.005', '10:00:00.500', '23:59:59.999'),
  du: whole,
  st: fc.integer({ min: 0, max: 5 }),
  mo: decimals,
  ph: texts,
  ur: texts,
  us: uuids,
  ge: fc.constantFrom('(0,0)', '(1.5,-1.5)', '(5,5)', '(-180,90)'),
  ri: fc.constant({ type: 'doc' }),
  an: fc.constant('samples/00000000-0000-7000-8000-00000000000a'),
  t: texts,
  l: texts,
  e: texts,
  s: texts,
  i: whole,
  d: decimals,
  b: fc.boolean(),
  w: moments,
  j: fc.constantFrom([], {}, 'x', 1),
  u: uuids,
  r: uuids,
};

/** Microseconds that the wire does not show make the row's moment later than what is compared with it. */
const micros = fc.constantFrom('', '', '001', '999');
const rows = fc.array(
  fc.record({
    ...Object.fromEntries(Object.entries(values).map(([key, value]) => [key, fc.option(value, { freq: 4 })])),
    micros,
  }),
  { minLength: 1, maxLength: 12 },
);

/** For each field, one that has a value for who asks; $CURRENT_PROJECT has none. */
const variables: Partial<Record<string, string[]>> = {
  u: ['$CURRENT_USER', '$CURRENT_PROJECT'],
  r: ['$CURRENT_USER', '$CURRENT_PROJECT'],
  us: ['$CURRENT_USER', '$CURRENT_PROJECT'],
  f: ['$CURRENT_USER', '$CURRENT_PROJECT'],
  w: ['$NOW(-1 day)'],
  dy: ['$NOW(-1 day)'],
  t: ['$CURRENT_USER.role', '$CURRENT_PROJECT'],
  s: ['$CURRENT_USER.role', '$CURRENT_PROJECT'],
  m: ['$CURRENT_USER.role', '$CURRENT_PROJECT'],
};
const ofRoles = new Set(['t', 's', 'm']);

/** Where an operator takes something else than a value of the field. */
function operandOf(key: string, operator: Operator): fc.Arbitrary<unknown> | undefined {
  if (operator.endsWith('regex')) return patterns;
  if (key === 'ge') return areas;
  if (/(contains|intersects)$/.test(operator) && key === 'm') return elements;
  return /(contains|intersects)$/.test(operator) && key === 'f' ? uuids : undefined;
}

function comparison(key: string): fc.Arbitrary<Filter> {
  const of = fieldsByKey.get(key)!;
  const mixed = (arbitrary: fc.Arbitrary<unknown>, others: readonly unknown[]): fc.Arbitrary<unknown> =>
    others.length === 0 ? arbitrary : fc.oneof({ weight: 3, arbitrary }, { weight: 1, arbitrary: fc.constantFrom(...others) });
  return fc.constantFrom(...fieldTypeOf(of).operators).chain((operator: Operator) => {
    const whole = takesWholeList({ field: of, operator });
    const operand = mixed(operandOf(key, operator) ?? values[key]!, whole ? [] : (variables[key] ?? []));
    const kinds: Record<string, fc.Arbitrary<unknown>> = {
      one: operand,
      flag: fc.boolean(),
      list: mixed(fc.array(operand, { maxLength: 4 }), ofRoles.has(key) ? ['$CURRENT_ROLES', ['$CURRENT_ROLES', 'a']] : []),
      pair: fc.tuple(operand, operand),
    };
    return kinds[operandKind({ field: of, operator })]!.map((given) => ({ [key]: { [operator]: given } }) as Filter);
  });
}

const { filter } = fc.letrec<{ filter: Filter; leaf: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    tie('leaf'),
    fc.array(tie('filter'), { maxLength: 3 }).map((parts): Filter => ({ _and: parts })),
    fc.array(tie('filter'), { maxLength: 3 }).map((parts): Filter => ({ _or: parts })),
  ),
  leaf: fc.oneof(...Object.keys(values).map(comparison)),
}));

const server = useTestServer({ features: [] });
let ctx: Ctx;

beforeAll(async () => {
  const columns = model.fields.map((each) => `${each.column} ${columnTypeOf(each).sqlType(each)}`);
  await sql`create table piper.samples (${sql.raw(columns.join(', '))}, primary key (id))`.execute(server.deps.db);
  const catalogue = openCatalogue([{ model }]);
  const userId = '00000000-0000-7000-8000-00000000000a';
  ctx = {
    ...ctxFor(server.deps, { kind: 'user', userId, role: 'OWNER', sessionId: userId }, 'test'),
    deps: { ...server.deps, catalogue },
    project: { id: userId, catalogue, roles: ['support', 'b'] },
  };
});

async function fill(given: readonly Record<string, unknown>[]): Promise<void> {
  const records = given.map(({ micros: extra, ...row }) => ({
    id: newId(),
    ...row,
    w: row['w'] === null ? null : (row['w'] as string).replace('Z', `${String(extra)}Z`),
  }));
  await sql`truncate piper.samples`.execute(server.deps.db);
  await sql`insert into piper.samples select * from jsonb_populate_recordset(null::piper.samples, ${JSON.stringify(records)}::jsonb)`.execute(
    server.deps.db,
  );
}

describe('SQL and predicate', () => {
  test('choose the same rows', { timeout: 60_000 }, async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(rows, fc.array(filter, { minLength: 10, maxLength: 10 }), async (given, filters) => {
        await fill(given);
        const { data: all } = await listRecords(ctx, 'samples', { limit: -1 });
        expect(all).toHaveLength(given.length);
        for (const each of filters) {
          const { data } = await listRecords(ctx, 'samples', { filter: each, limit: -1 });
          const compiled = compilePredicate(parseFilter(each, model, { models: ctx.deps.catalogue }));
          if (!compiled.exact) continue;
          compared++;
          const chosen = all.filter((record) => compiled.test(record, variablesOf(ctx)));
          expect(
            chosen.map((record) => record['id']),
            JSON.stringify(each),
          ).toEqual(data.map((record) => record['id']));
        }
      }),
      { numRuns: 80 },
    );
    expect(compared).toBeGreaterThan(200);
  });

  test('sort texts alike', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(texts, { minLength: 2, maxLength: 12 }), async (given) => {
        await fill(given.map((t) => ({ t, w: null, micros: '' })));
        const { data } = await listRecords(ctx, 'samples', { sort: 't', limit: -1 });
        const { compare } = fieldTypeOf(fieldsByKey.get('t')!);
        expect(data.map((record) => record['t'])).toEqual([...given].sort(compare));
      }),
      { numRuns: 30 },
    );
  });

  test('say so where only SQL can decide', () => {
    const reasons = (of: Filter) => compilePredicate(parseFilter(of, model, { models: ctx.deps.catalogue }));
    expect(reasons({ t: { _icontains: 'a' } })).toEqual({ exact: false, because: ['_icontains folds case'] });
    expect(reasons({ d: { _gt: '1' } }).exact).toBe(false);
    expect(reasons({ other: { t: { _eq: 'a' } } }).exact).toBe(false);
    expect(reasons({ d: { _null: true } }).exact).toBe(true);
    expect(reasons({ m: { _intersects: ['a'] } }).exact).toBe(true);
    expect(reasons({ t: { _regex: 'a' } })).toEqual({ exact: false, because: ['_regex matches a regular expression'] });
    expect(reasons({ ge: { _intersects_bbox: [0, 0, 1, 1] } }).exact).toBe(false);
  });
});
