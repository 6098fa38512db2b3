/**
 * What API tests stand on: a database copied from the migrated template for each test file, and the application built over it.
 *
 *   const server = useTestServer();
 *   test('…', async () => { const reply = await server.app.inject('/health'); … });
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import pg from 'pg';
import type { Logger } from 'pino';
import { afterAll, beforeAll, inject } from 'vitest';
import { buildApp, type AppOptions } from '../server/src/app.ts';
import { openDeps, type Opened } from '../server/src/compose.ts';
import { features as allFeatures } from '../server/src/features.ts';
import type { Clock, Deps } from '../server/src/platform/deps.ts';
import type { Feature } from '../server/src/platform/feature.ts';
import { testEnv, type EnvOverrides } from './env.ts';
import { until } from './until.ts';

export { until };

export interface TestDatabase {
  url: string;
  /** Drops it, whoever is still connected. */
  drop(): Promise<void>;
}

/** A database of its own, a copy of the migrated template unless told otherwise (`template0` is empty); for a test that fills or breaks it. */
export async function createTestDatabase(template = inject('template')): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await asAdmin(`create database ${name} template ${template}`);
  const url = new URL(inject('postgres'));
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => asAdmin(`drop database if exists ${name} with (force)`) };
}

async function asAdmin(statement: string): Promise<void> {
  const url = new URL(inject('postgres'));
  url.pathname = '/postgres';
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

export interface TestServerOptions {
  /** One of another server, to have two processes' worth on it; otherwise an own one, dropped on close. */
  database?: TestDatabase;
  /** All of features.ts unless given. */
  features?: readonly Feature[];
  env?: EnvOverrides;
  clock?: Clock;
  log?: Logger;
  app?: AppOptions;
  /** Listen on a free port too: for streams, sockets and browsers. */
  listen?: boolean;
}

export interface TestServer {
  app: FastifyInstance;
  deps: Deps;
  database: TestDatabase;
  /** Its address; only with `listen`. */
  url: string;
  /** Closes all of it. Throws when a database connection was not given back. */
  close(): Promise<void>;
}

/** Opens a server over a database; the caller closes it. */
export async function openTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const features = options.features ?? allFeatures;
  const database = options.database ?? (await createTestDatabase());
  const directory = await mkdtemp(join(tmpdir(), 'piper-test-data-'));
  const opened = await openDeps(testEnv(directory, options.env), {
    databaseUrl: database.url,
    ...(options.log && { log: options.log }),
    ...(options.clock && { clock: options.clock }),
  });
  // Real passwords cost 0.2 s each.
  opened.deps.passwordCost = 4;
  const app = await buildApp(opened.deps, features, options.app);
  await app.ready();
  const url = options.listen ? await app.listen({ port: 0, host: '127.0.0.1' }) : '';
  const close = async (): Promise<void> => {
    try {
      await closeServer(app, opened);
    } finally {
      if (!options.database) await database.drop();
      await rm(directory, { recursive: true, force: true });
    }
  };
  return { app, deps: opened.deps, database, url, close };
}

/** How long closing may take before a connection in use counts as lost. */
const leakMs = 3_000;

async function closeServer(app: FastifyInstance, opened: Opened): Promise<void> {
  // A client's spare connection, on which it never sent a request, does not count as idle and would be waited for.
  const spare = setInterval(() => !app.server.listening && app.server.closeAllConnections(), 1_000);
  await app.close().finally(() => clearInterval(spare));
  const { pool } = opened.deps;
  const inUse = (): number => pool.totalCount - pool.idleCount;
  // The readers of the log and the runs hold theirs until they are closed; a pool waits for a lost one for ever.
  const closing = opened.close();
  await Promise.race([closing, sleep(leakMs, undefined, { ref: false })]);
  if (inUse() > 0) throw new Error(`${inUse()} database connection(s) were never given back`);
  await closing;
}

/** A server for all tests of a file or describe block; opened before the first and closed, with the leak check, after the last. */
export function useTestServer(options: TestServerOptions = {}): TestServer {
  const server = {} as TestServer;
  beforeAll(async () => {
    Object.assign(server, await openTestServer(options));
  }, 30_000);
  afterAll(() => server.close?.(), 30_000);
  return server;
}

/** The cookies a reply sets, as one `cookie` header for the next request. */
export function cookieHeader(reply: { cookies: { name: string; value: string }[] }): string {
  return reply.cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
}

/** A clock a test moves by hand. */
export function manualClock(start = '2026-01-01T00:00:00Z'): Clock & { advance(ms: number): void } {
  let now = Date.parse(start);
  return { now: () => new Date(now), advance: (ms) => void (now += ms) };
}
