/**
 * `npm run dev`: everything with hot reload at one address. Vite serves the web app there and passes the API on to the
 * server, which `node --watch` starts anew whenever its sources change; the embedded PostgreSQL stays up meanwhile.
 */
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findNode, installPackages, isNode24, root } from './packages.mjs';

installPackages({ full: true });
if (isNode24()) await dev();
else process.exitCode = spawnSync(findNode(), [join(root, 'scripts/dev.mjs')], { stdio: 'inherit' }).status ?? 1;

async function dev() {
  const load = (path) => import(pathToFileURL(join(root, path)).href);
  const [{ loadEnv }, { freePort, openEmbeddedPostgres }, { createServer }] = await Promise.all([
    load('server/src/platform/env.ts'),
    load('server/src/platform/db/embedded.ts'),
    import('vite'),
  ]);
  const env = loadEnv();
  const postgres = env.databaseUrl ? undefined : await openEmbeddedPostgres({ dataDir: env.dataDir });
  const port = await freePort();
  const server = startServer({ port, env, databaseUrl: env.databaseUrl ?? postgres.connectionString });
  const vite = await createServer({
    root: join(root, 'web'),
    configFile: join(root, 'web/vite.config.ts'),
    server: webServer(env.http, port),
  });
  await vite.listen();
  process.stdout.write(
    `\nPiper is in development at ${env.http.publicUrl}\nNext: open it in a browser. Changes of the code appear by themselves.\n\n`,
  );
  // Vite would end the process on its own, before the server and the database are stopped.
  process.removeAllListeners('SIGTERM');
  process.stdin.removeAllListeners('end');
  stopOnSignals(async () => {
    server.kill('SIGTERM');
    await Promise.all([
      new Promise((resolve) => (server.exitCode === null ? server.once('exit', resolve) : resolve())),
      vite.close(),
    ]);
    // The watcher may end before the server it watched, whose connections keep the database up.
    for (let tries = 0; tries < 10 && postgres && !(await postgres.stop()); tries++);
  });
}

/** Only the address of the API differs from a normal start; it keeps running after an error, to try again on the next change. */
function startServer({ port, env, databaseUrl }) {
  const main = join(root, 'server/src/main.ts');
  const settings = {
    PORT: String(port),
    HOST: '127.0.0.1',
    PUBLIC_URL: env.http.publicUrl,
    DATABASE_URL: databaseUrl,
    NODE_ENV: 'development',
  };
  return spawn(process.execPath, ['--watch', '--watch-preserve-output', main], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...settings },
  });
}

/** Cookies and live sockets pass through, so everything has the one origin it has in production. */
function webServer({ port, host }, apiPort) {
  const target = `http://127.0.0.1:${apiPort}`;
  const paths = ['/api', '/v1', '/health', '/ready', '/metrics'];
  return {
    port,
    host,
    strictPort: true,
    proxy: Object.fromEntries(paths.map((path) => [path, { target, ws: path === '/api' }])),
  };
}

function stopOnSignals(stop) {
  let stopping = false;
  const onSignal = () => {
    if (stopping) return;
    stopping = true;
    void stop().finally(() => process.exit(0));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, onSignal);
}
