/** Computed fields through the API: selected, filtered, sorted, grouped, in rules and pages; and never more than the reader may see. */
import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import type { DataModel, Field, Rule } from '@piper/shared/data-model';
import { resolveComputed } from '@piper/shared/formula/index';
import { limits } from '@piper/shared/limits';
import { systemModels } from '@piper/shared/system-models/index';
import { actorsFeature, addUser, type TestActor } from '../../../../../test/actors.ts';
import { dataModel as plainModel, field as plainField } from '../../../../../test/declare.ts';
import { useTestServer } from '../../../../../test/harness.ts';
import { defineFeature } from '../../feature.ts';
import { newId } from '../../ids.ts';

const field: typeof plainField = (key, type, extra) => plainField(key, type, { column: key.toLowerCase(), ...extra });
const computed = (key: string, type: string, options: Record<string, unknown>, extra: Partial<Field> = {}): Field => ({
  id: `f-${key}`,
  key,
  type,
  label: key,
  readOnly: true,
  options,
  ...extra,
});
const formula = (key: string, text: string): Field => computed(key, 'formula', { formula: text });
const rollup = (key: string, options: Record<string, unknown>): Field => computed(key, 'rollup', options, { onDemand: true });
const list = (key: string, relation: Field['relation']): Field => ({
  id: `f-${key}`,
  key,
  type: 'relation',
  label: key,
  onDemand: true,
  relation: relation!,
});
const toOne = (key: string, target: string): Field =>
  field(key, 'relation', { relation: { kind: 'many-to-one', target: `m-${target}`, as: key } });

const everyone: Rule[] = (['read', 'create', 'update', 'delete'] as const).map((action) => ({
  action,
  roles: ['OWNER'],
  filter: {},
  fields: '*',
}));
const dataModel = (key: string, fields: Field[], extra: Partial<DataModel> = {}): DataModel => ({
  ...plainModel(key, [field('id', 'uuid', { required: true, readOnly: true }), ...fields]),
  table: `piper.shop_${key}`,
  verbs: ['list', 'read', 'create', 'update', 'delete'],
  rules: [...everyone, { action: 'read', roles: ['MEMBER'], filter: {}, fields: '*' }],
  ...extra,
});

const models = [
  dataModel(
    'customers',
    [
      field('name', 'text'),
      field('credit', 'decimal'),
      field('gone', 'date-time'),
      list('orders', { kind: 'one-to-many', target: 'm-orders', by: 'f-customer' }),
      formula('greeting', "'Dear ' & {name}"),
      formula('doubled', '{credit} * 2'),
      rollup('spent', { relation: 'f-orders', field: 'f-total', function: 'sum' }),
    ],
    {
      scope: { gone: { _null: true } },
      // Members do not see what credit anybody has.
      rules: [
        ...everyone,
        { action: 'read', roles: ['MEMBER'], filter: {}, fields: ['name', 'orders', 'greeting', 'doubled', 'spent'] },
      ],
    },
  ),
  dataModel(
    'orders',
    [
      field('title', 'text'),
      field('rate', 'decimal'),
      toOne('customer', 'customers'),
      list('lines', { kind: 'one-to-many', target: 'm-lines', by: 'f-order' }),
      list('tags', { kind: 'many-to-many', target: 'm-tags', through: 'm-links', by: 'f-from', to: 'f-to' }),
      field('labels', 'files', { relation: { kind: 'id-list', target: 'm-tags' } }),
      formula('shout', "UPPER({title}) & '!'"),
      formula('gross', '{rate} * 1.2'),
      formula('mailing', "{customer.greeting} & ' (' & {title} & ')'"),
      formula('creditOf', '{customer.credit}'),
      computed('customerName', 'lookup', { relation: 'f-customer', field: 'f-name' }),
      computed('customerCredit', 'lookup', { relation: 'f-customer', field: 'f-credit' }),
      computed('prices', 'lookup', { relation: 'f-lines', field: 'f-price' }),
      computed('tagNames', 'lookup', { relation: 'f-tags', field: 'f-word' }),
      computed('labelNames', 'lookup', { relation: 'f-labels', field: 'f-word' }),
      rollup('total', { relation: 'f-lines', field: 'f-amount', function: 'sum' }),
      rollup('number', { relation: 'f-lines', function: 'count' }),
      rollup('units', { relation: 'f-lines', field: 'f-count', function: 'sum' }),
      rollup('large', { relation: 'f-lines', function: 'count', filter: { amount: { _gt: '10' } } }),
      rollup('average', { relation: 'f-lines', field: 'f-count', function: 'avg' }),
      rollup('first', { relation: 'f-lines', field: 'f-due', function: 'min' }),
      rollup('last', { relation: 'f-lines', field: 'f-note', function: 'max' }),
      rollup('different', { relation: 'f-lines', field: 'f-note', function: 'countDistinct' }),
      rollup('allPaid', { relation: 'f-lines', field: 'f-paid', function: 'and' }),
      rollup('somePaid', { relation: 'f-lines', field: 'f-paid', function: 'or' }),
      rollup('notes', { relation: 'f-lines', field: 'f-note', function: 'concat' }),
      rollup('tagCount', { relation: 'f-tags', function: 'count' }),
    ],
    { search: ['shout'] },
  ),
  dataModel(
    'lines',
    [
      toOne('order', 'orders'),
      field('price', 'decimal'),
      field('count', 'integer'),
      field('paid', 'boolean'),
      field('due', 'date'),
      field('note', 'text'),
      field('internal', 'boolean'),
      formula('amount', '{price} * {count}'),
    ],
    {
      defaultSort: ['note'],
      rules: [...everyone, { action: 'read', roles: ['MEMBER'], filter: { internal: { _neq: true } }, fields: '*' }],
    },
  ),
  dataModel('tags', [field('word', 'text')], { defaultSort: ['word'] }),
  dataModel('links', [toOne('from', 'orders'), toOne('to', 'tags')]),
  dataModel('bargains', [field('price', 'decimal'), formula('half', '{price} / 2')], {
    rules: [
      { action: 'read', filter: { half: { _lt: '50' } }, fields: '*' },
      { action: 'create', filter: {}, check: { half: { _lt: '50' } }, fields: '*' },
      { action: 'update', filter: { half: { _gt: '1' } }, check: {}, fields: '*' },
    ],
  }),
];
const { results, problems } = resolveComputed(models, { find: (name) => systemModels.find(({ key }) => key === name) });
for (const model of models)
  for (const each of model.fields) if (results.has(each.id) && each.column === undefined) each.result = results.get(each.id)!;

const shop = defineFeature({ name: 'shop', systemModels: models.map((model) => ({ model })) });
const server = useTestServer({ features: [actorsFeature, shop] });
let owner: TestActor;
let member: TestActor;
const ids = Object.fromEntries(['ann', 'ben', 'a', 'b', 'c', 'red', 'blue'].map((name) => [name, newId()])) as Record<
  string,
  string
>;

async function insert(table: string, rows: Record<string, unknown>[]): Promise<void> {
  const records = rows.map((row) => ({ id: newId(), ...row }));
  const name = sql.table(`piper.shop_${table}`);
  await sql`insert into ${name} select * from jsonb_populate_recordset(null::${name}, ${JSON.stringify(records)}::jsonb)`.execute(
    server.deps.db,
  );
}

beforeAll(async () => {
  const { db } = server.deps;
  await sql
    .raw(
      `create table piper.shop_customers (id uuid primary key, name text collate "C", credit numeric, gone timestamptz);
       create table piper.shop_orders (id uuid primary key, title text collate "C", rate numeric, customer uuid, labels uuid[]);
       create table piper.shop_lines (id uuid primary key, "order" uuid, price numeric, count bigint, paid boolean, due date, note text collate "C", internal boolean);
       create table piper.shop_tags (id uuid primary key, word text collate "C");
       create table piper.shop_links (id uuid primary key, "from" uuid, "to" uuid);
       create table piper.shop_bargains (id uuid primary key, price numeric)`,
    )
    .execute(db);
  owner = await addUser(db, 'OWNER');
  member = await addUser(db);
  await insert('customers', [
    { id: ids['ann'], name: 'Ann', credit: '100.50' },
    { id: ids['ben'], name: 'Ben', credit: '7', gone: '2026-01-01' },
  ]);
  await insert('orders', [
    { id: ids['a'], title: 'one', rate: '10.00', customer: ids['ann'], labels: [ids['blue'], ids['red']] },
    { id: ids['b'], title: 'two', rate: null, customer: ids['ben'], labels: null },
    { id: ids['c'], title: 'three', rate: '0.5', customer: null, labels: [] },
  ]);
  await insert('lines', [
    { order: ids['a'], price: '2.50', count: 2, paid: true, due: '2026-02-01', note: 'x', internal: false },
    { order: ids['a'], price: '1', count: 20, paid: false, due: '2026-01-01', note: 'y', internal: false },
    { order: ids['a'], price: '1000', count: 1, paid: true, due: null, note: 'x', internal: true },
    { order: ids['b'], price: 'NaN', count: null, paid: null, due: null, note: '', internal: false },
  ]);
  await insert('tags', [
    { id: ids['red'], word: 'red' },
    { id: ids['blue'], word: 'blue' },
  ]);
  await insert('links', [
    { from: ids['a'], to: ids['red'] },
    { from: ids['a'], to: ids['blue'] },
    { from: ids['a'], to: ids['red'] },
  ]);
});

interface Reply {
  status: number;
  data: Record<string, unknown>[];
  meta: { nextCursor?: string };
  error?: { code: string; message: string };
}
async function ask(model: string, query: Record<string, unknown>, actor = owner): Promise<Reply> {
  const text = Object.entries(query).map(
    ([key, value]) => `${key}=${encodeURIComponent(typeof value === 'string' ? value : JSON.stringify(value))}`,
  );
  const reply = await server.app.inject({ url: `/api/${model}?${text.join('&')}`, headers: actor.headers });
  return { status: reply.statusCode, ...(reply.json() as Omit<Reply, 'status'>) };
}
const titles = (reply: Reply) => reply.data.map(({ title }) => title);
const orderOf = async (fields: string, actor = owner) =>
  (await ask('orders', { fields, filter: { title: { _eq: 'one' } } }, actor)).data[0];

test('the definitions hold', () => {
  expect(problems).toEqual([]);
});

describe('values', () => {
  test('formulas and lookups come with the record, rollups when asked for', async () => {
    const { id, customer, labels, ...rest } = (await orderOf('*'))!;
    expect({ id, customer, labels }).toEqual({ id: ids['a'], customer: ids['ann'], labels: [ids['blue'], ids['red']] });
    expect(rest).toEqual({
      title: 'one',
      rate: '10.00',
      shout: 'ONE!',
      gross: '12.000',
      mailing: 'Dear Ann (one)',
      creditOf: '100.50',
      customerName: 'Ann',
      customerCredit: '100.50',
      prices: ['2.50', '1000', '1'],
      tagNames: ['blue', 'red'],
      labelNames: ['blue', 'red'],
    });
    const reply = await server.app.inject({ url: `/api/orders/${ids['a']}`, headers: owner.headers });
    expect((reply.json() as { data: object }).data).toEqual({ id, customer, labels, ...rest });
  });

  test('every function of rollups', async () => {
    const asked = 'total,number,units,large,average,first,last,different,allPaid,somePaid,notes,tagCount';
    const { data } = await ask('orders', { fields: `title,${asked}`, sort: 'title' });
    expect(data).toEqual([
      {
        title: 'one',
        total: '1025.00',
        number: 3,
        units: 23,
        large: 2,
        average: '7.6666666666666667',
        first: '2026-01-01',
        last: 'y',
        different: 2,
        allPaid: false,
        somePaid: true,
        notes: 'x, x, y',
        tagCount: 2,
      },
      {
        title: 'three',
        total: '0',
        number: 0,
        units: 0,
        large: 0,
        average: null,
        first: null,
        last: null,
        different: 0,
        allPaid: null,
        somePaid: null,
        notes: null,
        tagCount: 0,
      },
      {
        title: 'two',
        total: '0',
        number: 1,
        units: 0,
        large: 0,
        average: null,
        first: null,
        last: '',
        different: 1,
        allPaid: null,
        somePaid: null,
        notes: null,
        tagCount: 0,
      },
    ]);
  });

  test('what is out of scope is not seen through them', async () => {
    const { data } = await ask('orders', { fields: 'customerName,mailing,creditOf', filter: { title: { _eq: 'two' } } });
    expect(data).toEqual([{ customerName: null, mailing: ' (two)', creditOf: null }]);
  });

  test('they stand in expanded records too, and can not be set', async () => {
    const { data } = await ask('orders', { fields: 'customer.greeting,customer.spent', filter: { title: { _eq: 'one' } } });
    expect(data).toEqual([{ customer: { greeting: 'Dear Ann', spent: '1025.00' } }]);
    const reply = await server.app.inject({
      method: 'POST',
      url: '/api/orders',
      headers: owner.headers,
      payload: { title: 'x', shout: 'Y' },
    });
    expect(reply.statusCode).toBe(400);
  });

  test('a list shows as many values as an expanded relation does', async () => {
    const order = newId();
    await insert('orders', [{ id: order, title: 'many' }]);
    await insert(
      'lines',
      Array.from({ length: limits.relatedPerRecord + 5 }, (_, i) => ({
        order,
        price: i,
        count: 1,
        note: String(i).padStart(4, '0'),
      })),
    );
    const { data } = await ask('orders', { fields: 'prices,number', filter: { id: { _eq: order } } });
    expect(data[0]!['prices']).toHaveLength(limits.relatedPerRecord);
    expect((data[0]!['prices'] as string[]).slice(0, 3)).toEqual(['0', '1', '2']);
    expect(data[0]!['number']).toBe(limits.relatedPerRecord + 5);
    await sql`delete from piper.shop_orders where id = ${order}`.execute(server.deps.db);
  });
});

describe('the query dialect', () => {
  test('filters by them', async () => {
    expect(titles(await ask('orders', { filter: { shout: { _eq: 'ONE!' } } }))).toEqual(['one']);
    expect(titles(await ask('orders', { filter: { shout: { _icontains: 'o' } }, sort: 'shout' }))).toEqual(['one', 'two']);
    expect(titles(await ask('orders', { filter: { gross: { _between: ['0', '1'] } } }))).toEqual(['three']);
    expect(titles(await ask('orders', { filter: { total: { _gt: '1000' } } }))).toEqual(['one']);
    expect(titles(await ask('orders', { filter: { large: { _in: [0] } }, sort: 'title' }))).toEqual(['three', 'two']);
    expect(titles(await ask('orders', { filter: { first: { _lt: '2026-01-02' } } }))).toEqual(['one']);
    expect(titles(await ask('orders', { filter: { 'year(first)': { _eq: 2026 } } }))).toEqual(['one']);
    expect(titles(await ask('orders', { filter: { customer: { spent: { _gt: '0' } } } }))).toEqual(['one']);
    expect(titles(await ask('orders', { filter: { lines: { _some: { amount: { _eq: '5' } } } } }))).toEqual(['one']);
    expect(titles(await ask('orders', { filter: { customerName: { _null: true } }, sort: 'title' }))).toEqual(['three', 'two']);
    expect(await ask('orders', { filter: { shout: { _gt: { a: 1 } } } })).toMatchObject({
      status: 400,
      error: { code: 'bad_filter' },
    });
    expect(await ask('orders', { filter: { prices: { _gt: 1 } } })).toMatchObject({ status: 400, error: { code: 'bad_filter' } });
  });

  test('sorts by them, pages by cursor, searches them', async () => {
    expect(titles(await ask('orders', { sort: '-shout' }))).toEqual(['two', 'three', 'one']);
    expect(titles(await ask('orders', { sort: 'total,-title' }))).toEqual(['two', 'three', 'one']);
    expect(titles(await ask('orders', { sort: 'customer.spent,title' }))).toEqual(['one', 'three', 'two']);
    for (const sort of ['shout', '-gross', 'customerName,-shout', '-first', 'allPaid']) {
      const whole = titles(await ask('orders', { sort }));
      const paged: unknown[] = [];
      let cursor: string | undefined;
      do {
        const page: Reply = await ask('orders', { sort, limit: 1, fields: 'title', ...(cursor ? { cursor } : {}) });
        paged.push(...titles(page));
        cursor = page.meta.nextCursor ?? undefined;
      } while (cursor);
      expect([sort, paged]).toEqual([sort, whole]);
    }
    expect(titles(await ask('orders', { search: 'wo!' }))).toEqual(['two']);
  });

  test('groups by them and aggregates them', async () => {
    expect(
      (await ask('orders', { aggregate: { count: '*', sum: ['total'], max: ['shout'] }, groupBy: 'large', sort: 'large' })).data,
    ).toEqual([
      { large: 0, count: 2, sum: { total: '0' }, max: { shout: 'TWO!' } },
      { large: 2, count: 1, sum: { total: '1025.00' }, max: { shout: 'ONE!' } },
    ]);
    expect((await ask('orders', { aggregate: { count: '*' }, groupBy: 'customerName,shout' })).data).toHaveLength(3);
    expect(await ask('orders', { aggregate: { sum: ['shout'] } })).toMatchObject({ status: 400 });
  });

  test('definitions say what can be done with them', async () => {
    const reply = await server.app.inject({ url: '/api/models', headers: owner.headers });
    const { data } = reply.json() as { data: { key: string; fields: Record<string, unknown>[] }[] };
    const fields = data.find(({ key }) => key === 'orders')!.fields;
    expect(fields.find(({ key }) => key === 'total')).toMatchObject({
      type: 'rollup',
      result: 'decimal',
      sortable: true,
      creatable: false,
      updatable: false,
    });
    expect(fields.find(({ key }) => key === 'prices')).toMatchObject({ result: 'json', sortable: false });
  });
});

describe('rules', () => {
  test('a reader’s formulas, lookups and rollups know only what the reader may see', async () => {
    expect(await orderOf('creditOf,customerCredit,customerName,prices,total,number,notes,large', member)).toEqual({
      creditOf: null,
      customerCredit: null,
      customerName: 'Ann',
      prices: ['2.50', '1'],
      total: '25.00',
      number: 2,
      notes: 'x, y',
      large: 1,
    });
    expect((await ask('customers', { fields: 'name,doubled,spent' }, member)).data).toEqual([
      { name: 'Ann', doubled: null, spent: '25.00' },
    ]);
    expect((await ask('customers', { fields: 'name,doubled,spent' })).data).toEqual([
      { name: 'Ann', doubled: '201.00', spent: '1025.00' },
    ]);
  });

  test('filters, sorting and groups can’t probe what is hidden', async () => {
    expect(titles(await ask('orders', { filter: { creditOf: { _gt: '0' } } }, member))).toEqual([]);
    expect(titles(await ask('orders', { filter: { total: { _gt: '1000' } } }, member))).toEqual([]);
    expect((await ask('customers', { filter: { doubled: { _gt: '0' } } }, member)).data).toEqual([]);
    expect((await ask('customers', { aggregate: { sum: ['doubled'] } }, member)).data).toEqual([{ sum: { doubled: null } }]);
    expect(await ask('customers', { filter: { credit: { _gt: '0' } } }, member)).toMatchObject({ status: 400 });
  });

  test('options that name hidden fields are not shown', async () => {
    const optionsOf = async (actor: TestActor) => {
      const reply = await server.app.inject({ url: '/api/models', headers: actor.headers });
      const { data } = reply.json() as { data: { key: string; fields: { key: string; options?: object }[] }[] };
      const all = data.find(({ key }) => key === 'orders')!.fields;
      return ['creditOf', 'gross'].map((name) => all.find(({ key }) => key === name)?.options);
    };
    expect(await optionsOf(owner)).toEqual([{ formula: '{customer.credit}' }, { formula: '{rate} * 1.2' }]);
    expect(await optionsOf(member)).toEqual([{}, { formula: '{rate} * 1.2' }]);
  });

  test('rules may be made of them', async () => {
    const post = (payload: object) =>
      server.app.inject({ method: 'POST', url: '/api/bargains', headers: member.headers, payload });
    const made = await post({ price: '90' });
    expect(made.json()).toMatchObject({ data: { price: '90', half: '45' } });
    expect((await post({ price: '120' })).statusCode).toBe(403);
    await insert('bargains', [{ price: '100' }, { price: null }, { price: '1' }]);
    expect((await ask('bargains', { fields: 'price,half,allowedActions', sort: 'price' }, member)).data).toEqual([
      { price: '1', half: '0.5', allowedActions: ['read'] },
      { price: '90', half: '45', allowedActions: ['read', 'update'] },
    ]);
  });
});
