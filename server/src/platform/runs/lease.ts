/**
 * The lease of a process that executes runs: a row with a heartbeat and an epoch, and an advisory lock on a connection of
 * its own that lets others notice its death sooner. Times: it beats every 2 s; without a successful beat for 6 s it stops
 * its own work; others take over 7 s after the last beat, or 4 s when the lock is free as well.
 */
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import pg from 'pg';
import type { Deps } from '../deps.ts';
import { inTx } from '../db/tx.ts';
import type { Tx } from '../db/db.ts';

const beatMs = 2_000;
const ownPatienceMs = 6_000;
const staleSeconds = 7;
const unlockedStaleSeconds = 4;

export interface Lease {
  /** Of this process; epochs follow each other when the lease is lost and taken again. */
  id: string;
  /** `<id>:<epoch>`, as runs name their executor; undefined while the lease is lost. */
  ref(): string | undefined;
  /** Resolves when the lease is held. */
  whenHeld(): Promise<string>;
  close(): Promise<void>;
}

export interface LeaseOptions {
  /** After each successful beat. */
  onBeat(): Promise<void>;
  /** In the transaction that removes a dead executor. */
  onDeath(tx: Tx, executorId: string): Promise<void>;
  /** All work of this process must stop: it may be somebody else's by now. */
  onLost(): void;
}

type LeaseDeps = Pick<Deps, 'db' | 'pool' | 'databaseUrl' | 'log' | 'env'>;

interface State {
  id: string;
  epoch: number;
  held: boolean;
  lastBeat: number;
  /** Beats since the last failure: right after an outage everybody looks dead for a moment. */
  goodBeats: number;
}

/** Takes a lease under a new id and keeps it. */
export async function openLease(deps: LeaseDeps, options: LeaseOptions): Promise<Lease> {
  const state: State = { id: `x${randomBytes(9).toString('hex')}`, epoch: 0, held: false, lastBeat: 0, goodBeats: 2 };
  const lock = openLock(deps, state);
  let waiters: ((ref: string) => void)[] = [];
  const ref = () => (state.held ? `${state.id}:${state.epoch}` : undefined);

  const lose = (why: string) => {
    if (!state.held) return;
    state.held = false;
    deps.log.error({ executor: state.id, why }, 'the lease on runs was lost; their execution stops here');
    options.onLost();
  };
  const gain = async () => {
    await lock.hold();
    state.epoch = await register(deps, state.id);
    state.lastBeat = performance.now();
    state.held = true;
    for (const resolve of waiters) resolve(ref()!);
    waiters = [];
  };
  const beat = async () => {
    const startedAt = performance.now();
    try {
      if (!state.held) await gain();
      else if (!(await renew(lock, state))) return lose('another process took over');
      else await lock.hold();
      state.lastBeat = startedAt;
      if (++state.goodBeats > 2) await buryDead(deps, state, lock, options);
      await options.onBeat();
    } catch (err) {
      state.goodBeats = 0;
      deps.log.warn({ err }, 'the heartbeat of this executor failed');
    }
  };

  await gain();
  state.goodBeats = 2;
  const beats = repeat(beatMs, beat);
  const watchdog = setInterval(() => {
    if (performance.now() - state.lastBeat > ownPatienceMs) lose('no heartbeat got through');
  }, 500).unref();

  return {
    id: state.id,
    ref,
    whenHeld: () => (state.held ? Promise.resolve(ref()!) : new Promise((resolve) => waiters.push(resolve))),
    async close() {
      clearInterval(watchdog);
      await beats.stop();
      state.held = false;
      await sql`delete from piper.executors where id = ${state.id} and epoch = ${state.epoch}`.execute(deps.db).catch(() => {});
      await lock.close();
    },
  };
}

/** Runs `work` now and then every `ms`, never twice at once. */
function repeat(ms: number, work: () => Promise<void>) {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let current: Promise<void> = Promise.resolve();
  const turn = () => {
    current = work().then(() => {
      if (!stopped) timer = setTimeout(turn, ms);
    });
  };
  turn();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await current;
    },
  };
}

async function register({ db, env }: LeaseDeps, id: string): Promise<number> {
  const { rows } = await sql<{ epoch: number }>`
    insert into piper.executors (id, services) values (${id}, ${[...env.services]}::text[])
    on conflict (id) do update set epoch = piper.executors.epoch + 1, heartbeat_at = now() returning epoch`.execute(db);
  return rows[0]!.epoch;
}

/** On the lease's own connection: a busy pool must not cost the lease. */
async function renew(lock: ReturnType<typeof openLock>, state: State): Promise<boolean> {
  const result = await lock.query('update piper.executors set heartbeat_at = now() where id = $1 and epoch = $2', [
    state.id,
    state.epoch,
  ]);
  return result.rowCount === 1;
}

const lockKey = (id: string) => `piper.executor.${id}`;

/** The advisory lock, on its own connection; opened again when it was lost. */
function openLock(deps: LeaseDeps, state: State) {
  let client: pg.Client | undefined;
  return {
    async hold(): Promise<void> {
      if (client) return;
      const next = new pg.Client({
        connectionString: deps.databaseUrl,
        application_name: 'piper lease',
        keepAlive: true,
        connectionTimeoutMillis: 2_000,
        query_timeout: 4_000,
      });
      const forget = () => {
        if (client === next) client = undefined;
      };
      next.on('error', forget);
      next.on('end', forget);
      await next.connect();
      const { rows } = await next.query<{ ok: boolean }>('select pg_try_advisory_lock(hashtextextended($1, 0)) as ok', [
        lockKey(state.id),
      ]);
      if (rows[0]?.ok) client = next;
      // Its old connection is not gone yet, or another process is just trying it: the next beat tries again.
      else await next.end();
    },
    query: (text: string, values: unknown[]) => (client ?? deps.pool).query(text, values),
    /** Which of these executors' locks nobody holds. */
    async listFree(ids: readonly string[]): Promise<Set<string>> {
      if (!client || ids.length === 0) return new Set();
      const keys = ids.map(lockKey);
      const { rows } = await client.query<{ id: string }>(
        `select id from (select id, pg_try_advisory_lock(hashtextextended(key, 0)) as ok from unnest($1::text[], $2::text[]) as k (id, key)) t where ok`,
        [ids, keys],
      );
      const free = rows.map((row) => row.id);
      if (free.length > 0)
        await client.query('select pg_advisory_unlock(hashtextextended(key, 0)) from unnest($1::text[]) as k (key)', [
          free.map(lockKey),
        ]);
      return new Set(free);
    },
    async close(): Promise<void> {
      await client?.end().catch(() => {});
    },
  };
}

/** Removes executors that stopped beating; the epoch makes sure that it is the one that was seen dead. */
async function buryDead(deps: LeaseDeps, state: State, lock: ReturnType<typeof openLock>, options: LeaseOptions): Promise<void> {
  const { rows } = await sql<{ id: string; epoch: number; stale: boolean }>`
    select id, epoch, heartbeat_at < now() - make_interval(secs => ${staleSeconds}) as stale from piper.executors
    where id <> ${state.id} and heartbeat_at < now() - make_interval(secs => ${unlockedStaleSeconds})`.execute(deps.db);
  const free = await lock.listFree(rows.map((row) => row.id));
  for (const { id, epoch, stale } of rows) {
    if (!stale && !free.has(id)) continue;
    await inTx({ db: deps.db }, async ({ db }) => {
      const gone = await sql`delete from piper.executors where id = ${id} and epoch = ${epoch}
        and heartbeat_at < now() - make_interval(secs => ${unlockedStaleSeconds}) returning id`.execute(db);
      if (gone.rows.length === 0) return;
      deps.log.warn({ executor: id }, 'an executor died; its runs are taken over');
      await options.onDeath(db, id);
    });
  }
}
