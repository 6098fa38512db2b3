import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { emptyTurn, foldPart, textOf } from '@piper/shared/stream/fold';
import { crashTrial } from '../../../../test/crash-trial.ts';
import { createTestDatabase, openTestServer, until, type TestDatabase, type TestServer } from '../../../../test/harness.ts';
import type { StoredPart } from './parts.ts';

let database: TestDatabase;
let survivor: TestServer;
let dataDir: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  dataDir = await mkdtemp(join(tmpdir(), 'piper-crash-'));
  survivor = await openTestServer({ database, features: [crashTrial], env: { services: new Set(['api']) } });
  await sql`create table public.trial_notes (run uuid, attempt int, what text)`.execute(survivor.deps.db);
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
});
afterAll(async () => {
  await survivor.close();
  await database.drop();
  await rm(dataDir, { recursive: true, force: true });
});

/** A process of its own that has begun these runs; their ids by kind. */
async function startChild(kinds: string[]): Promise<{ child: ChildProcess; ids: Map<string, string> }> {
  const script = join(import.meta.dirname, '../../../../test/crash-trial.child.ts');
  const child = spawn(process.execPath, [script, database.url, dataDir, ...kinds], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const ids = new Map<string, string>();
  createInterface({ input: child.stdout! }).on('line', (line) => {
    const [kind, id] = line.split(' ');
    if (kind?.startsWith('trial-') && id) ids.set(kind, id);
  });
  await until(() => ids.size === kinds.length, { timeoutMs: 10_000 });
  return { child, ids };
}

const notes = async (run: string) =>
  (
    await sql<{ attempt: number; what: string }>`select attempt, what from public.trial_notes where run = ${run}`.execute(
      survivor.deps.db,
    )
  ).rows;
const runOf = async (id: string) =>
  (
    await sql<{
      status: string;
      attempt: number;
      executor: string;
    }>`select status, attempt, executor from piper.runs where id = ${id}`.execute(survivor.deps.db)
  ).rows[0]!;
const isWriting = (id: string) =>
  until(async () => (await notes(id)).some(({ what }) => what === 'alpha '), { timeoutMs: 10_000 });

async function readAll(id: string, after = 0): Promise<StoredPart[]> {
  const all: StoredPart[] = [];
  for await (const parts of survivor.deps.parts.read(id, after, AbortSignal.timeout(20_000))) all.push(...parts);
  return all;
}

test('runs of a process that was killed go on in another within 10 s: same message, nothing doubled, nothing silent', async () => {
  const { child, ids } = await startChild(['trial-turn', 'trial-fragile']);
  const [turn, fragile] = [ids.get('trial-turn')!, ids.get('trial-fragile')!];
  await Promise.all([isWriting(turn), isWriting(fragile)]);
  const reading = readAll(turn);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const killed = performance.now();
  await until(async () => (await runOf(turn)).status === 'done' && (await runOf(fragile)).status === 'interrupted', {
    timeoutMs: 10_000,
  });
  expect(performance.now() - killed).toBeLessThan(10_000);

  expect(await runOf(turn)).toMatchObject({ attempt: 2 });
  const done = await notes(turn);
  expect(done.filter(({ what }) => what === 'prepare' || what === 'once').map(({ attempt }) => attempt)).toEqual([1, 1]);

  // Who was reading saw the cut, the reset and the end; who comes later, or from the middle, sees the same.
  const parts = await reading;
  expect(parts.map(({ seq }) => seq)).toEqual(parts.map((_, index) => index + 1));
  expect(parts.map(({ part }) => part.type)).toEqual([
    'text-delta',
    'reset',
    'text-delta',
    'text-delta',
    'text-delta',
    'text-delta',
    'finish',
  ]);
  expect(textOf(parts.map(({ part }) => part).reduce(foldPart, emptyTurn).parts)).toBe('alpha beta gamma delta ');
  expect(await readAll(turn)).toEqual(parts);
  expect(await readAll(turn, 3)).toEqual(parts.slice(3));
  expect((await readAll(fragile)).at(-1)?.part).toEqual({ type: 'finish', reason: 'interrupted', usage: null });
}, 40_000);

test('a process that was only paused writes nothing more once its run was taken over', async () => {
  const { child, ids } = await startChild(['trial-turn']);
  const id = ids.get('trial-turn')!;
  await isWriting(id);
  child.kill('SIGSTOP');
  await until(async () => (await runOf(id)).status === 'done', { timeoutMs: 15_000 });
  const before = await readAll(id);
  child.kill('SIGCONT');
  await until(async () => (await sql`select 1 from piper.executors`.execute(survivor.deps.db)).rows.length >= 2, {
    timeoutMs: 10_000,
  });
  expect(await readAll(id)).toEqual(before);
  expect(await runOf(id)).toMatchObject({ status: 'done', attempt: 2 });
  expect((await notes(id)).filter(({ attempt }) => attempt === 1).map(({ what }) => what)).toEqual(['prepare', 'once', 'alpha ']);
}, 60_000);

test('a queued run goes on in another worker when its own is killed', async () => {
  const { child, ids } = await startChild(['trial-job']);
  const id = ids.get('trial-job')!;
  await isWriting(id);
  const worker = await openTestServer({ database, features: [crashTrial], env: { services: new Set(['worker']) } });
  try {
    child.kill('SIGKILL');
    await until(async () => (await runOf(id)).status === 'done', { timeoutMs: 10_000 });
    expect((await runOf(id)).attempt).toBe(2);
    expect((await notes(id)).filter(({ what }) => what === 'prepare' || what === 'once')).toHaveLength(2);
  } finally {
    await worker.close();
  }
}, 40_000);
