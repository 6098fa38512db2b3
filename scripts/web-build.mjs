/** Builds the web app when anything that goes into it has changed since the last time. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { findNode, root, stop } from './packages.mjs';

const dist = join(root, 'web/dist');
const stampFile = join(dist, '.sources');
const sources = ['web', 'shared/src', 'shared/package.json', 'package-lock.json', 'tsconfig.base.json'];

/** Brings web/dist up to date; ends the script with a message when the build fails. */
export function buildWebApp() {
  if (!existsSync(join(root, 'web/index.html'))) stop('The sources of the web app (web/) are missing.');
  if (isWebAppBuilt()) return;
  const stamp = hashSources();
  process.stdout.write('Building the web app …\n');
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  const env = { ...process.env, NODE_ENV: 'production' };
  const result = spawnSync(findNode(), [vite, 'build', '--logLevel', 'warn'], {
    cwd: join(root, 'web'),
    stdio: ['ignore', 'inherit', 'inherit'],
    env,
  });
  if (result.status !== 0) stop('The web app could not be built; see above.');
  writeFileSync(stampFile, stamp);
}

/** Whether web/dist was made from the present sources. */
export function isWebAppBuilt() {
  return existsSync(join(dist, 'index.html')) && readStamp() === hashSources();
}

function readStamp() {
  try {
    return readFileSync(stampFile, 'utf8');
  } catch {
    return undefined;
  }
}

function hashSources() {
  const hash = createHash('sha256');
  for (const source of sources)
    for (const file of listFiles(join(root, source)))
      hash
        .update(`${relative(root, file)}\0`)
        .update(readFileSync(file))
        .update('\0');
  return hash.digest('hex');
}

const ignored = new Set(['node_modules', 'dist', '.cache', '.tanstack']);

function listFiles(path) {
  if (!existsSync(path)) return [];
  if (!isFolder(path)) return [path];
  const entries = readdirSync(path, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return entries
    .filter((entry) => !ignored.has(entry.name) && !/\.test\.tsx?$/.test(entry.name))
    .flatMap((entry) => (entry.isDirectory() ? listFiles(join(path, entry.name)) : [join(path, entry.name)]));
}

function isFolder(path) {
  try {
    readdirSync(path);
    return true;
  } catch {
    return false;
  }
}
