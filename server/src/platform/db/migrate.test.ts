import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../../../../test/harness.ts';
import { openPool } from './db.ts';
import { migrate, readMigrations } from './migrate.ts';

let database: TestDatabase;
let pool: pg.Pool;
let directory: string;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool({ connectionString: database.url, onError: () => undefined });
  await pool.query('drop schema piper cascade');
  directory = await mkdtemp(join(tmpdir(), 'piper-migrations-'));
  await write(
    '0001-notes',
    'select pg_sleep(0.2); create table piper.notes (text text); insert into piper.notes values ($$once$$)',
  );
  await write('0002-more', 'insert into piper.notes values ($$more$$)');
});
afterAll(async () => {
  await pool.end();
  await database.drop();
  await rm(directory, { recursive: true });
});

const write = (name: string, sql: string): Promise<void> => writeFile(join(directory, `${name}.sql`), sql);
const notes = async (): Promise<string[]> =>
  (await pool.query<{ text: string }>('select text from piper.notes')).rows.map((row) => row.text);

test('two migrators at once apply each migration exactly once', async () => {
  const applied = await Promise.all([migrate(pool, { directory }), migrate(pool, { directory })]);
  expect(applied.flat().toSorted()).toEqual(['0001-notes', '0002-more']);
  expect(await notes()).toEqual(['once', 'more']);
  expect(await migrate(pool, { directory })).toEqual([]);
});

test('a migration that fails leaves nothing of itself behind, and is tried again', async () => {
  await write('0003-broken', 'insert into piper.notes values ($$half$$); select no_such_function()');
  await expect(migrate(pool, { directory })).rejects.toThrow(
    'The migration 0003-broken failed: function no_such_function() does not exist',
  );
  expect(await notes()).toEqual(['once', 'more']);
  await write('0003-broken', 'insert into piper.notes values ($$whole$$)');
  expect(await migrate(pool, { directory })).toEqual(['0003-broken']);
});

test('a database of a newer Piper is refused', async () => {
  await pool.query(`insert into piper.migrations (number, name) values (99, '0099-future')`);
  await expect(migrate(pool, { directory })).rejects.toThrow(
    'migrated to version 99 by a newer Piper; this one knows versions up to 3',
  );
});

test('wrongly named and doubly numbered files are refused', async () => {
  await write('0003-again', 'select 1');
  await expect(readMigrations(directory)).rejects.toThrow('Two migrations have the number 3');
  await rm(join(directory, '0003-again.sql'));
  await write('4-short', 'select 1');
  await expect(readMigrations(directory)).rejects.toThrow('4-short.sql is not named like');
});
