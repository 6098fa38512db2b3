/**
 * The connection on which a change set changes tables. DDL waits at most an instant for a lock, since whoever comes after
 * it waits as long; it tries again then. One session at a time works on a project: a lock of the session says so.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Kysely, PostgresDialect, sql, type PostgresPool } from 'kysely';
import pg from 'pg';
import { fail } from '@piper/shared/errors';
import type { Db, Tx } from '#platform/db/db';
import { inTx } from '#platform/db/tx';
import type { Tables } from '#platform/db/tables';
import type { Deps } from '#platform/deps';
import { quoteTable } from '#platform/records/sql-writer';
import type { Lock } from './step.ts';

/** How long all locks of one attempt together may keep others waiting. */
const lockMs = 200;
/** Waiting for this lock stops neither readers nor writers; it makes a vacuum give way, which takes a second to notice. */
const gentleLockMs = 5_000;
const statementMs = 30_000;
/** How long a change set tries to get its locks before it gives up. */
export const lockPatienceMs = 60_000;

export interface DdlSession {
  /** Everything on this one connection. */
  db: Db;
  /** Runs the work in a transaction under the locks; tries again when it can't have them. Fails with `table_busy` in the end. */
  underLocks<T>(locks: readonly Lock[], work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Repeats a statement that lost against somebody else's lock. */
  patiently<T>(work: () => Promise<T>): Promise<T>;
  /** Runs one statement without any limit of time. */
  unlimited(statement: string): Promise<void>;
  /** Repeatable. */
  close(): Promise<void>;
}

export interface SessionOptions {
  /** The change set; its own earlier session, of a process that died, is ended. */
  changeSet: string;
  project: string | null;
  signal: AbortSignal;
  patienceMs?: number;
}

/** Opens the session once no other works on the project. */
export async function openDdlSession(deps: Deps, options: SessionOptions): Promise<DdlSession> {
  const client = new pg.Client({
    connectionString: deps.databaseUrl,
    application_name: `piper-ddl ${options.changeSet}`,
    connectionTimeoutMillis: 10_000,
    options: `-c statement_timeout=${statementMs} -c lock_timeout=${lockMs} -c timezone=UTC`,
  });
  // A lost connection rejects the statement under way as well.
  client.on('error', (err) => deps.log.warn({ err }, 'a connection for DDL was lost'));
  await client.connect();
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: poolOfOne(client) }) });
  const stopCancelling = cancelOnAbort(deps, client, options.signal);
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    stopCancelling();
    return (closing ??= client.end());
  };
  try {
    await takeTurn(db, options);
  } catch (error) {
    await close();
    throw error;
  }
  const patiently = <T>(work: () => Promise<T>): Promise<T> => retry(work, options);
  return {
    db,
    patiently,
    underLocks: (locks, work) => patiently(() => inLockedTx(db, locks, work)),
    unlimited: async (statement) => {
      await sql`select set_config('statement_timeout', '0', false), set_config('lock_timeout', '0', false)`.execute(db);
      try {
        await sql.raw(statement).execute(db);
      } finally {
        await sql`select set_config('statement_timeout', ${String(statementMs)}, false), set_config('lock_timeout', ${String(lockMs)}, false)`
          .execute(db)
          .catch(() => undefined);
      }
    },
    close,
  };
}

const poolOfOne = (client: pg.Client): PostgresPool => ({
  connect: async () => Object.assign(client, { release: () => undefined }) as unknown as pg.PoolClient,
  end: async () => undefined,
  options: {},
});

/** A statement of a minute would not notice that the run was cut. */
function cancelOnAbort(deps: Deps, client: pg.Client, signal: AbortSignal): () => void {
  const { processID } = client as unknown as { processID: number };
  const cancel = (): void =>
    void deps.pool
      .query('select pg_cancel_backend($1)', [processID])
      .catch((err: unknown) => deps.log.warn({ err }, 'a statement could not be cancelled'));
  signal.addEventListener('abort', cancel);
  return () => signal.removeEventListener('abort', cancel);
}

const turnKey = (project: string | null): string => `piper.ddl:${project ?? 'instance'}`;

/** Never waits inside pg_advisory_lock: that would hold a snapshot, for which CREATE INDEX CONCURRENTLY waits. */
async function takeTurn(db: Db, { changeSet, project, signal }: SessionOptions): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    signal.throwIfAborted();
    const { rows } = await sql<{ taken: boolean }>`
      select pg_try_advisory_lock(hashtextextended(${turnKey(project)}, 0)) as taken`.execute(db);
    if (rows[0]?.taken) return;
    // Whoever executes this change set now holds its lease: what else works on it is left over from a process that died.
    if (attempt > 5)
      await sql`select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = ${`piper-ddl ${changeSet}`} and pid <> pg_backend_pid() and usename = current_user`.execute(db);
    await pause(100, undefined, { signal });
  }
}

async function inLockedTx<T>(db: Db, locks: readonly Lock[], work: (tx: Tx) => Promise<T>): Promise<T> {
  const wanted = strongest(locks);
  return inTx({ db }, async ({ db: tx }) => {
    const timeout = (ms: number) => sql`select set_config('lock_timeout', ${`${ms}ms`}, true)`.execute(tx);
    if (wanted.length > 0) await timeout(gentleLockMs);
    for (const { table } of wanted) await sql.raw(`lock table ${quoteTable(table)} in share update exclusive mode`).execute(tx);
    await timeout(Math.max(20, Math.floor(lockMs / Math.max(1, wanted.length))));
    for (const { table, mode } of wanted) await sql.raw(`lock table ${quoteTable(table)} in ${mode} mode`).execute(tx);
    return work(tx);
  });
}

/** One lock per table, in the same order for everybody. */
function strongest(locks: readonly Lock[]): Lock[] {
  const byTable = new Map<string, Lock>();
  for (const lock of locks) if (byTable.get(lock.table)?.mode !== 'access exclusive') byTable.set(lock.table, lock);
  return [...byTable.values()].toSorted((a, b) => (a.table < b.table ? -1 : 1));
}

/** Lock not available, deadlock, serialization: somebody else's turn. */
const lostRaces = new Set(['55P03', '40P01', '40001']);

async function retry<T>(work: () => Promise<T>, { signal, patienceMs = lockPatienceMs }: SessionOptions): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      if (!lostRaces.has((error as { code?: string }).code ?? '')) throw error;
      if (performance.now() > deadline) return fail('table_busy');
      // Spread, and ever rarer: each attempt makes others wait.
      await pause(Math.min(1_500, 80 * attempt) * (0.5 + Math.random()), undefined, { signal });
    }
  }
}
