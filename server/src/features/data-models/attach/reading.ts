/**
 * Reading from a foreign database: in transactions that can only read, each with its own settings. Nothing is set for a session,
 * since behind a pooler that hands out transactions the session goes on to somebody else.
 */
import pg from 'pg';

/** A session with a foreign database, as the driver opens it or as connect.ts guards it. */
export interface Client {
  query<R extends pg.QueryResultRow>(query: string | pg.QueryConfig, values?: unknown[]): Promise<pg.QueryResult<R>>;
}

const settings = [
  `timezone = 'UTC'`,
  `datestyle = 'ISO'`,
  `intervalstyle = 'iso_8601'`,
  `extra_float_digits = 1`,
  `bytea_output = 'hex'`,
  `xmloption = 'content'`,
  `row_security = off`,
  `lock_timeout = '10s'`,
  `idle_in_transaction_session_timeout = 0`,
];

/** All names are written out with their schema, but those of extensions, whose operators would not be found. */
const searchPath = `
  select set_config('search_path', string_agg(distinct quote_ident(n.nspname), ', '), true)
  from (select 'pg_catalog' as nspname union all select n.nspname from pg_extension e join pg_namespace n on n.oid = e.extnamespace) n`;

export interface Reading {
  /** How long one statement may take; without it, as long as it takes. */
  statementMs?: number;
  /** Everything is seen as of one moment. */
  isOneMoment?: boolean;
}

/** Begins a transaction; the caller ends it. */
export async function beginReading(client: Client, { statementMs = 0, isOneMoment = false }: Reading = {}): Promise<void> {
  const set = [...settings, `statement_timeout = ${Math.ceil(statementMs)}`].map((setting) => `set local ${setting}`);
  const begin = `begin isolation level ${isOneMoment ? 'repeatable read' : 'read committed'} read only`;
  await client.query([begin, ...set, searchPath].join('; '));
}

/** Whether the server refused a statement, and goes on listening. */
export const isRefusal = (error: unknown): error is pg.DatabaseError =>
  error instanceof pg.DatabaseError && !/^(08|57P0)/.test(error.code ?? '');

/** Reads in a transaction of its own. */
export async function reading<R>(client: Client, how: Reading, work: () => Promise<R>): Promise<R> {
  await beginReading(client, how);
  try {
    const result = await work();
    await client.query('commit');
    return result;
  } catch (error) {
    // A connection that is lost, or does not answer, is not asked again.
    if (isRefusal(error)) await client.query('rollback').catch(() => undefined);
    throw error;
  }
}
