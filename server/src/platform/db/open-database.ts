/** The database of a process: the one DATABASE_URL names, or the embedded one, which is kept running; checked and migrated. */
import type { Logger } from 'pino';
import type pg from 'pg';
import type { Env } from '../env.ts';
import { openPool } from './db.ts';
import type { EmbeddedPostgres } from './embedded.ts';
import { migrate } from './migrate.ts';
import { StartError } from '../start-error.ts';

export interface OpenedDatabase {
  url: string;
  /** What the operator should know about it. */
  notes: string[];
  /** Stops the embedded PostgreSQL, unless another Piper uses it. To be called when all connections are closed. */
  close(): Promise<void>;
}

/** Opens, checks and migrates. Throws an error in words for the operator. */
export async function openDatabase(env: Env, log: Logger): Promise<OpenedDatabase> {
  if (env.databaseUrl)
    return { url: env.databaseUrl, notes: await prepare(env.databaseUrl, log, false), close: async () => undefined };
  const { openEmbeddedPostgres } = await import('./embedded.ts');
  const postgres = await openEmbeddedPostgres({ dataDir: env.dataDir });
  const watch = keepRunning(env.dataDir, postgres, log);
  const notes = postgres.relocated
    ? [
        `The database lies in ${postgres.cluster}, because the account that runs PostgreSQL may not enter ${env.dataDir} (see postgres.json there).`,
      ]
    : [];
  const close = async (): Promise<void> => void (await (await watch.end()).stop());
  try {
    return { url: postgres.connectionString, notes: [...notes, ...(await prepare(postgres.connectionString, log, true))], close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function prepare(url: string, log: Logger, embedded: boolean): Promise<string[]> {
  const pool = openPool({ connectionString: url, max: 1, onError: (err) => log.warn({ err }, 'a database connection was lost') });
  try {
    const notes = await checkServer(pool, embedded);
    const applied = await migrate(pool);
    if (applied.length > 0) log.info({ migrations: applied }, 'database migrated');
    return notes;
  } finally {
    await pool.end();
  }
}

interface ServerFacts {
  version: number;
  ctype: string;
  others: number;
}

async function checkServer(pool: pg.Pool, embedded: boolean): Promise<string[]> {
  const { version, ctype, others } = await readFacts(pool);
  if (version < 150_000)
    throw new StartError(`DATABASE_URL names a PostgreSQL ${Math.floor(version / 10_000)}; Piper needs 15 or newer.`);
  if (embedded) return [];
  const notes: string[] = [];
  if (/^(C|POSIX)$/.test(ctype))
    notes.push(
      'The database has the character type "C": search will not recognise letters outside ASCII. Create it with a UTF-8 locale.',
    );
  if (others > 0)
    notes.push(
      `The database server holds ${others} other database(s): a long transaction in one of them delays Piper's events. A server of its own is better.`,
    );
  return notes;
}

/**
 * Modules are loaded meanwhile: on a slow machine that holds up this process for longer than a connection may take, and the
 * time is over before the server's answer is read. Hence a second and a third try.
 */
async function readFacts(pool: pg.Pool, triesLeft = 2): Promise<ServerFacts> {
  try {
    const { rows } = await pool.query<ServerFacts>(
      `select current_setting('server_version_num')::int as version,
              (select datctype from pg_database where datname = current_database()) as ctype,
              (select count(*) from pg_database where not datistemplate and datname not in ('postgres', current_database())) as others`,
    );
    return rows[0]!;
  } catch (error) {
    if (triesLeft > 0 && /timeout/.test((error as Error).message)) return readFacts(pool, triesLeft - 1);
    const reason = (error as Error).message || (error as { code?: string }).code;
    throw new StartError(`The database of DATABASE_URL can't be used: ${reason}`, { cause: error });
  }
}

/** Should the embedded PostgreSQL end (out of memory, killed), it is started again on its port, so that the pools find it again. */
function keepRunning(dataDir: string, first: EmbeddedPostgres, log: Logger): { end(): Promise<EmbeddedPostgres> } {
  let postgres = first;
  let restarting: Promise<void> | undefined;
  const restart = async (): Promise<void> => {
    log.error('the embedded PostgreSQL has ended; it is started again');
    const { openEmbeddedPostgres } = await import('./embedded.ts');
    postgres = await openEmbeddedPostgres({ dataDir, port: postgres.port });
    if (postgres.port !== first.port) log.fatal('the embedded PostgreSQL came back on another port; Piper must be started again');
  };
  const timer = setInterval(() => {
    if (restarting || postgres.isRunning()) return;
    restarting = restart().then(
      () => void (restarting = undefined),
      (err: unknown) => {
        log.error({ err }, 'the embedded PostgreSQL could not be started again');
        restarting = undefined;
      },
    );
  }, 500).unref();
  return {
    end: async () => {
      clearInterval(timer);
      await restarting;
      return postgres;
    },
  };
}
