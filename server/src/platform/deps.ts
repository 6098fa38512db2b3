/**
 * What the server is made of, opened once in main.ts (and in each test): the database, the log, the clock …
 * Each platform part adds itself by declaration merging, so that no part has to import the others.
 */
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { Db } from './db/db.ts';

export interface Deps {
  db: Db;
  /** For what Kysely can't do: LISTEN, COPY, connections of their own. */
  pool: Pool;
  /** How to reach the same database with a connection outside the pool. */
  databaseUrl: string;
  log: Logger;
  clock: Clock;
}

/** The time, injected so that tests can set it. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };
