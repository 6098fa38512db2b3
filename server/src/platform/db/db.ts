/** The database handle: a pool, Kysely over it, and the two types everything else is written against. */
import { Kysely, PostgresDialect, type Transaction } from 'kysely';
import pg from 'pg';
import { dbErrors, dbQueries } from '../metrics.ts';
import { PreparedClient } from './prepared-client.ts';
import type { Tables } from './tables.ts';

/** For reads and single statements. */
export type Db = Kysely<Tables>;
/** For whatever must be atomic, lock, append events or enqueue runs. A `Db` is not assignable to it. */
export type Tx = Transaction<Tables>;

// bigint columns (positions, sizes) fit a double until 2^53; xid8 and numeric stay text.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);
// A day is a text, `2026-01-31`: a JavaScript date would be a moment in some time zone.
pg.types.setTypeParser(pg.types.builtins.DATE, (text) => text);

export interface PoolOptions {
  connectionString: string;
  max?: number;
  /** How long an idle connection is kept; 0: for ever. */
  idleMs?: number;
  onError: (error: Error) => void;
}

/** Opens a pool whose sessions have the timeouts section 6 of the design asks for; a lost idle connection is only logged. */
export function openPool({ connectionString, max = 20, idleMs = 30_000, onError }: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString,
    Client: PreparedClient,
    max,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: idleMs,
    application_name: 'piper',
    options: '-c statement_timeout=30000 -c idle_in_transaction_session_timeout=10000 -c lock_timeout=10000 -c timezone=UTC',
  });
  pool.on('error', onError);
  // A connection that is lost while it is checked out, between two statements, must not end the process either.
  pool.on('connect', (client) => client.on('error', onError));
  return pool;
}

export function openDb(pool: pg.Pool): Db {
  return new Kysely<Tables>({
    dialect: new PostgresDialect({ pool }),
    log: (event) => {
      dbQueries.observe(event.queryDurationMillis / 1000);
      if (event.level === 'error') dbErrors.inc();
    },
  });
}
