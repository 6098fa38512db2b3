/** A single read through token, session, rules and engine, against a bare handler that does the same SELECT. */
import { join } from 'node:path';
import { median, type Bench } from './figure.ts';
import { requestsPerSecond } from './load.ts';
import { startPiper } from './piper.ts';
import { root, start } from './process.ts';
import { databaseOf } from './records-place.ts';

const rounds = 5;

export const bench: Bench = {
  name: 'read',
  async run() {
    const piper = await startPiper();
    const databaseUrl = await databaseOf(piper.dataDir);
    const bare = await start(join(root, 'bench/baseline/bare-read.ts'), { env: { DATABASE_URL: databaseUrl } });
    try {
      const project = await piper.post<{ id: string }>('/api/projects', { name: 'Bench', description: 'A project to read' });
      const ours = `${piper.url}/api/projects/${project.id}`;
      const theirs = `${bare.url}/projects/${project.id}`;
      await requestsPerSecond(ours, piper.headers, 3);
      await requestsPerSecond(theirs, {}, 3);
      const ratios: number[] = [];
      const absolute: [number, number][] = [];
      for (let round = 0; round < rounds; round++) {
        const a = await requestsPerSecond(ours, piper.headers);
        const b = await requestsPerSecond(theirs);
        ratios.push(a / b);
        absolute.push([a, b]);
      }
      const note = `${Math.round(median(absolute.map(([a]) => a)))} against ${Math.round(median(absolute.map(([, b]) => b)))} requests/s`;
      return [
        { name: 'authenticated read / bare Fastify + pg', value: median(ratios) * 100, unit: '%', target: { min: 50 }, note },
      ];
    } finally {
      await bare.stop();
      await piper.stop();
    }
  },
};
