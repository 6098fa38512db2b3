/** Every field type through its column: what is written comes back the same, in the reply and in the event; and texts become values. */
import fc from 'fast-check';
import fastify from 'fastify';
import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import type { DataModel, Field } from '@piper/shared/data-model';
import { fieldTypeOf, fieldTypes } from '@piper/shared/fields/index';
import { useTestServer } from '../../../../../test/harness.ts';
import { system } from '../../actor.ts';
import { ctxFor, type Ctx } from '../../ctx.ts';
import { toPiperError } from '../../http/errors.ts';
import { useValidators } from '../../http/validate.ts';
import { aggregateRecords } from '../aggregate.ts';
import { openCatalogue } from '../catalogue.ts';
import { listRecords } from '../list.ts';
import { parseQuery } from '../query.ts';
import { recordSchema, writeSchema } from '../record-schemas.ts';
import { quote } from '../sql-writer.ts';
import { createRecord, updateRecord } from '../write.ts';
import { columnTypeOf, columnTypes } from './index.ts';

const choices = [{ value: 'a' }, { value: 'b' }, { value: 'c d' }];
const optionsOf: Record<string, Record<string, unknown>> = { select: { choices }, 'multi-select': { choices } };

const field = (type: string, options: Record<string, unknown> = optionsOf[type] ?? {}): Field => ({
  id: type,
  key: type.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase()),
  column: type.replaceAll('-', '_'),
  type,
  label: type,
  options,
});

const id = (digit: string): string => `00000000-0000-7000-8000-00000000000${digit}`;
const point = (longitude: number, latitude: number) => ({ type: 'Point', coordinates: [longitude, latitude] });

/** Two values of each type that has a column. */
const samples: Record<string, [unknown, unknown]> = {
  text: ["it's", 'ß'],
  'long-text': ['a\nb', ''],
  'rich-text': [
    { type: 'doc', content: [{ type: 'paragraph', content: [{ type: 'text', text: 'hi', marks: [{ type: 'bold' }] }] }] },
    { type: 'doc' },
  ],
  email: ['a@b.example', 'c@d.example'],
  url: ['https://piper.example/a?b#c', 'mailto:a@b.example'],
  phone: ['+4930123456', '030123456'],
  integer: [-7, Number.MAX_SAFE_INTEGER],
  decimal: ['12345678901234567890.000000000000000001', '-0.50'],
  currency: ['19.90', '0'],
  percent: ['12.5', '-3'],
  rating: [0, 5],
  'auto-number': [1, 2],
  date: ['2026-01-31', '0001-01-01'],
  'date-time': ['2026-01-31T10:00:00.123Z', '9999-12-31T23:59:59.999Z'],
  time: ['14:30:00', '23:59:59.050'],
  duration: [90, 0],
  boolean: [true, false],
  select: ['a', 'c d'],
  'multi-select': [['c d', 'a'], []],
  relation: [id('1'), id('2')],
  'any-relation': [
    { model: 'm', id: id('1') },
    { model: 'n', id: id('2') },
  ],
  user: [id('1'), id('2')],
  file: [id('1'), id('2')],
  files: [[id('2'), id('1')], []],
  image: [id('1'), id('2')],
  images: [[id('1')], []],
  'geo-point': [point(13.377704, 52.516275), point(-180, -90)],
  colour: ['#3366ff', '#000000'],
  json: [{ a: [1, null, 'x'] }, 'text'],
  uuid: [id('1'), id('2')],
};
const stored = Object.keys(samples);
const keyOf = (type: string): string => field(type).key;
const row = (at: 0 | 1): Record<string, unknown> => Object.fromEntries(stored.map((type) => [keyOf(type), samples[type]![at]]));

const model: DataModel = {
  id: 'things',
  key: 'things',
  eventName: 'thing',
  table: 'piper.things',
  label: 'Thing',
  labelPlural: 'Things',
  description: '',
  icon: 'box',
  titleField: 'text',
  search: stored.filter((type) => type !== 'boolean').map(keyOf),
  defaultSort: ['id'],
  topics: ['things'],
  verbs: [],
  rules: [],
  fields: [
    { ...field('uuid'), id: 'id', key: 'id', column: 'id', required: true, readOnly: true },
    ...stored.map((type) => field(type)),
  ],
};

const server = useTestServer({ features: [] });
let ctx: Ctx;

beforeAll(async () => {
  const columns = stored.map((type) => `${quote(field(type).column!)} ${columnTypeOf(field(type)).sqlType(field(type))}`);
  await sql`create table piper.things (id uuid primary key, ${sql.raw(columns.join(', '))})`.execute(server.deps.db);
  ctx = { ...ctxFor(server.deps, system, 'test'), deps: { ...server.deps, catalogue: openCatalogue([{ model }]) } };
});

test('field types have the same halves on both sides, and samples here', () => {
  expect([...columnTypes.keys()].sort()).toEqual([...fieldTypes.keys()].sort());
  const computed = [...fieldTypes.values()].filter((type) => type.category === 'computed').map((type) => type.name);
  expect([...stored, ...computed].sort()).toEqual([...fieldTypes.keys()].sort());
});

interface Sides {
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
}
async function lastEvent(): Promise<Sides> {
  const { rows } = await sql<{
    data: Sides;
  }>`select data from piper.events where topic = 'things' order by position desc limit 1`.execute(server.deps.db);
  return rows[0]!.data;
}

test('values come back as they were written, in replies and events', async () => {
  const created = await createRecord(ctx, 'things', row(0));
  expect(created).toMatchObject(row(0));
  expect((await lastEvent()).after).toMatchObject(row(0));
  const changed = await updateRecord(ctx, 'things', String(created['id']), row(1));
  expect(changed).toMatchObject(row(1));
  expect(await lastEvent()).toEqual({ before: row(0), after: row(1) });
  const none = Object.fromEntries(Object.keys(row(0)).map((key) => [key, null]));
  expect(await updateRecord(ctx, 'things', String(created['id']), none)).toMatchObject(none);
  expect((await lastEvent()).after).toEqual(none);
});

test('a reply keeps every value whole, and a body of them is valid', async () => {
  const app = fastify();
  useValidators(app);
  app.post(
    '/',
    { schema: { body: writeSchema({ model }, 'create'), response: { 200: recordSchema(model) } } },
    (request) => request.body,
  );
  for (const at of [0, 1] as const) {
    const reply = await app.inject({ method: 'POST', url: '/', payload: row(at) });
    expect(reply.json()).toEqual(row(at));
  }
});

test('search finds the texts of every type', async () => {
  await createRecord(ctx, 'things', row(0));
  const { data } = await listRecords(ctx, 'things', { search: '2.516275' });
  expect(data).toHaveLength(1);
  expect((await listRecords(ctx, 'things', { search: 'HI' })).data).toHaveLength(1);
});

const outcome = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'done',
    (error: unknown) => toPiperError(error).code,
  );

test.each(stored)('%s is sorted, grouped and aggregated as far as it says', async (type) => {
  await sql`truncate piper.things`.execute(server.deps.db);
  await createRecord(ctx, 'things', row(0));
  const key = keyOf(type);
  const { aggregates, isGroupable } = columnTypeOf(field(type));
  const sorted = await outcome(listRecords(ctx, 'things', { sort: key, limit: 1 }));
  expect(sorted).toBe(fieldTypeOf(field(type)).sortable ? 'done' : 'validation_failed');
  const grouped = await outcome(aggregateRecords(ctx, model, parseQuery({ aggregate: { count: '*' }, groupBy: key })));
  expect(grouped).toBe(isGroupable === false ? 'validation_failed' : 'done');
  const asked = { aggregate: { countDistinct: key, ...Object.fromEntries(aggregates.map((name) => [name, key])) } };
  const [found] = await aggregateRecords(ctx, model, parseQuery(asked));
  expect(found!['countDistinct']).toEqual({ [key]: 1 });
  expect(found!['max']).toEqual(aggregates.includes('max') ? { [key]: samples[type]![0] } : undefined);
});

describe('filters over lists and places', () => {
  const count = async (filter: object): Promise<number> => (await listRecords(ctx, 'things', { filter })).data.length;
  beforeAll(async () => {
    await sql`truncate piper.things`.execute(server.deps.db);
    await createRecord(ctx, 'things', row(0));
    await createRecord(ctx, 'things', { ...row(1), geoPoint: point(0, 0) });
    await createRecord(ctx, 'things', {});
  });

  test('lists', async () => {
    expect(await count({ multiSelect: { _contains: 'a' } })).toBe(1);
    expect(await count({ multiSelect: { _ncontains: 'a' } })).toBe(1);
    expect(await count({ multiSelect: { _intersects: ['a', 'b'] } })).toBe(1);
    expect(await count({ multiSelect: { _nintersects: 'a,b' } })).toBe(1);
    expect(await count({ multiSelect: { _eq: ['c d', 'a'] } })).toBe(1);
    expect(await count({ multiSelect: { _eq: ['a', 'c d'] } })).toBe(0);
    expect(await count({ multiSelect: { _empty: true } })).toBe(2);
    expect(await count({ files: { _contains: id('1') } })).toBe(1);
    expect(await count({ files: { _nempty: true } })).toBe(1);
    expect(await count({ files: { _null: true } })).toBe(1);
    await expect(count({ files: { _contains: 'x' } })).rejects.toThrow('must be a UUID');
  });

  test('places in areas with holes', async () => {
    const square = (west: number, south: number, size: number) => [
      [west, south],
      [west + size, south],
      [west + size, south + size],
      [west, south + size],
      [west, south],
    ];
    const area = { type: 'Polygon', coordinates: [square(-10, -10, 100)] };
    const withHole = { type: 'Polygon', coordinates: [...area.coordinates, square(-1, -1, 2)] };
    expect(await count({ geoPoint: { _intersects: area } })).toBe(2);
    expect(await count({ geoPoint: { _intersects: JSON.stringify(withHole) } })).toBe(1);
    expect(await count({ geoPoint: { _nintersects: withHole } })).toBe(1);
    expect(await count({ geoPoint: { _intersects_bbox: [13, 52, 14, 53] } })).toBe(1);
    expect(await count({ geoPoint: { _nintersects_bbox: '13,52,14,53' } })).toBe(1);
    expect(await count({ geoPoint: { _null: true } })).toBe(1);
    for (const wrong of [[1, 2, 3], [13, 52, 12, 53], 'x', { type: 'Point', coordinates: [0, 0] }, area.coordinates]) {
      await expect(count({ geoPoint: { _intersects_bbox: wrong } })).rejects.toMatchObject({ code: 'bad_filter' });
    }
    await expect(count({ geoPoint: { _intersects: { ...area, coordinates: [[[0, 0]]] } } })).rejects.toThrow('four positions');
  });

  test('regular expressions, as far as they are harmless', async () => {
    expect(await count({ text: { _regex: "^IT'|^it" } })).toBe(1);
    expect(await count({ text: { _nregex: 'ß' } })).toBe(1);
    expect(await count({ text: { _regex: '^\\w$' } })).toBe(1);
    for (const wrong of ['(', '(a)\\1', '(?=a)', 'a'.repeat(501), '(a{1,99}){1,99}', 'a\0']) {
      await expect(count({ text: { _regex: wrong } })).rejects.toMatchObject({ code: 'bad_filter' });
    }
    // What only the database finds wrong is the asker's mistake, too.
    const thrown = await count({ text: { _regex: '\\p{L}' } }).catch((error: unknown) => error);
    expect(toPiperError(thrown)).toMatchObject({ code: 'bad_filter' });
  });

  test('case folds in every script, whatever the column is collated by', async () => {
    await createRecord(ctx, 'things', { text: 'ÄPFEL und Ёлка' });
    expect(await count({ text: { _icontains: 'äpfel' } })).toBe(1);
    expect(await count({ text: { _istarts_with: 'äPFEL UND ё' } })).toBe(1);
    expect((await listRecords(ctx, 'things', { search: 'ёЛКА' })).data).toHaveLength(1);
  });
});

/** What the text becomes, in the form on the wire. */
async function converted(text: string, to: Field): Promise<unknown> {
  const type = columnTypeOf(to);
  const { rows } = await sql<{ value: unknown }>`
    select ${sql.raw(type.fromText('given.text', to))} as value from (select ${text}::text as text) given`.execute(
    server.deps.db,
  );
  return type.read && rows[0]!.value !== null ? type.read(rows[0]!.value) : rows[0]!.value;
}

describe('conversions', () => {
  test.each<[string, string, unknown]>([
    ['integer', ' 42 ', 42],
    ['integer', '5.00', 5],
    ['integer', '5.5', null],
    ['integer', '9007199254740992', null],
    ['integer', `1${'0'.repeat(400)}`, null],
    ['decimal', '-1.50', '-1.50'],
    ['decimal', 'NaN', null],
    ['decimal', 'Infinity', null],
    ['decimal', '1e400', null],
    ['currency', '1.999', null],
    ['rating', '6', null],
    ['rating', '3', 3],
    ['boolean', 'Yes', true],
    ['boolean', '0', false],
    ['boolean', 'maybe', null],
    ['date', '2026-02-30', null],
    ['date', '2024-02-29', '2024-02-29'],
    ['date', '2026-01-31T10:00:00Z', '2026-01-31'],
    ['date', '0000-01-01', null],
    ['date', '10000-01-01', null],
    ['date', 'infinity', null],
    ['date', 'today', null],
    ['time', '14:30', '14:30:00'],
    ['time', '14:30:15.1239', '14:30:15.123'],
    ['time', '24:00', null],
    ['time', '2026-01-31T10:00:00.25Z', '10:00:00.250'],
    ['date-time', '2026-01-31', '2026-01-31T00:00:00.000Z'],
    ['date-time', '2026-01-31 10:00:00.1239+02:00', '2026-01-31T08:00:00.123Z'],
    ['date-time', '2026-01-31T10:00-0130', '2026-01-31T11:30:00.000Z'],
    ['date-time', '2026-01-31T10:00+01:30', '2026-01-31T08:30:00.000Z'],
    ['date-time', '2026-01-31T10:00:00.5', '2026-01-31T10:00:00.500Z'],
    ['date-time', '2026-01-31T10:00:00+24:00', null],
    ['date-time', '2026-01-31T', null],
    ['date-time', '2026-01-31T25:00:00Z', null],
    ['date-time', '9999-12-31T23:30:00-01:00', null],
    ['date-time', 'now', null],
    ['duration', '1:02:03', 3723],
    ['duration', '90', 90],
    ['duration', '-1', null],
    ['select', 'c d', 'c d'],
    ['select', 'x', null],
    ['multi-select', 'a, c d, a', ['a', 'c d']],
    ['multi-select', '["b"]', ['b']],
    ['multi-select', '[{}]', null],
    ['multi-select', '[', null],
    ['multi-select', 'a, x', null],
    ['multi-select', '', []],
    ['email', ' a@b.example ', 'a@b.example'],
    ['email', 'a b@c', null],
    ['url', 'https://a.example/ä', 'https://a.example/ä'],
    ['url', 'javascript:alert(1)', null],
    ['url', 'https://a b', null],
    ['phone', '(030) 12-34 56', '030123456'],
    ['phone', 'call me', null],
    ['colour', '#36F', '#3366ff'],
    ['colour', 'red', null],
    ['json', '{"a":1}', { a: 1 }],
    ['json', 'not json', 'not json'],
    ['json', '['.repeat(100_000), '['.repeat(100_000)],
    ['json', '"\\u0000"', '"\\u0000"'],
    ['uuid', 'FFFFFFFF-ffff-7fff-bfff-ffffffffffff', 'ffffffff-ffff-7fff-bfff-ffffffffffff'],
    ['uuid', 'x', null],
    ['user', id('1'), id('1')],
    ['files', `${id('1')}, ${id('1')},${id('2')}`, [id('1'), id('2')]],
    ['files', 'x', null],
    ['geo-point', '52.5, 13.4', point(13.4, 52.5)],
    ['geo-point', '{"type":"Point","coordinates":[13.4,52.5]}', point(13.4, 52.5)],
    ['geo-point', '91, 0', null],
    ['geo-point', '{"type":"Point","coordinates":[1,"1.2.3"]}', null],
    ['geo-point', '{"type":"Point","coordinates":1}', null],
    ['any-relation', `m/${id('1')}`, { model: 'm', id: id('1') }],
    ['any-relation', 'm', null],
    [
      'rich-text',
      'a\n\nb',
      {
        type: 'doc',
        content: [
          { type: 'paragraph', content: [{ type: 'text', text: 'a' }] },
          { type: 'paragraph' },
          { type: 'paragraph', content: [{ type: 'text', text: 'b' }] },
        ],
      },
    ],
    [
      'rich-text',
      '{"type":"doc"}',
      { type: 'doc', content: [{ type: 'paragraph', content: [{ type: 'text', text: '{"type":"doc"}' }] }] },
    ],
  ])('to %s: %j becomes %j', async (type, text, expected) => {
    expect(await converted(text, field(type))).toEqual(expected);
  });

  test.each<[string, Record<string, unknown>, string, unknown]>([
    ['text', { maxLength: 2 }, '😀😀', '😀😀'],
    ['text', { maxLength: 2 }, 'abc', null],
    ['integer', { min: 3, max: 5 }, '2', null],
    ['decimal', { max: '1.5', scale: 1 }, '1.50', '1.50'],
    ['decimal', { max: '1.5' }, '1.51', null],
    ['date', { min: '2026-01-01' }, '2025-12-31', null],
    ['multi-select', { choices, maxItems: 1 }, 'a,b', null],
    ['phone', { international: true }, '030123456', null],
    [
      'select',
      { choices: [{ value: "o'; drop table piper.things --" }] },
      "o'; drop table piper.things --",
      "o'; drop table piper.things --",
    ],
  ])('to %s with options %j: %j becomes %j', async (type, options, text, expected) => {
    expect(await converted(text, field(type, options))).toEqual(expected);
  });

  test('dates and times convert exactly as they are taken', { timeout: 60_000 }, async () => {
    const days = fc.constantFrom(
      '2026-01-31',
      '2026-02-30',
      '2024-02-29',
      '1900-02-29',
      '0001-01-01',
      '9999-12-31',
      '0000-01-01',
      '2026-13-01',
      '2026-1-1',
    );
    const clocks = fc.constantFrom(
      '10:00',
      '23:59:59',
      '23:59:59.999999',
      '00:00:00.5',
      '10:60',
      '10:00:60',
      '25:00',
      '1:00',
      '10:00:00.',
    );
    const zones = fc.constantFrom('', 'Z', '+02:00', '-0130', '+23:59', '+24:00', '+01:60', 'z', '+1');
    const moments = fc.tuple(days, fc.constantFrom('T', ' '), clocks, zones).map((parts) => parts.join(''));
    const given = fc.oneof(
      fc.tuple(fc.constant('date-time'), fc.oneof(days, moments)),
      fc.tuple(fc.constant('date'), days),
      fc.tuple(fc.constant('time'), clocks),
    );
    await fc.assert(
      fc.asyncProperty(given, async ([type, text]) => {
        const taken = await outcome(Promise.resolve().then(() => fieldTypeOf(field(type)).normalise(text, field(type))));
        const expected = taken === 'done' ? fieldTypeOf(field(type)).normalise(text, field(type)) : null;
        const found = await converted(text, field(type));
        expect({ text, value: found instanceof Date ? found.toISOString() : found }).toEqual({ text, value: expected });
      }),
      { numRuns: 300 },
    );
  });

  test('a value of any type becomes a text and the same value again', async () => {
    await sql`truncate piper.things`.execute(server.deps.db);
    await createRecord(ctx, 'things', row(0));
    const lossy = new Set(['rich-text']);
    for (const type of stored.filter((name) => !lossy.has(name))) {
      const column = columnTypeOf(field(type));
      const text = column.toText(quote(field(type).column!));
      const { rows } = await sql<{ same: boolean; text: unknown }>`
        select (${sql.raw(column.toJson(quote(field(type).column!)))})::text is not distinct from
          (select (${sql.raw(column.toJson('again.value'))})::text from (select ${sql.raw(column.fromText(`(${text})`, field(type)))} as value) again) as same,
          pg_typeof(${sql.raw(text)})::text as text from piper.things`.execute(server.deps.db);
      expect({ type, ...rows[0]! }).toEqual({ type, same: true, text: 'text' });
    }
  });

  test('nothing raises, whatever the text and whichever the type', async () => {
    const hostile = [
      '',
      ' ',
      '-',
      '+',
      '.',
      '[',
      '{',
      '[[]]',
      '{}',
      '"',
      "'",
      '\\',
      '%',
      '0x1F',
      '1_000',
      '٣',
      '-0',
      '1/0',
      '1e999',
      '999999999999999:00',
      '2026-13-45',
      '12:60',
      'null',
      'a,b,,',
      'https://',
      'tel:',
      '#',
      '{"type":"Point"}',
      '{"type":"Point","coordinates":[]}',
      '\u{10ffff}',
      'x'.repeat(100_000),
      '[1,2,null]',
      '["\\ud800"]',
      '1'.repeat(5_000),
    ];
    const outcomes = new Set<string>();
    for (const type of stored) for (const text of hostile) outcomes.add(String(await outcome(converted(text, field(type)))));
    expect([...outcomes]).toEqual(['done']);
  });
});
