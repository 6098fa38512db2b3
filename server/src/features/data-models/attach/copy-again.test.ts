/** Copies of a database that is in use: cut off, and gone on with at a later moment. */
import { sql } from 'kysely';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { registerUser, type TestUser } from '../../../../../test/accounts.ts';
import { useTestServer } from '../../../../../test/harness.ts';
import { attachModels, copyFrom, type Attached } from '../../../../../test/sample-database/copying.ts';
import { useForeignDatabase } from '../../../../../test/sample-database/foreign.ts';
import type { Copy, CopyProgress } from './copy.ts';

const server = useTestServer();
const foreign = useForeignDatabase(() => Promise.resolve());
let owner: TestUser;
let attached: Attached;

const shopSql = `
  drop schema if exists shop cascade; create schema shop;
  create table shop.country (code text primary key, name text unique);
  create table shop.orders (id serial primary key, code text unique not null, country text references shop.country,
    weight float8 not null, next_id int unique references shop.orders);
  create table shop.item (id serial primary key, order_id int not null references shop.orders, note text);
  create table shop.log (what text);
  insert into shop.country select 'C' || n, 'Country ' || n from generate_series(1, 30) n;
  insert into shop.orders (code, country, weight) select 'O' || n, 'C' || (1 + n % 30), n / 7.0 from generate_series(1, 300) n;
  update shop.orders set next_id = id + 1 where id < 300;
  insert into shop.item (order_id, note) select 1 + n % 300, 'note ' || n from generate_series(1, 900) n;
  insert into shop.log select 'same' from generate_series(1, 20)`;

beforeAll(async () => {
  owner = await registerUser(server);
});
beforeEach(async () => {
  await foreign.client.query(shopSql);
  attached = await attachModels(server, owner, foreign.client);
});

const tableOf = (name: string) => attached.tables.find((table) => table.name === `shop.${name}`)!;

/** Copies until some rows of this table, or its late relations, are there; the progress that was kept. */
async function cutIn(name: string, { from = {}, phase = 'rows' }: { from?: CopyProgress; phase?: 'rows' | 'late' } = {}) {
  const { id } = tableOf(name);
  let saved = structuredClone(from);
  const save: Copy['save'] = (_tx, progress) => {
    const { again, [phase]: state } = saved[id] ?? {};
    // Of what an earlier attempt did nothing counts.
    if (state?.count && (from[id] === undefined || again !== from[id].again)) throw new Error('cut off');
    saved = structuredClone(progress);
    return Promise.resolve();
  };
  const progress = structuredClone(from);
  await expect(copyFrom(server, foreign.client, { ...attached, progress, save })).rejects.toThrow('cut off');
  return saved;
}

const items = (name: string) => `/api/projects/${attached.project.slug}/items/${name}`;
async function read(name: string, filter: object, fields: string): Promise<Record<string, unknown>[]> {
  const query = `filter=${encodeURIComponent(JSON.stringify(filter))}&fields=${fields}&sort=id`;
  const reply = await owner.browser.get(`${items(name)}?${query}`);
  expect(reply.statusCode, reply.body).toBe(200);
  return reply.json<{ data: Record<string, unknown>[] }>().data;
}

/** What a shop does in between: nothing of it fits what was read before. */
const busySql = `
  insert into shop.country values ('AA', 'Country 1x');
  update shop.country set name = case code when 'C1' then 'Country 2' else 'Country 1' end || 'y' where code in ('C1', 'C2');
  update shop.country set name = 'Country ' || case code when 'C1' then 2 else 1 end where code in ('C1', 'C2');
  insert into shop.orders (id, code, country, weight) values (-7, 'first', 'AA', 1), (301, 'O5', 'AA', 2) on conflict do nothing;
  update shop.orders set next_id = null where id in (3, 4, 5);
  delete from shop.item where order_id = 5; delete from shop.orders where id = 5;
  insert into shop.orders (id, code, country, weight) values (302, 'O5', 'AA', 2);
  update shop.orders set next_id = 302 where id = 4; update shop.orders set next_id = 4 where id = 3;
  update shop.orders set next_id = 6 where id = 302;
  insert into shop.item (order_id, note) values (-7, 'new'), (302, 'newer');
  insert into shop.log values ('other')`;

test.for([
  ['item', 'rows'],
  ['orders', 'rows'],
  ['orders', 'late'],
] as const)('a copy that was cut off in %s (%s) finishes though the source went on', async ([name, phase]) => {
  const progress = await cutIn(name, { phase });
  await foreign.client.query(busySql);
  const report = await copyFrom(server, foreign.client, { ...attached, progress });
  expect(report.filter(({ isSame }) => !isSame)).toEqual([]);
  expect(Object.fromEntries(report.map(({ name: table, target }) => [table, target.rows]))).toEqual({
    'shop.country': 31,
    'shop.orders': 301,
    'shop.item': 899,
    'shop.log': 21,
  });
  expect(await read('orders', { code: { _eq: 'O5' } }, 'order_id,country.name,next.order_id')).toEqual([
    { order_id: 302, country: { name: 'Country 1x' }, next: { order_id: 6 } },
  ]);
  expect(await read('country', { code: { _eq: 'C1' } }, 'name')).toEqual([{ name: 'Country 2' }]);
});

test('a copy that is cut off again and again comes to an end, and says what differs', async () => {
  let progress = await cutIn('item');
  await foreign.client.query(busySql);
  progress = await cutIn('item', { from: progress });
  await foreign.client.query(`update shop.country set name = 'Elsewhere' where code = 'C9'; delete from shop.item where id = 7`);
  const report = await copyFrom(server, foreign.client, { ...attached, progress });
  expect(report.every(({ isSame }) => isSame)).toBe(false);
  for (const { isSame, name } of report) expect([name, isSame]).toEqual([name, name !== 'shop.country' && name !== 'shop.item']);
  expect(report.find(({ name }) => name === 'shop.country')).toMatchObject({ columns: ['name'] });
});

test('what somebody changed here meanwhile stays, and is named', async () => {
  const progress = await cutIn('item');
  const [record] = await read('country', { code: { _eq: 'C3' } }, 'id');
  const reply = await owner.browser.patch(`${items('country')}/${String(record!['id'])}`, { name: 'Ours' });
  expect(reply.statusCode).toBe(200);
  const [item] = await read('item', { item_id: { _eq: 2 } }, 'id');
  expect((await owner.browser.delete(`${items('item')}/${String(item!['id'])}`)).statusCode).toBe(204);
  await foreign.client.query(`update shop.country set name = 'Theirs' where code in ('C3'); ${busySql}`);
  const report = await copyFrom(server, foreign.client, { ...attached, progress });
  expect(report.filter(({ isSame }) => !isSame)).toMatchObject([
    { name: 'shop.country', columns: ['name'] },
    { name: 'shop.item', source: { rows: 899 }, target: { rows: 898 } },
  ]);
  expect(await read('country', { code: { _eq: 'C3' } }, 'name')).toEqual([{ name: 'Ours' }]);
  expect(await read('item', { item_id: { _eq: 2 } }, 'id')).toEqual([]);
});

test('a value that cannot be held and came after the rows were looked through is empty', async () => {
  await foreign.client.query(`update shop.orders set weight = 'NaN' where id = 3`);
  const report = await copyFrom(server, foreign.client, attached);
  expect(report.every(({ isSame }) => isSame)).toBe(true);
  expect(await read('orders', { weight: { _null: true } }, 'order_id')).toEqual([{ order_id: 3 }]);
});

test('a refusal that reading once more does not mend is told', async () => {
  await sql`alter table ${sql.raw(tableOf('item').target)} add check (note <> 'note 800')`.execute(server.deps.db);
  await expect(copyFrom(server, foreign.client, attached)).rejects.toMatchObject({ code: '23514' });
  const progress = await cutIn('item');
  await expect(copyFrom(server, foreign.client, { ...attached, progress })).rejects.toMatchObject({ code: '23514' });
});
