/**
 * Forward-only migrations: the numbered SQL files of server/migrations, each in one transaction. Its number is inserted
 * first, inside that transaction, so of several migrators at once one does the work and the others wait for it and go on.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { StartError } from '../start-error.ts';

export interface MigrateOptions {
  /** For tests; otherwise server/migrations. */
  directory?: string;
}

export interface Migration {
  number: number;
  name: string;
  sql: string;
}

const ownDirectory = join(import.meta.dirname, '../../../migrations');

/** Brings the database up to date and returns the names of what was applied. Throws when the database is newer than this code. */
export async function migrate(pool: pg.Pool, { directory = ownDirectory }: MigrateOptions = {}): Promise<string[]> {
  const migrations = await readMigrations(directory);
  const applied = await readApplied(pool);
  const newest = migrations.at(-1)?.number ?? 0;
  const unknown = [...applied].filter((number) => number > newest);
  if (unknown.length > 0)
    throw new StartError(
      `This database was migrated to version ${Math.max(...unknown)} by a newer Piper; this one knows versions up to ${newest}. Start the newer Piper.`,
    );
  const pending = migrations.filter(({ number }) => !applied.has(number));
  if (pending.length === 0) return [];
  const client = await pool.connect();
  try {
    await createTable(client);
    const done: string[] = [];
    for (const migration of pending) if (await apply(client, migration)) done.push(migration.name);
    return done;
  } finally {
    client.release();
  }
}

/** Reads the files `0001-name.sql …` and checks that their numbers are distinct. */
export async function readMigrations(directory: string): Promise<Migration[]> {
  const migrations: Migration[] = [];
  for (const file of (await readdir(directory)).toSorted()) {
    if (!file.endsWith('.sql')) continue;
    const number = Number(/^(\d{4})-[a-z0-9-]+\.sql$/.exec(file)?.[1]);
    if (!number) throw new StartError(`The migration ${file} is not named like 0001-what-it-does.sql.`);
    if (migrations.at(-1)?.number === number)
      throw new StartError(`Two migrations have the number ${number}: ${migrations.at(-1)?.name} and ${file}.`);
    migrations.push({ number, name: file.slice(0, -4), sql: await readFile(join(directory, file), 'utf8') });
  }
  return migrations;
}

async function readApplied(pool: pg.Pool): Promise<Set<number>> {
  const { rows: tables } = await pool.query<{ found: boolean }>(`select to_regclass('piper.migrations') is not null as found`);
  if (!tables[0]?.found) return new Set();
  const { rows } = await pool.query<{ number: number }>('select number from piper.migrations');
  return new Set(rows.map((row) => row.number));
}

/** `if not exists` may still fail when two sessions create the same thing at once; whoever loses finds it there. */
async function createTable(client: pg.PoolClient): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await client.query(`
        create schema if not exists piper;
        create table if not exists piper.migrations (
          number int primary key,
          name text not null,
          applied_at timestamptz not null default now()
        )`);
      return;
    } catch (error) {
      const { code } = error as { code?: string };
      const lostRace = code === '23505' || code === '42P06' || code === '42P07';
      if (!lostRace || attempt === 5) throw error;
    }
  }
}

async function apply(client: pg.PoolClient, { number, name, sql }: Migration): Promise<boolean> {
  await client.query('begin');
  try {
    await client.query(
      'set local statement_timeout = 0; set local lock_timeout = 0; set local idle_in_transaction_session_timeout = 0',
    );
    const { rowCount } = await client.query(
      'insert into piper.migrations (number, name) values ($1, $2) on conflict do nothing',
      [number, name],
    );
    if (rowCount) await client.query(sql);
    await client.query('commit');
    return rowCount === 1;
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw new StartError(`The migration ${name} failed: ${(error as Error).message}`, { cause: error });
  }
}
