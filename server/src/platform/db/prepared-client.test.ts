import { CompiledQuery } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../test/harness.ts';
import { openDb, openPool, type Db } from './db.ts';

let database: TestDatabase;
let db: Db;
const ask = async (executor: Db = db) =>
  (await executor.executeQuery<{ id: number }>(CompiledQuery.raw('select * from thing where id = $1', [1]))).rows;
const run = (text: string) => db.executeQuery(CompiledQuery.raw(text, []));
const prepared = async () =>
  (
    await db.executeQuery<{ n: number }>(
      CompiledQuery.raw(`select count(*)::int as n from pg_prepared_statements where statement like '%thing%'`, []),
    )
  ).rows[0]?.n;

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDb(openPool({ connectionString: database.url, max: 1, onError: () => {} }));
  await run('create table thing (id int)');
  await run('insert into thing values (1)');
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});

test('what is asked often is prepared, what is asked once is not', async () => {
  expect(await ask()).toEqual([{ id: 1 }]);
  expect(await prepared()).toBe(0);
  for (let i = 0; i < 10; i++) await ask();
  expect(await prepared()).toBe(1);
});

test('a table that a migration changed is answered as it is now', async () => {
  await run('alter table thing add column name text');
  expect(await ask()).toEqual([{ id: 1, name: null }]);
  for (let i = 0; i < 10; i++) expect(await ask()).toEqual([{ id: 1, name: null }]);
});

test('inside a transaction the change ends it, once', async () => {
  await run('alter table thing add column note text');
  await expect(db.transaction().execute((tx) => ask(tx))).rejects.toThrow('cached plan must not change result type');
  expect(await db.transaction().execute((tx) => ask(tx))).toEqual([{ id: 1, name: null, note: null }]);
});
