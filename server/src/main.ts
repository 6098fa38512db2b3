/** Starts this process: configuration, database, the parts, the services of PIPER_SERVICES, and the door to the network. */
import { createServer } from 'node:net';
import v8 from 'node:v8';
import type { FastifyInstance } from 'fastify';
import { EnvError, loadEnv, type Env } from './platform/env.ts';
import { StartError } from './platform/start-error.ts';

try {
  await start();
} catch (error) {
  process.stderr.write(`\n${explain(error)}\n`);
  process.exit(1);
}

async function start(): Promise<void> {
  growYoungHeap(false);
  const env = loadEnv();
  await checkPort(env);
  const [{ openLog }, { openDatabase }] = await Promise.all([
    import('./platform/log.ts'),
    import('./platform/db/open-database.ts'),
  ]);
  const log = openLog(env.logLevel);
  // PostgreSQL starts while the modules load.
  const [database, parts] = await Promise.all([openDatabase(env, log), loadParts()]);
  const closers = [database.close];
  try {
    const opened = await parts.openDeps(env, { databaseUrl: database.url, log });
    closers.unshift(opened.close);
    const readiness = { accepting: true };
    const app = await parts.buildApp(opened.deps, parts.features, { readiness });
    if (env.services.has('worker')) closers.unshift(parts.startSweepers(opened.deps, parts.features).stop);
    await app.listen({ port: env.http.port, host: env.http.host });
    parts.stopOnSignals({ app, readiness, log, close: () => closeAll(closers) });
    announce(env, app, database.notes);
    growYoungHeap(true);
  } catch (error) {
    await closeAll(closers);
    throw error;
  }
}

async function loadParts() {
  const [{ openDeps }, { buildApp }, { features }, { startSweepers }, { stopOnSignals }] = await Promise.all([
    import('./compose.ts'),
    import('./app.ts'),
    import('./features.ts'),
    import('./platform/sweeper.ts'),
    import('./shutdown.ts'),
  ]);
  return { openDeps, buildApp, features, startSweepers, stopOnSignals };
}

async function closeAll(closers: (() => Promise<void>)[]): Promise<void> {
  for (const close of closers) await close();
}

/**
 * Loading a thousand modules leaves much garbage and would make V8 grow its young heap, which it keeps: 50 MB more in an idle
 * process. It may grow once there is work.
 */
function growYoungHeap(may: boolean): void {
  v8.setFlagsFromString(`--semi-space-growth-factor=${may ? 2 : 1}`);
}

/** Asked before anything is opened, so that a second Piper by mistake touches nothing. */
async function checkPort({ http: { port, host } }: Env): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, exclusive: true }, resolve);
  });
  await new Promise((resolve) => server.close(resolve));
}

function announce(env: Env, app: FastifyInstance, notes: readonly string[]): void {
  const address = app.server.address();
  const port = typeof address === 'object' && address ? address.port : env.http.port;
  const url = env.http.port === port ? env.http.publicUrl : `http://localhost:${port}`;
  const next = env.services.has('api')
    ? 'Next: open it in a browser. Whoever registers first owns this Piper.'
    : `This process runs ${[...env.services].join(' and ')}; people open the one that runs api.`;
  const remarks = notes.map((note) => `Note: ${note}\n`).join('');
  process.stdout.write(`\n${remarks}Piper is ready at ${url}\n${next}\n\n`);
}

/** What the operator reads: expected failures in plain words, anything else with its stack. */
function explain(error: unknown): string {
  if (error instanceof EnvError) return `${error.message}\n.env.example explains every setting.`;
  const { code, port, address, syscall } = error as { code?: string; port?: number; address?: string; syscall?: string };
  if (syscall === 'listen') {
    if (code === 'EADDRINUSE')
      return `Port ${port} of ${address} is taken by another program. Stop it, or choose another port: PORT=${Number(port) + 1} npm start`;
    if (code === 'EACCES') return `Port ${port} may not be opened by this account. Choose one above 1023: PORT=3000 npm start`;
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `HOST names ${address}, which is no address of this machine.`;
  }
  if (error instanceof Error && ['EACCES', 'EPERM', 'EROFS', 'ENOSPC'].includes(code ?? ''))
    return `Piper can't start. ${error.message}`;
  if (error instanceof StartError) return `Piper can't start. ${error.message}`;
  return `Piper can't start. ${error instanceof Error ? error.stack : String(error)}`;
}
