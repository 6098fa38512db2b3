/** Opens the parts of the server in their order and closes them in the reverse one. */
import type { Logger } from 'pino';
import { openDb, openPool } from '#platform/db/db';
import { systemClock, type Clock, type Deps } from '#platform/deps';
import type { Env } from '#platform/env';
import { openEvents } from '#platform/events/events';
import { openLlm } from '#platform/llm/registry';
import { openLog } from '#platform/log';
import { openMail } from '#platform/mail/open-mail';
import { openPartStreams } from '#platform/runs/part-streams';
import { openStorage } from '#platform/storage/open';

export interface OpenOptions {
  /** Where the database is: env.databaseUrl, or what the embedded PostgreSQL answered. */
  databaseUrl: string;
  log?: Logger;
  clock?: Clock;
}

export interface Opened {
  deps: Deps;
  /** Closes everything; what is in flight must have been drained before. */
  close(): Promise<void>;
}

export async function openDeps(env: Env, options: OpenOptions): Promise<Opened> {
  const log = options.log ?? openLog(env.logLevel);
  const connection = {
    connectionString: options.databaseUrl,
    onError: (err: Error) => log.warn({ err }, 'a database connection was lost'),
  };
  const pool = openPool(connection);
  // Tokens don't wait behind requests for a connection: all streams together have one of their own.
  const partsPool = openPool({ ...connection, max: 1, idleMs: 0 });
  const db = openDb(pool);
  const deps = { env, log, pool, db, databaseUrl: options.databaseUrl, clock: options.clock ?? systemClock } as Deps;
  deps.events = await openEvents(deps);
  deps.parts = openPartStreams({ pool, writePool: partsPool, notifier: deps.events.notifier });
  deps.storage = await openStorage(env);
  deps.mail = openMail(deps);
  deps.llm = openLlm({ env, clock: deps.clock, features: () => deps.features });
  return {
    deps,
    close: async () => {
      await deps.mail.close();
      await deps.events.close();
      await partsPool.end();
      await db.destroy();
    },
  };
}
