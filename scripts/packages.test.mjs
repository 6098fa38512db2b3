import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { missingPackages, planInstall } from './packages.mjs';

const folder = mkdtempSync(join(tmpdir(), 'piper-packages-'));
afterAll(() => rmSync(folder, { recursive: true }));

const elsewhere = process.platform === 'win32' ? 'linux' : 'win32';
const locked = {
  '': { name: 'piper' },
  server: { name: 'server' },
  'node_modules/server': { resolved: 'server', link: true },
  'node_modules/run': { version: '1.0.0' },
  'node_modules/tool': { version: '1.0.0', dev: true },
  'node_modules/native-here': { version: '1.0.0', optional: true, os: [process.platform], cpu: [process.arch] },
  'node_modules/native-elsewhere': { version: '1.0.0', optional: true, os: [elsewhere] },
  'node_modules/not-there': { version: '1.0.0', optional: true, os: [`!${process.platform}`] },
};
const pick = (...names) => Object.fromEntries(names.map((name) => [`node_modules/${name}`, locked[`node_modules/${name}`]]));
const install = (packages) => {
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  writeFileSync(join(folder, 'node_modules/.package-lock.json'), JSON.stringify({ packages }));
};

beforeEach(() => {
  rmSync(join(folder, 'node_modules'), { recursive: true, force: true });
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages: locked }));
});

test('a fresh clone misses what running needs on this platform, and nothing else', () => {
  expect(missingPackages({ folder })).toEqual(['node_modules/run', 'node_modules/native-here']);
  expect(planInstall({ folder })).toBe('production');
  expect(planInstall({ folder, full: true })).toBe('all');
});

test('an install for running is enough for running, and not for testing', () => {
  install(pick('run', 'native-here'));
  expect(planInstall({ folder })).toBeUndefined();
  expect(planInstall({ folder, full: true })).toBe('all');
});

test('a full install whose lock changed is renewed in full, never pruned', () => {
  install({ ...pick('native-here', 'tool'), 'node_modules/run': { version: '0.9.0' } });
  expect(missingPackages({ folder })).toEqual(['node_modules/run']);
  expect(planInstall({ folder })).toBe('all');
});

test('an outdated tool does not keep Piper from starting', () => {
  install({ ...pick('run', 'native-here'), 'node_modules/tool': { version: '0.9.0', dev: true } });
  expect(planInstall({ folder })).toBeUndefined();
  expect(missingPackages({ folder, full: true })).toEqual(['node_modules/tool']);
});

test('a damaged record of what is installed means installing', () => {
  mkdirSync(join(folder, 'node_modules'));
  writeFileSync(join(folder, 'node_modules/.package-lock.json'), '{"packages":');
  expect(planInstall({ folder })).toBe('production');
});
