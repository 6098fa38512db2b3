import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { useForeignDatabase } from '../../../../../test/sample-database/foreign.ts';
import { chinookCounts, loadChinook } from '../../../../../test/sample-database/load.ts';
import { inspectDatabase } from './inspect.ts';
import type { Inspected } from './inspected.ts';
import { mapDatabase } from './map-database.ts';
import type { Mapped, MappedModel } from './mapped.ts';
import { measureColumns } from './measure.ts';
import { reading } from './reading.ts';

const nastySql = readFileSync(join(import.meta.dirname, '../../../../../test/sample-database/nasty.sql'), 'utf8');
const counter = () => {
  let n = 0;
  return () => `id-${++n}`;
};
const mapped = (inspected: Inspected): Mapped => mapDatabase(inspected, { newId: counter(), space: 'space' });
const modelNamed = ({ models }: Mapped, name: string): MappedModel => models.find((model) => model.name === name)!;
/** `key: type` of each field, and `key -> target` of each relation. */
const shapeOf = (all: Mapped, name: string): string[] => {
  const { model, relations } = modelNamed(all, name);
  const keyOf = (id: string) => all.models.find((other) => other.model.id === id)?.model.key;
  return [
    ...model.fields!.map((field) => `${field.key}: ${field.type}`),
    ...relations.map(
      ({ field }) => `${field.key} -> ${field.relation?.kind === 'many-to-one' ? keyOf(field.relation.target) : ''}`,
    ),
  ];
};

describe('a tidy database', () => {
  const foreign = useForeignDatabase(loadChinook);
  let inspected: Inspected;
  let all: Mapped;
  beforeAll(async () => {
    inspected = await measureColumns(foreign.client, await inspectDatabase(foreign.client), { tableMs: 10_000 });
    all = mapped(inspected);
  });

  test('is read as it is', () => {
    expect(inspected.tables.map(({ name, rowEstimate }) => [name, rowEstimate])).toEqual(
      Object.entries(chinookCounts).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    );
    expect(inspected.tables.find(({ name }) => name === 'PlaylistTrack')).toMatchObject({
      primaryKey: ['PlaylistId', 'TrackId'],
      foreignKeys: [{ columns: ['PlaylistId'] }, { columns: ['TrackId'] }],
    });
  });

  test('gets readable names, and relations in place of references', () => {
    expect(shapeOf(all, 'public.InvoiceLine')).toEqual([
      'invoice_line_id: integer',
      'unit_price: decimal',
      'quantity: integer',
      'invoice -> invoice',
      'track -> track',
    ]);
    expect(modelNamed(all, 'public.InvoiceLine').model).toMatchObject({
      key: 'invoice_line',
      label: 'Invoice line',
      labelPlural: 'Invoice lines',
    });
    const [customer] = modelNamed(all, 'public.Invoice').relations;
    expect(customer!.field).toMatchObject({
      label: 'Customer',
      required: true,
      relation: { kind: 'many-to-one', onDelete: 'restrict', reverse: { key: 'invoices', label: 'Invoices' } },
    });
  });

  test('has its self reference written late, and its join as a many-to-many relation', () => {
    expect(modelNamed(all, 'public.Employee').relations).toMatchObject([
      { isLate: true, field: { key: 'reports_to', relation: { reverse: { key: 'employees_by_reports_to' } } } },
    ]);
    expect(all.links).toMatchObject([
      {
        name: 'public.PlaylistTrack',
        field: { key: 'tracks', relation: { kind: 'many-to-many', reverse: { key: 'playlists' } } },
      },
    ]);
    expect(all.models.some(({ name }) => name === 'public.PlaylistTrack')).toBe(false);
  });

  test('leaves nothing unsaid', () => {
    expect(all.unmapped.map(({ table, name }) => `${table}.${name}`)).toEqual([
      'public.Employee.BirthDate',
      'public.Employee.HireDate',
      'public.Invoice.InvoiceDate',
    ]);
  });
});

describe('a nasty database', () => {
  const foreign = useForeignDatabase((client) => client.query(nastySql));
  let all: Mapped;
  beforeAll(async () => {
    all = mapped(await measureColumns(foreign.client, await inspectDatabase(foreign.client), { tableMs: 10_000 }));
  });

  test('keeps composite keys as fields with a unique index, and refers to them by a relation', () => {
    const order = modelNamed(all, 'sales.Order');
    const keyOf = (id: string) => order.model.fields!.find((field) => field.id === id)!.key;
    expect(order.indexes.map(({ fields, unique }) => [fields.map(keyOf), unique])).toEqual([[['region', 'no'], true]]);
    expect(shapeOf(all, 'sales.Order')).toContain('parent -> sales_order');
    expect(shapeOf(all, 'sales.order_item')).toContain('order -> sales_order');
    expect(modelNamed(all, 'sales.event').from).toBe('"sales"."event" t');
  });

  test('finds a field type for every type that has one', () => {
    expect(shapeOf(all, 'sales.everything').join(', ')).toBe(
      [
        'everything_id: auto-number, tiny: integer, big: decimal, safe: integer, exact: decimal, rounded: decimal, single: decimal',
        'double: decimal, price: decimal, flag: boolean, words: text, short: text, padded: text, long_words: long-text, label: text',
        'day: date, moment: date-time, instant: date-time, clock: time, zoned: text, lapse: text, wait: duration, doc: json, docb: json',
        'page: long-text, key: uuid, host: text, net: text, mac: text, bits: text, spot: json, shape: text, state: select',
        'states: multi-select, tags: multi-select, many: json, numbers: json, grid: json, days: json, home: json, span: text',
        'spans: text, field: integer, field_2: text, unicode_name: text',
        'a_column_name_that_is_sixty_three_bytes_long_which_is_the: integer',
        'a_column_name_that_is_sixty_three_bytes_long_which_is_the_2: integer',
      ].join(', '),
    );
  });

  test('keeps what domains, enums and defaults say', () => {
    const field = (key: string) => modelNamed(all, 'sales.Order').model.fields!.find((one) => one.key === key);
    expect(field('state')).toMatchObject({
      type: 'select',
      required: true,
      default: 'open',
      options: { choices: [{ value: 'open' }, { value: 'in work' }, { value: 'done' }] },
    });
    expect(field('weight')).toMatchObject({ type: 'decimal', required: true, default: '2', options: { scale: 3 } });
    expect(field('select')).toMatchObject({ help: 'Why it was chosen' });
    expect(modelNamed(all, 'sales.order_item').model.fields!.find(({ key }) => key === 'total')).toMatchObject({
      readOnly: true,
    });
  });

  test('takes views as models that can only be read', () => {
    for (const name of ['sales.open_orders', 'sales.totals'])
      expect(modelNamed(all, name).model).toMatchObject({ verbs: ['list', 'read'], rules: [{ action: 'read' }] });
  });

  test('relates what refers in circles, to itself, to no key, and to nothing', () => {
    expect(shapeOf(all, 'sales.person')).toEqual(['name: text', 'deleted_at: date', 'boss -> person', 'team -> team']);
    expect(modelNamed(all, 'sales.team').relations).toMatchObject([{ isLate: true, requireLate: true }]);
    expect(shapeOf(all, 'sales.badge')).toEqual(['person_id: uuid', 'colour: text', 'person -> person']);
    expect(shapeOf(all, 'sales.nickname')).toContain('person_name -> person');
    expect(shapeOf(all, 'sales.loose')).toEqual(['loose_id: integer', 'place_key: text', 'place -> place']);
    expect(all.links.map(({ name, field }) => [name, field.key])).toEqual([['sales.friend', 'others']]);
  });

  test('calls nothing as Piper calls its own', () => {
    const users = modelNamed(all, 'sales.users');
    expect(users.model).toMatchObject({ key: 'sales_users', label: 'User' });
    expect(shapeOf(all, 'sales.users')).toEqual(['no: decimal', 'name: text', 'wakes: text']);
    const [no, name] = users.model.fields!;
    expect(no).toMatchObject({ unique: true });
    expect(no).not.toHaveProperty('required');
    expect(name).toMatchObject({ unique: true, required: true, options: { maxLength: 4_000 } });
    const said = all.unmapped.filter(({ table }) => table === 'sales.users').map(({ what, name: of }) => `${what} ${of}`);
    expect(said).toEqual(['default no', 'column wakes']);
  });

  test('takes a join that leads nowhere here and there as a model', () => {
    expect(shapeOf(all, 'sales.visit')).toEqual(['person_key: uuid', 'place_key: text', 'person -> person', 'place -> place']);
  });

  test('of tables that are not looked through, demands nothing that their values may not keep', async () => {
    const unknown = mapped(await measureColumns(foreign.client, await inspectDatabase(foreign.client), { tableMs: 0 }));
    expect(shapeOf(unknown, 'sales.everything').join()).toContain('everything_id: auto-number,tiny: integer,big: decimal');
    expect(modelNamed(unknown, 'sales.users').model.fields).toEqual([
      expect.not.objectContaining({ required: true }),
      expect.objectContaining({ type: 'long-text', required: true }),
      expect.objectContaining({ type: 'text', required: true }),
    ]);
    const reasons = unknown.unmapped.filter((one) => one.table === 'sales.everything' && one.name === 'day');
    expect(reasons).toMatchObject([{ what: 'value', reason: expect.stringContaining('not looked through') }]);
    expect(unknown.unmapped).toContainEqual({
      what: 'table',
      name: 'sales.everything',
      reason: expect.stringContaining('too long'),
    });
    // The deadline of all is that of each.
    const none = await measureColumns(foreign.client, await inspectDatabase(foreign.client), { tableMs: 9_000, totalMs: 0 });
    const said = mapped(none).unmapped;
    expect(said.find(({ name }) => name === 'loose_place_fkey')!.reason).toContain('may lead');
    expect(said.find(({ name, table }) => name === 'big' && table === 'sales.everything')!.reason).toContain('may be larger');
  });

  test('leaves out what there is no room for, and says so', async () => {
    const inspected = await inspectDatabase(foreign.client);
    const few = mapDatabase(inspected, { newId: counter(), space: 'space', room: 3 });
    expect(few.models).toHaveLength(3);
    const said = few.unmapped.filter(({ reason }) => reason.includes('at most 1000 data models'));
    expect(said).toHaveLength(all.models.length + all.links.length + 2 - 3);
    const table = inspected.tables.find(({ name }) => name === 'loose')!;
    const columns = Array.from({ length: 1_200 }, (_, i) => ({ ...table.columns[0]!, name: `c${i}`, notNull: false }));
    const place = inspected.tables.find(({ name }) => name === 'place')!;
    const wide = mapped({ ...inspected, tables: [{ ...table, columns: [...table.columns, ...columns] }, place] });
    expect(modelNamed(wide, 'sales.loose').model.fields!.length).toBe(1_000 - 7 - 1);
    expect(wide.unmapped.filter(({ reason }) => reason.includes('at most 1000 fields'))).toHaveLength(1_201 - 992);
  });

  test('says of everything it leaves out why', () => {
    const said = all.unmapped.map(({ what, table, name }) => [what, table, name].filter(Boolean).join(' '));
    expect(said).toEqual(
      expect.arrayContaining([
        'column sales.everything raw',
        'column sales.everything search',
        'constraint sales.booking booking_span_excl',
        'index sales.everything everything_words',
        'check sales.order_item order_item_price_check',
        'check sales.Order contact',
        'trigger sales.Order touch',
        'function sales.touch',
        'default sales.Order createdAt',
        'table sales.broken',
        'table sales.fragile',
        'table sales.open_orders',
        'table sales.place',
        'table Größe & Co.nothing',
        'table Größe & Co.only_bytes',
        'value sales.everything double',
        'relation sales.loose loose_place_fkey',
      ]),
    );
    expect(all.unmapped.find(({ name }) => name === 'day')!.reason).toContain('2 of its values');
  });

  test('gives every model and field a name of its own', () => {
    const keys = all.models.map(({ model }) => model.key);
    expect(new Set(keys).size).toBe(keys.length);
    for (const { model, relations } of all.models) {
      const fields = [...model.fields!, ...relations.map(({ field }) => field)].map(({ key }) => key!);
      expect(new Set(fields).size).toBe(fields.length);
      for (const key of fields) expect(key).toMatch(/^[a-z][a-zA-Z0-9_]{0,62}$/);
    }
  });

  test('is read in chosen schemas only, when they are named', async () => {
    const { tables } = await inspectDatabase(foreign.client, ['Größe & Co']);
    expect(tables.map(({ name }) => name)).toEqual(['Maß / Einheit 📏', 'nothing', 'only_bytes', 'order', 'quick', 'ratio_use']);
  });

  test('is looked through without a trace in the session, which a pooler may hand on', async () => {
    const names = ['default_transaction_read_only', 'search_path', 'row_security', 'statement_timeout', 'TimeZone', 'DateStyle'];
    const settings = async () =>
      (await foreign.client.query(`select ${names.map((name) => `current_setting('${name}') as "${name}"`).join()}`)).rows;
    const before = await settings();
    await measureColumns(foreign.client, await inspectDatabase(foreign.client), { tableMs: 9_000 });
    await reading(foreign.client, { isOneMoment: true }, async () => {
      expect(await settings()).not.toEqual(before);
      await expect(foreign.client.query('create table sales.never ()')).rejects.toThrow('read-only');
      await foreign.client.query('rollback; begin');
    });
    expect(await settings()).toEqual(before);
  });

  test('hides nothing behind row-level security without saying so', async () => {
    await foreign.client.query(
      'create role watcher; grant usage on schema sales to watcher; grant select on sales.secret, sales.loose to watcher',
    );
    await foreign.client.query('set role watcher');
    const look = async () => measureColumns(foreign.client, await inspectDatabase(foreign.client, ['sales']), { tableMs: 9_000 });
    const inspected = await look().finally(() => foreign.client.query('reset role'));
    await foreign.client.query('drop owned by watcher; drop role watcher');
    const { tables, unmapped } = inspected;
    expect(tables.map(({ name }) => name)).toEqual(['loose']);
    // What was never checked can't be looked up in a table that is hidden.
    expect(shapeOf(mapped(inspected), 'sales.loose')).toEqual(['loose_id: integer', 'place: text']);
    expect(mapped(inspected).unmapped.filter(({ what }) => what === 'relation')).toEqual([
      expect.objectContaining({ name: 'loose_place_fkey', reason: expect.stringContaining('is not taken') }),
    ]);
    expect(unmapped).toContainEqual({
      what: 'table',
      name: 'sales.secret',
      reason: expect.stringContaining('Row-level security'),
    });
    expect(unmapped).toContainEqual({ what: 'table', name: 'sales.person', reason: 'The account may not read it.' });
  });
});
