/**
 * The embedded PostgreSQL: adopt or start.
 *
 * A Piper that was killed leaves its PostgreSQL running, two Pipers may start at once, a cluster may be recovering from a
 * crash, and the process id in postmaster.pid may by now belong to something else. So nothing is assumed: in a loop we look
 * at postmaster.pid; a postgres that answers with our password and our data directory is used as it is; a dead entry is
 * put aside; otherwise we start one on a free port; and again, until one answers.
 */
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, readdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { asAccount, findPlace, giveTo, markInitialised, type Place } from './embedded-place.ts';
import { StartError } from '../start-error.ts';

export interface EmbeddedOptions {
  dataDir: string;
  /** Further settings of postgresql.conf, for this start. */
  settings?: Record<string, string>;
  /** The port to take when it is free; for a restart under a running pool. */
  port?: number;
}

export interface EmbeddedPostgres {
  connectionString: string;
  port: number;
  /** PostgreSQL's data directory. */
  cluster: string;
  /** Whether `cluster` lies outside DATA_DIR because PostgreSQL's account can't reach it. */
  relocated: boolean;
  /** Whether one was found running and taken over. */
  adopted: boolean;
  /** Whether the process still lives. */
  isRunning(): boolean;
  /** Stops it and waits until it has ended. It goes on when another Piper is connected to it, unless `force`; then false. */
  stop(options?: { force?: boolean }): Promise<boolean>;
}

interface Postmaster {
  pid: number;
  port: number;
  /** The whole file, to recognise it again. */
  text: string;
  /** Milliseconds since it was written. */
  age: number;
}

/** Without any sign of progress for this long, starting is given up. */
const patienceMs = 30_000;
const unwrittenMs = 3_000;
const user = 'piper';
const database = 'piper';
const execute = promisify(execFile);

/** Makes sure that the cluster of `dataDir` runs, creating it first when there is none. Resolves when it answers. */
export async function openEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const place = await findPlace(options.dataDir);
  if (!existsSync(place.cluster)) await initialise(place);
  await markInitialised(options.dataDir);
  await checkMajorVersion(place);
  const found = await openReady(place, options);
  return {
    connectionString: urlOf(place, found.port, database),
    port: found.port,
    cluster: place.cluster,
    relocated: place.relocated,
    adopted: found.adopted,
    isRunning: () => isAlive(found.pid),
    stop: ({ force = false } = {}) => stop(place, found, force),
  };
}

/** One that was adopted may be stopping at that very moment, with the Piper it belonged to: then the next round starts one. */
async function openReady(place: Place, options: EmbeddedOptions): Promise<Found> {
  for (let attempt = 1; ; attempt++) {
    const found = await adoptOrStart(place, options);
    try {
      await createDatabase(place, found.port);
      return found;
    } catch (error) {
      if (attempt === 3) throw error;
      await sleep(100);
    }
  }
}

const urlOf = (place: Place, port: number, name: string): string =>
  `postgres://${user}:${place.password}@127.0.0.1:${port}/${name}`;

/** Creates the cluster under a temporary name and renames it, so that a cut-off initdb leaves no half cluster behind. */
async function initialise(place: Place): Promise<void> {
  const temporary = `${place.cluster}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`;
  await removeAbandoned(dirname(place.cluster));
  await mkdir(temporary, { mode: 0o700 });
  const passwordFile = `${temporary}.password`;
  try {
    await writeFile(passwordFile, place.password, { mode: 0o600 });
    await giveTo(place.account, temporary);
    await giveTo(place.account, passwordFile);
    const locale = [
      '--encoding=UTF8',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      '--lc-ctype=C.UTF-8',
    ];
    const access = [`--username=${user}`, '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
    await execute(join(place.binaries, 'bin', 'initdb'), ['-D', temporary, '--no-sync', ...locale, ...access], {
      ...asAccount(place.account),
      env: environment,
      timeout: 120_000,
    });
    await rename(temporary, place.cluster);
  } catch (error) {
    if (existsSync(place.cluster)) return; // another starter was faster; both have the password of postgres.json
    const output = (error as { stderr?: string }).stderr?.trim();
    throw new StartError(`PostgreSQL could not create its database in ${place.cluster}: ${output || String(error)}`, {
      cause: error,
    });
  } finally {
    await rm(passwordFile, { force: true });
    await rm(temporary, { recursive: true, force: true });
  }
}

/** What an initdb that was killed an hour ago or more left behind. */
async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!/^postgres\.\d+-[0-9a-f]{8}\.tmp(\.password)?$/.test(name)) continue;
    const age = Date.now() - (await stat(join(folder, name))).mtimeMs;
    if (age > 3_600_000) await rm(join(folder, name), { recursive: true, force: true });
  }
}

async function checkMajorVersion(place: Place): Promise<void> {
  const ours = (await execute(join(place.binaries, 'bin', 'postgres'), ['--version'])).stdout
    .replace(/[^0-9.]+/g, '')
    .split('.')[0];
  const theirs = await execute('cat', [join(place.cluster, 'PG_VERSION')], { ...asAccount(place.account) }).then((r) =>
    r.stdout.trim(),
  );
  if (theirs !== ours)
    throw new StartError(
      `The database in ${place.cluster} was made by PostgreSQL ${theirs}, and this Piper brings PostgreSQL ${ours}. Move the data over first.`,
    );
}

interface Found extends Postmaster {
  adopted: boolean;
}

async function adoptOrStart(place: Place, options: EmbeddedOptions): Promise<Found> {
  let lastSign = Date.now();
  let startedPid: number | undefined;
  let port = options.port;
  for (;;) {
    const running = await readPostmaster(place.cluster);
    const state = running ? await stateOf(place, running) : 'absent';
    if (running && state === 'ours') return { ...running, adopted: running.pid !== startedPid };
    if (state === 'busy') lastSign = Date.now();
    if (running && state === 'dead') await putAside(place.cluster, running);
    if (state === 'absent' && !isAlive(startedPid)) {
      port = await freePort(port); // the wanted one first; one that turned out to be taken is not free the next time
      startedPid = await start(place, options, port);
    }
    if (Date.now() - lastSign > patienceMs) throw await startFailure(options.dataDir);
    await sleep(20);
  }
}

/** What an entry of postmaster.pid stands for: `silent` is a living postgres that does not answer (yet). */
async function stateOf(place: Place, { pid, port, age }: Postmaster): Promise<'ours' | 'busy' | 'foreign' | 'silent' | 'dead'> {
  // The file is created first and written then; only one that stays empty was left by a crash in between.
  if (!pid) return age > unwrittenMs ? 'dead' : 'silent';
  if (!(await isPostgres(pid))) return 'dead';
  return port ? ask(place, port) : 'silent';
}

/** Starts PostgreSQL as a process of its own, which outlives this one: being killed must not cost it an open transaction. */
async function start(place: Place, options: EmbeddedOptions, port: number): Promise<number> {
  const log = await openLog(options.dataDir);
  try {
    const settings = { listen_addresses: '127.0.0.1', unix_socket_directories: '', port: String(port), ...options.settings };
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const child = spawn(join(place.binaries, 'bin', 'postgres'), ['-D', place.cluster, ...flags], {
      ...asAccount(place.account),
      env: environment,
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) =>
        reject(new StartError(`PostgreSQL could not be started: ${error.message}`, { cause: error })),
      );
    });
    child.unref();
    return child.pid!;
  } finally {
    await log.close();
  }
}

/** PG* variables of the caller's shell must not reach it. */
const environment = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

const logLimit = 10 * 1024 * 1024;
const logPath = (dataDir: string): string => join(dataDir, 'postgres.log');

async function openLog(dataDir: string): Promise<Awaited<ReturnType<typeof open>>> {
  const path = logPath(dataDir);
  const size = await stat(path).then(
    (s) => s.size,
    () => 0,
  );
  if (size > logLimit) await rename(path, `${path}.1`);
  return open(path, 'a', 0o600);
}

async function startFailure(dataDir: string): Promise<Error> {
  const log = await readFile(logPath(dataDir), 'utf8').catch(() => '');
  const tail = log.trimEnd().split('\n').slice(-8).join('\n');
  return new StartError(`The embedded PostgreSQL did not come up. The end of ${logPath(dataDir)}:\n${tail}`);
}

/** postmaster.pid: line 1 is the process, line 4 the port (0 here while they are not yet written). */
async function readPostmaster(cluster: string): Promise<Postmaster | undefined> {
  const path = join(cluster, 'postmaster.pid');
  try {
    const { mtimeMs } = await stat(path);
    const text = await readFile(path, 'utf8');
    const lines = text.split('\n');
    return { pid: Number(lines[0]), port: Number(lines[3] ?? 0), text, age: Date.now() - mtimeMs };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Puts a dead entry aside; should a new PostgreSQL have written its own in this instant, it gets it back. */
async function putAside(cluster: string, dead: Postmaster): Promise<void> {
  const path = join(cluster, 'postmaster.pid');
  const aside = `${path}.${randomBytes(4).toString('hex')}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if ((await readFile(aside, 'utf8')) === dead.text) await rm(aside);
  else await rename(aside, path);
}

function isAlive(pid: number | undefined): boolean {
  if (!pid || !Number.isInteger(pid) || pid < 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Whether the process lives and is a postgres (where /proc tells; elsewhere its answer decides). A zombie counts as dead. */
async function isPostgres(pid: number): Promise<boolean> {
  if (!isAlive(pid)) return false;
  if (process.platform !== 'linux') return true;
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const [, name, state] = /\((.*)\) (\S)/s.exec(line) ?? [];
  return name === 'postgres' && state !== 'Z';
}

/** Who answers on the port: our cluster, ours but not ready yet, another server, or nobody. */
async function ask(place: Place, port: number): Promise<'ours' | 'busy' | 'foreign' | 'silent'> {
  const client = newClient(place, port, 'postgres');
  try {
    await client.connect();
    const { rows } = await client.query<{ data_directory: string }>('show data_directory');
    return rows[0]?.data_directory === (await realpath(place.cluster)) ? 'ours' : 'foreign';
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === '57P03') return 'busy';
    return code === '28P01' ? 'foreign' : 'silent';
  } finally {
    await client.end().catch(() => undefined);
  }
}

function newClient(place: Place, port: number, name: string): pg.Client {
  const client = new pg.Client({
    connectionString: urlOf(place, port, name),
    connectionTimeoutMillis: 5_000,
    application_name: 'piper-start',
  });
  client.on('error', () => undefined); // a broken connection also rejects the call in flight
  return client;
}

async function createDatabase(place: Place, port: number): Promise<void> {
  const client = newClient(place, port, 'postgres');
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [database]);
    if (rowCount) return;
    await client.query(`create database ${database}`).catch((error: { code?: string }) => {
      if (error.code !== '42P04' && error.code !== '23505') throw error;
    });
  } finally {
    await client.end();
  }
}

/** `wanted` when it is free, else any free port of the loopback address. */
export function freePort(wanted = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => (wanted ? resolve(freePort()) : reject(error)));
    server.listen(wanted, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

async function stop(place: Place, found: Found, force: boolean): Promise<boolean> {
  const running = await readPostmaster(place.cluster);
  if (running?.pid !== found.pid || !(await isPostgres(found.pid))) return true;
  if (!force && (await hasOtherClients(place, found.port))) return false;
  for (const [signal, patience] of [
    ['SIGINT', 10_000],
    ['SIGQUIT', 5_000],
  ] as const) {
    process.kill(found.pid, signal);
    const deadline = Date.now() + patience;
    while (Date.now() < deadline) {
      if (!(await isPostgres(found.pid))) return true;
      await sleep(10);
    }
  }
  throw new StartError(`The embedded PostgreSQL (process ${found.pid}) does not stop.`);
}

/** Whether somebody else is connected; connections we have just closed get a moment to disappear. */
async function hasOtherClients(place: Place, port: number): Promise<boolean> {
  const client = newClient(place, port, 'postgres');
  try {
    await client.connect();
    for (let attempt = 0; attempt < 25; attempt++) {
      const { rowCount } = await client.query(
        `select 1 from pg_stat_activity where backend_type = 'client backend' and application_name <> 'piper-start' limit 1`,
      );
      if (!rowCount) return false;
      await sleep(20);
    }
    return true;
  } catch {
    return false; // it answers nobody, so nobody is using it
  } finally {
    await client.end().catch(() => undefined);
  }
}
