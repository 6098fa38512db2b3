/** Piper as a real process, for what can't be seen from inside: starting, signals, crashes, journeys. */
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../server/src/platform/db/embedded.ts';
import { until } from './until.ts';

const root = join(import.meta.dirname, '..');

export interface PiperProcess {
  url: string;
  port: number;
  dataDir: string;
  pid: number;
  /** All it has written so far, to either stream. */
  output(): string;
  /** SIGKILL; resolves when it has ended. Its data stays. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code. Its data stays. */
  terminate(): Promise<number | null>;
  /** Starts it again with the same environment, data and port. */
  restart(): Promise<void>;
  /** SIGTERM, and its data directory is removed when it was made here. */
  stop(): Promise<void>;
}

/** Environment of a child: nothing of Piper's own settings leaks in from the shell. */
export function bareEnvironment(extra: Record<string, string>): Record<string, string> {
  const { PATH = '', HOME = tmpdir() } = process.env;
  return { PATH, HOME, NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/piper-compiled'), LOG_LEVEL: 'warn', ...extra };
}

/** Runs the server's main file; what it says and how it ends is the result. For starts that are meant to fail. */
export async function runMain(
  env: Record<string, string>,
  options: SpawnOptions = {},
): Promise<{ code: number | null; output: string }> {
  const child = spawnMain(env, options);
  const output = collect(child);
  const code = await ended(child);
  return { code, output: output() };
}

/** Starts Piper on a free port and waits until it is ready. Fails with its output when it ends or stays silent. */
export async function startPiper(env: Record<string, string> = {}, options: SpawnOptions = {}): Promise<PiperProcess> {
  const port = Number(env['PORT'] ?? (await freePort()));
  const dataDir = env['DATA_DIR'] ?? (await makeDataDir());
  const whole = { ...env, PORT: String(port), DATA_DIR: dataDir };
  const url = `http://localhost:${port}`;
  let { child, output } = await launch(whole, url, options);
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    return ended(child);
  };
  return {
    url,
    port,
    dataDir,
    get pid() {
      return child.pid!;
    },
    output: () => output(),
    kill: async () => void (await end('SIGKILL')),
    terminate: () => end('SIGTERM'),
    restart: async () => {
      await end('SIGTERM');
      ({ child, output } = await launch(whole, url, options));
    },
    stop: async () => {
      await end('SIGTERM');
      if (!env['DATA_DIR']) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Open to PostgreSQL's account: otherwise the cluster would lie outside of it and outlive it. */
async function makeDataDir(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'piper-process-'));
  await chmod(path, 0o755);
  return path;
}

type Launched = { child: ChildProcess; output: () => string };

async function launch(env: Record<string, string>, url: string, options: SpawnOptions): Promise<Launched> {
  const child = spawnMain(env, options);
  const output = collect(child);
  const answers = (): Promise<boolean> =>
    fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) }).then(
      (reply) => reply.ok,
      () => false,
    );
  try {
    await until(async () => (await answers()) || hasEnded(child), { timeoutMs: 40_000, what: 'Piper did not get ready' });
    if (hasEnded(child)) throw new Error('Piper ended while starting');
    return { child, output };
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`${(error as Error).message}. Its output:\n${output()}`, { cause: error });
  }
}

function spawnMain(env: Record<string, string>, options: SpawnOptions): ChildProcess {
  return spawn(process.execPath, [join(root, 'server/src/main.ts')], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: bareEnvironment(env),
    ...options,
  });
}

function collect(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  return () => text;
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

function ended(child: ChildProcess): Promise<number | null> {
  if (hasEnded(child)) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => child.once('close', (code) => resolve(code)));
}
