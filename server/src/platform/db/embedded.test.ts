import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openEmbeddedPostgres } from './embedded.ts';

vi.setConfig({ testTimeout: 60_000 });

const dataDir = mkdtempSync(join(tmpdir(), 'piper-embedded-'));
const settings = { fsync: 'off' };

beforeAll(() => chmodSync(dataDir, 0o755));
afterAll(async () => {
  const postgres = await openEmbeddedPostgres({ dataDir, settings });
  await postgres.stop({ force: true });
  rmSync(dataDir, { recursive: true });
});

test('of many starters at once one starts it, and all get the same', async () => {
  const opened = await Promise.all(Array.from({ length: 5 }, () => openEmbeddedPostgres({ dataDir, settings })));
  expect(new Set(opened.map((postgres) => postgres.connectionString)).size).toBe(1);
  expect(opened.filter((postgres) => !postgres.adopted)).toHaveLength(1);
});

test('one that is stopping is waited for, and started again', async () => {
  const first = await openEmbeddedPostgres({ dataDir, settings });
  await Promise.all([first.stop({ force: true }), openEmbeddedPostgres({ dataDir, settings })]);
  const third = await openEmbeddedPostgres({ dataDir, settings });
  expect(third.isRunning()).toBe(true);
});

test('an entry that a crash left empty does not keep it from starting', async () => {
  const first = await openEmbeddedPostgres({ dataDir, settings });
  await first.stop({ force: true });
  const pidFile = join(first.cluster, 'postmaster.pid');
  writeFileSync(pidFile, '');
  const second = await openEmbeddedPostgres({ dataDir, settings });
  expect(second.adopted).toBe(false);
  expect(readFileSync(pidFile, 'utf8')).toMatch(/^\d+\n/);
});

test('it comes back on the port it had when that is free', async () => {
  const first = await openEmbeddedPostgres({ dataDir, settings });
  await first.stop({ force: true });
  expect((await openEmbeddedPostgres({ dataDir, settings, port: first.port })).port).toBe(first.port);
});
