/** `npm start`: from a fresh clone to a running Piper, with nothing but Node 20 and npm. Each part does nothing when it is done already. */
import { spawn } from 'node:child_process';
import module from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findNode, installPackages, isNode24, root } from './packages.mjs';
import { buildWebApp } from './web-build.mjs';

const main = join(root, 'server/src/main.ts');
const compileCache = join(root, 'node_modules/.cache/piper-compiled');

installPackages();
stopWithNpm();
const node = findNode();
if (servesApi()) buildWebApp();
if (isNode24()) await runHere();
else runUnder(node);

/** A process that only works needs no web app. */
function servesApi() {
  const services = process.env.PIPER_SERVICES;
  return !services || services.split(',').some((name) => name.trim() === 'api');
}

/** Killed outright, npm can't pass a signal on; a server left behind would hold the port against the next start. */
function stopWithNpm() {
  const npm = process.ppid;
  if (process.env.npm_lifecycle_event !== 'start') return;
  const watch = setInterval(() => {
    if (process.ppid === npm) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, 500);
  watch.unref();
}

/** npm's `node` is already Node 24 once packages are installed: no second process is needed. */
async function runHere() {
  module.enableCompileCache?.(compileCache);
  await import(pathToFileURL(main).href);
}

/** The first start: this is an older Node, and the server runs as its child, which gets our signals and gives us its end. */
function runUnder(command) {
  const child = spawn(command, [main], { stdio: 'inherit', env: { ...process.env, NODE_COMPILE_CACHE: compileCache } });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`Node 24 could not be started: ${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
}
