import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { features } from './features.ts';

const names = features.map((feature) => feature.name);

test('every folder of features/ is registered under its own name', () => {
  const entries = readdirSync(join(import.meta.dirname, 'features'), { withFileTypes: true });
  const folders = entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  expect(folders.filter((folder) => !names.includes(folder))).toEqual([]);
});

test('no name is registered twice', () => {
  expect(names.toSorted()).toEqual([...new Set(names)].toSorted());
});
