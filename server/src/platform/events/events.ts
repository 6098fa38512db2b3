/** The event log as the rest of the server sees it: opened once per process, closed last. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { gauge } from '../metrics.ts';
import type { Deps } from '../deps.ts';
import type { Feature } from '../feature.ts';
import type { EventWaker } from './append.ts';
import { encodeCursor, type LogPosition } from './cursor.ts';
import { measureBacklog, type Backlog } from './log-reader.ts';
import { openNotifier, type Notifier } from './notifier.ts';
import { ensurePartitions } from './partitions.ts';
import { measureReaders, startReaders } from './readers.ts';
import { openTail, type Hear } from './tail.ts';

const channel = 'piper_events';
const partitionCheckMs = 60 * 60_000;

export interface Events extends EventWaker {
  /** Of this database's log; cursors of another epoch are void. */
  epoch: string;
  notifier: Notifier;
  /** Everything up to here was given to `listen`ers of this process. */
  position(): LogPosition;
  /** The opaque form of `position()`, or of the one given. */
  cursor(at?: LogPosition): string;
  /** Calls `hear` with each event that commits from now on, in order, in this process. Returns what stops it. */
  listen(hear: Hear): () => void;
  /** How far this process and each durable reader are behind. */
  lag(): Promise<{ tail: Backlog; readers: (Backlog & { reader: string })[] }>;
  /** Runs the durable readers of `features` here. */
  startReaders(deps: Deps, features: readonly Feature[]): Promise<void>;
  close(): Promise<void>;
}

declare module '../deps.ts' {
  interface Deps {
    events: Events;
  }
}

/** Opens the log: its tail, its signals between processes and its partitions. */
export async function openEvents(deps: Pick<Deps, 'db' | 'pool' | 'databaseUrl' | 'log' | 'clock'>): Promise<Events> {
  const log = deps.log.child({ part: 'events' });
  const epoch = await readEpoch(deps);
  const notifier = await openNotifier({ connectionString: deps.databaseUrl, pool: deps.pool, log });
  const tail = await openTail(deps.db, log);
  notifier.listen(channel, tail.wake, tail.wake);
  const stopPartitions = await keepPartitions(deps, log);
  await warnWhenShared(deps, log);
  let readers: { close(): Promise<void> } | undefined;

  const events: Events = {
    epoch,
    notifier,
    wake() {
      tail.wake();
      notifier.send(channel, '');
    },
    position: tail.position,
    cursor: (at = tail.position()) => encodeCursor(epoch, at),
    listen: tail.listen,
    lag: async () => ({ tail: await measureBacklog(deps.db, tail.position()), readers: await measureReaders(deps.db) }),
    async startReaders(all, features) {
      readers = await startReaders(all, features, tail);
    },
    async close() {
      stopPartitions();
      await readers?.close();
      await tail.close();
      await notifier.close();
    },
  };
  declareMetrics(events);
  return events;
}

/** The epoch is made by the first process that opens the database. */
async function readEpoch({ db }: Pick<Deps, 'db'>): Promise<string> {
  await sql`insert into piper.event_epoch (epoch) values (${randomUUID()}) on conflict do nothing`.execute(db);
  const { rows } = await sql<{ epoch: string }>`select epoch from piper.event_epoch`.execute(db);
  return rows[0]!.epoch;
}

async function keepPartitions(deps: Pick<Deps, 'db' | 'clock'>, log: Deps['log']): Promise<() => void> {
  const ensure = () =>
    ensurePartitions(deps.db, deps.clock.now()).catch((err: unknown) =>
      log.warn({ err }, 'partitions of the event log were not made; trying again in an hour'),
    );
  await ensure();
  const timer = setInterval(ensure, partitionCheckMs).unref();
  return () => clearInterval(timer);
}

/** Transactions of other databases of the cluster hold the log's readers up too. */
async function warnWhenShared({ db }: Pick<Deps, 'db'>, log: Deps['log']): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    select datname as name from pg_database where not datistemplate and datname not in (current_database(), 'postgres') order by 1 limit 5`.execute(
    db,
  );
  if (rows.length === 0) return;
  log.warn(
    { databases: rows.map((row) => row.name) },
    'this PostgreSQL cluster holds other databases: a long transaction in any of them delays live updates here',
  );
}

function declareMetrics(events: Events): void {
  gauge(
    'piper_event_log_lag_seconds',
    'Age of the oldest committed event this process has not read',
    async () => (await events.lag()).tail.seconds,
  );
  gauge('piper_event_log_lag_events', 'Committed events this process has not read', async () => (await events.lag()).tail.events);
  gauge('piper_event_readers_lag_events', 'Events the slowest durable reader is behind', async () =>
    Math.max(0, ...(await events.lag()).readers.map((reader) => reader.events)),
  );
}
