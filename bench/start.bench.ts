/** How long a second start takes until /health answers, and what the idle process holds in memory. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { median, type Bench } from './figure.ts';
import { residentMegabytes, root, start } from './process.ts';

const rounds = 5;

export const bench: Bench = {
  name: 'start',
  async run() {
    const dataDir = await mkdtemp(join(tmpdir(), 'piper-bench-'));
    const options = { env: { DATA_DIR: dataDir }, seconds: 180 };
    const script = join(root, 'scripts/start.mjs');
    const times: number[] = [];
    const memory: number[] = [];
    await (await start(script, options)).stop();
    for (let round = 0; round < rounds; round++) {
      const before = performance.now();
      const running = await start(script, options);
      times.push(performance.now() - before);
      await sleep(3_000);
      memory.push(residentMegabytes(await serverPid(running.child.pid!)));
      await running.stop();
    }
    await rm(dataDir, { recursive: true, force: true });
    return [
      { name: 'second start to /health', value: median(times) / 1000, unit: 's', target: { max: 2 } },
      { name: 'idle memory of the Node process', value: median(memory), unit: 'MB', target: { max: 180 } },
    ];
  },
};

/** The start script is the server, or under an older Node its parent; PostgreSQL is a child as well, and smaller than either. */
async function serverPid(parent: number): Promise<number> {
  const { readFileSync } = await import('node:fs');
  const children = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  return [parent, ...children].toSorted((a, b) => residentMegabytes(b) - residentMegabytes(a))[0]!;
}
