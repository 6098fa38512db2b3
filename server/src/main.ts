/** Starts this process: configuration, database, the parts, the services of PIPER_SERVICES, and the door to the network. */
import { createServer } from 'node:net';
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
  const env = loadEnv();
  await checkPort(env);
  const [{ openLog }, { openDatabase }] = await Promise.all([
    import('./platform/log.ts'),
    import('./platform/db/open-database.ts'),
  ]);
  const log = openLog(env.logLevel);
  const database = await openDatabase(env, log);
  try {
    const [{ openDeps }, { buildApp }, { features }, { startSweepers }, { stopOnSignals }] = await Promise.all([
      import('./compose.ts'),
      import('./app.ts'),
      import('./features.ts'),
      import('./platform/sweeper.ts'),
      import('./shutdown.ts'),
    ]);
    const opened = await openDeps(env, { databaseUrl: database.url, log });
    const readiness = { accepting: true };
    const sweeping = env.services.has('worker') ? startSweepers(opened.deps, features) : undefined;
    const close = async (): Promise<void> => {
      await sweeping?.stop();
      await opened.close();
      await database.close();
    };
    try {
      const app = await buildApp(opened.deps, features, { readiness });
      await app.listen({ port: env.http.port, host: env.http.host });
      stopOnSignals({ app, readiness, log, close });
      announce(env, app, database.notes);
    } catch (error) {
      await opened.close();
      throw error;
    }
  } catch (error) {
    await database.close();
    throw error;
  }
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
