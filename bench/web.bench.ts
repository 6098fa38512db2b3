/** What a browser downloads before the first page shows, compressed. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Bench } from './figure.ts';
import { root } from './process.ts';

const dist = join(root, 'web/dist');

export const bench: Bench = {
  name: 'web',
  async run() {
    const page = await readFile(join(dist, 'index.html'), 'utf8');
    const initial = [...page.matchAll(/(?:src|href)="\/(assets\/[^"]+\.(?:js|css))"/g)].map((m) => m[1]!);
    const kilobytes = async (kind: string) => {
      const files = initial.filter((file) => file.endsWith(kind));
      const sizes = await Promise.all(files.map(async (file) => gzipSync(await readFile(join(dist, file)), { level: 9 }).length));
      return sizes.reduce((a, b) => a + b, 0) / 1000;
    };
    const count = (await readdir(join(dist, 'assets'))).length;
    return [
      {
        name: 'initial JavaScript, gzip',
        value: await kilobytes('.js'),
        unit: 'kB',
        target: { max: 200 },
        note: `of ${count} files in all`,
      },
      { name: 'initial CSS, gzip', value: await kilobytes('.css'), unit: 'kB', target: { max: 30 } },
    ];
  },
};
