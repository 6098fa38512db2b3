/** A running Piper with a signed-in owner, and what the benches do with it. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { root, start, type Running } from './process.ts';

export interface Piper extends Running {
  dataDir: string;
  headers: Record<string, string>;
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: unknown): Promise<T>;
}

/** Starts Piper on a data folder of its own, registers its owner, and removes the folder when stopped. */
export async function startPiper(env: Record<string, string> = {}): Promise<Piper> {
  const dataDir = await mkdtemp(join(tmpdir(), 'piper-bench-'));
  const running = await start(join(root, 'server/src/main.ts'), {
    env: { DATA_DIR: dataDir, RATE_LIMIT_FACTOR: '1000000', ...env },
  });
  const send = async <T>(method: string, path: string, init: RequestInit): Promise<T> => {
    const response = await fetch(running.url + path, { method, ...init });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (JSON.parse(text) as { data: T }).data;
  };
  const post = <T>(path: string, body: unknown, headers: Record<string, string> = {}): Promise<T> =>
    send('POST', path, { headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
  const owner = { email: 'owner@example.org', password: 'a long enough password', name: 'Owner' };
  const { accessToken } = await post<{ accessToken: string }>('/api/auth/register', owner);
  const headers = { authorization: `Bearer ${accessToken}` };
  return {
    ...running,
    dataDir,
    headers,
    get: (path) => send('GET', path, { headers }),
    post: (path, body) => post(path, body, headers),
    stop: async () => {
      await running.stop();
      const cluster = await clusterOf(dataDir);
      if (!cluster.startsWith(dataDir)) await rm(dirname(cluster), { recursive: true, force: true });
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Where the embedded PostgreSQL keeps its files: in the data folder, or elsewhere when its account may not enter that. */
async function clusterOf(dataDir: string): Promise<string> {
  const { cluster } = JSON.parse(await readFile(join(dataDir, 'postgres.json'), 'utf8')) as { cluster: string };
  return resolve(dataDir, cluster);
}
