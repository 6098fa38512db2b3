/** Before the first test: one PostgreSQL for the whole run, with a migrated template that each test file copies. */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { openPool } from '../server/src/platform/db/db.ts';
import { openEmbeddedPostgres, type EmbeddedPostgres } from '../server/src/platform/db/embedded.ts';
import { migrate } from '../server/src/platform/db/migrate.ts';
import { makeQueueTables } from '../server/src/platform/runs/queue-tables.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The server's connection string, without the name of a database. */
    postgres: string;
    template: string;
  }
}

const prefix = 'piper-test-';
/** A test's data may be lost in a power cut. */
export const fastSettings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '200',
  shared_buffers: '64MB',
};

const ignore = (): void => undefined;
const tell = (entry: unknown): void => void process.stderr.write(`${String(entry)}\n`);
const quiet = { info: ignore, debug: ignore, warn: tell, error: tell };

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeAbandoned();
  const directory = join(tmpdir(), `${prefix}${process.pid}`);
  await mkdir(directory, { mode: 0o755, recursive: true });
  const postgres = await openEmbeddedPostgres({ dataDir: directory, settings: fastSettings });
  const pool = openPool({ connectionString: postgres.connectionString, max: 1, onError: () => undefined });
  await migrate(pool);
  await makeQueueTables(pool, postgres.connectionString, quiet);
  await pool.end();
  const url = new URL(postgres.connectionString);
  project.provide('template', url.pathname.slice(1));
  url.pathname = '';
  project.provide('postgres', url.href);
  return () => remove(directory, postgres);
}

async function remove(directory: string, postgres: EmbeddedPostgres): Promise<void> {
  await postgres.stop({ force: true });
  await rm(directory, { recursive: true, force: true });
}

/** A run that was killed leaves its PostgreSQL behind; the next one takes it over and ends it. */
async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(name.startsWith(prefix) && name.slice(prefix.length));
    if (!pid || isAlive(pid)) continue;
    const directory = join(tmpdir(), name);
    await openEmbeddedPostgres({ dataDir: directory }).then(
      (postgres) => remove(directory, postgres),
      () => rm(directory, { recursive: true, force: true }),
    );
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
