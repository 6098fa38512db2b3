/**
 * What the scripts here need before anything is installed; hence plain JavaScript for Node 20 without packages.
 * Whether node_modules holds what package-lock.json asks for is read from npm's own record of what it installed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Ends the script with a message for the person at the terminal. */
export function stop(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

function readPackages(path) {
  try {
    return readJson(path).packages;
  } catch {
    return {};
  }
}

/** npm's `os` and `cpu`: absent, a name, or several, each perhaps negated (`!win32`). */
function fits(allowed, own) {
  const names = [allowed ?? []].flat();
  if (names.every((name) => name.startsWith('!'))) return !names.includes(`!${own}`);
  return names.includes(own);
}

/** Whether npm installs this entry of the lock here; optional packages for another platform are skipped. */
function belongsHere(entry, full) {
  if (entry.link || (entry.dev && !full)) return false;
  if (!entry.optional && !entry.devOptional && !entry.peer) return true;
  // A missing optional package with a C library of its own is npm's decision, which we don't repeat here.
  return !entry.libc && Boolean(entry.os || entry.cpu) && fits(entry.os, process.platform) && fits(entry.cpu, process.arch);
}

/** The packages of the lock that are missing or have another version; of those running needs, or of all with `full`. */
export function missingPackages({ full = false, folder = root } = {}) {
  const locked = readJson(join(folder, 'package-lock.json')).packages;
  const installed = readPackages(join(folder, 'node_modules/.package-lock.json'));
  return Object.entries(locked)
    .filter(([path]) => path.includes('node_modules/'))
    .filter(([path, entry]) => {
      const found = installed[path];
      if (found) return !(entry.dev && !full) && found.version !== entry.version;
      return belongsHere(entry, full);
    })
    .map(([path]) => path);
}

/** What is to be installed: undefined (nothing), `production` or `all`. An install that holds development packages is never pruned. */
export function planInstall({ full = false, folder = root } = {}) {
  if (missingPackages({ full, folder }).length === 0) return undefined;
  const installed = Object.values(readPackages(join(folder, 'node_modules/.package-lock.json')));
  return full || installed.some((entry) => entry.dev) ? 'all' : 'production';
}

/** Installs what is missing: what running needs, or everything with `full`. Does nothing, quickly, when all is there. */
export function installPackages({ full = false } = {}) {
  const plan = planInstall({ full });
  if (!plan) return;
  process.stdout.write(`Installing ${plan === 'all' ? 'all packages' : 'the packages Piper runs on'} (about a minute) …\n`);
  const selection = plan === 'all' ? '--include=dev' : '--omit=dev';
  const result = runNpm(['ci', selection, '--include=optional', '--no-fund', '--no-audit', '--loglevel=error']);
  if (result !== 0) stop('The packages could not be installed; npm says above why. Check the network connection and try again.');
}

/** Runs npm with the Node that npm itself runs on: the one in node_modules disappears while npm works. */
function runNpm(args) {
  const { npm_execpath: npm, npm_node_execpath: node } = process.env;
  const ownNode = node && !node.startsWith(root) ? node : systemNode();
  const [command, first] = npm && ownNode ? [ownNode, [npm]] : ['npm', []];
  const result = spawnSync(command, [...first, ...args], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: cleanEnvironment(),
  });
  if (result.error) stop(`npm could not be run: ${result.error.message}`);
  return result.status ?? 1;
}

/** The environment without what npm or a NODE_ENV set for running would change in an install. */
function cleanEnvironment() {
  const kept = Object.entries(process.env).filter(
    ([name]) => name !== 'NODE_ENV' && !/^npm_(config_(omit|include|production|ignore_scripts)|package_|lifecycle_)/.test(name),
  );
  return Object.fromEntries(kept);
}

const pathFolders = () => (process.env.PATH ?? '').split(':').filter((folder) => folder && !folder.includes('node_modules'));
const systemNode = () =>
  pathFolders()
    .map((folder) => join(folder, 'node'))
    .find((path) => existsSync(path));

/** Node 24: the one npm brought, else this one or the system's when it is new enough. */
export function findNode() {
  const brought = join(root, `node_modules/node-linux-${process.arch}/bin/node`);
  if (process.platform === 'linux' && existsSync(brought)) return brought;
  if (majorOf(process.version) >= 24) return process.execPath;
  const system = systemNode();
  const version = system ? spawnSync(system, ['--version'], { encoding: 'utf8' }).stdout : '';
  if (majorOf(version) >= 24) return system;
  return stop(
    `Piper needs Node 24, which npm brings for Linux on x64 and arm64. Here (${process.platform}, ${process.arch}) install Node 24 yourself; this is ${process.version}.`,
  );
}

const majorOf = (version) => Number(/^v(\d+)\./.exec(version)?.[1] ?? 0);

/** Whether this process is the Node that findNode chose, so that no other needs to be started. */
export function isNode24() {
  return majorOf(process.version) >= 24;
}
