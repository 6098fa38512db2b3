/** What is put to the test: two whole Pipers on one PostgreSQL, with a fake provider, and what may happen to them. */
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openEmbeddedPostgres, type EmbeddedPostgres } from '../../server/src/platform/db/embedded.ts';
import { startFakeLlm, type FakeLlm } from '../fake-llm/fake-llm.ts';
import { startPiper, type PiperProcess } from '../piper-process.ts';
import { until } from '../until.ts';
import { openRandom, type Random } from './random.ts';

export type Trouble = 'kill' | 'terminate' | 'pause' | 'restart the database' | 'crash the database';
export const troubles: readonly Trouble[] = ['kill', 'terminate', 'pause', 'restart the database', 'crash the database'];

export interface House {
  /** Where a request may go now; nobody knows whether somebody is there. */
  address(): string;
  databaseUrl(): string;
  /** Resolves when what was broken works again. */
  make(trouble: Trouble): Promise<void>;
  /** Ends all of it. Answers what should not be there afterwards. */
  close(): Promise<string[]>;
}

/** As a supervisor does: on a busy machine the database may not answer a start in time. */
async function restart(piper: PiperProcess): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await piper.restart();
    } catch (error) {
      if (tries === 3) throw error;
    }
  }
}

/** Commits survive a crash of the database here as everywhere; only a power cut is not rehearsed. */
const settings = { fsync: 'off', max_connections: '100', shared_buffers: '64MB' };

/** Opens the house; `random` decides about troubles only, so that they are the same whatever residents do. */
export async function openHouse(random: Random): Promise<House> {
  const dataDir = await mkdtemp(join(tmpdir(), 'piper-endure-'));
  await chmod(dataDir, 0o755);
  let postgres = await openEmbeddedPostgres({ dataDir, settings });
  const fake = await startFakeLlm({ keep: 10 });
  const env = environment(dataDir, postgres, fake);
  const chance = openRandom(random.between(1, 1_000_000));
  const pipers = [await startPiper(env)];
  pipers.push(await startPiper(env));

  const endPostgres = async (signal: 'SIGINT' | 'SIGKILL'): Promise<void> => {
    process.kill(Number((await readFile(join(postgres.cluster, 'postmaster.pid'), 'utf8')).split('\n')[0]), signal);
    await until(() => !postgres.isRunning(), { timeoutMs: 20_000, what: 'PostgreSQL did not end' });
    await sleep(random.between(0, 2_000));
    postgres = await openEmbeddedPostgres({ dataDir, settings, port: postgres.port });
  };
  const actions: Record<Trouble, (piper: PiperProcess) => Promise<void>> = {
    kill: async (piper) => {
      await piper.kill();
      await sleep(random.between(0, 2_000));
      await restart(piper);
    },
    terminate: restart,
    pause: async (piper) => {
      process.kill(piper.pid, 'SIGSTOP');
      await sleep(random.between(200, 9_000));
      process.kill(piper.pid, 'SIGCONT');
    },
    'restart the database': () => endPostgres('SIGINT'),
    'crash the database': () => endPostgres('SIGKILL'),
  };
  return {
    address: () => chance.pick(pipers).url,
    databaseUrl: () => postgres.connectionString,
    make: (trouble) => actions[trouble](random.pick(pipers)),
    async close() {
      const codes = await Promise.all(pipers.map((piper) => piper.terminate()));
      await postgres.stop({ force: true });
      await fake.close();
      const left = [
        ...codes.flatMap((code) => (code === 0 ? [] : [`a server ended with code ${code} on SIGTERM`])),
        ...(await listLeftBehind(dataDir)),
      ];
      await rm(dataDir, { recursive: true, force: true });
      return left;
    },
  };
}

function environment(dataDir: string, postgres: EmbeddedPostgres, fake: FakeLlm): Record<string, string> {
  return {
    DATA_DIR: dataDir,
    DATABASE_URL: postgres.connectionString,
    JWT_TTL: '86400',
    RATE_LIMIT_FACTOR: '1000000',
    AI_PROVIDER: 'openai',
    AI_MODEL: 'fake-echo',
    OPENAI_API_KEY: 'sk-test',
    OPENAI_BASE_URL: fake.url,
  };
}

/** Processes that still run on this data, and temporary files. */
async function listLeftBehind(dataDir: string): Promise<string[]> {
  const files = (await readdir(dataDir, { recursive: true })).filter((path) => /(^|\/)incoming\/|\.tmp/.test(path));
  const processes: string[] = [];
  for (const pid of (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))) {
    const about = await Promise.all(
      ['cmdline', 'environ'].map((name) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '')),
    );
    if (about.some((text) => text.includes(dataDir))) processes.push(`${pid} ${about[0]!.replaceAll('\0', ' ').slice(0, 100)}`);
  }
  return [
    ...files.map((path) => `a file was left behind: ${path}`),
    ...processes.map((it) => `a process was left behind: ${it}`),
  ];
}
