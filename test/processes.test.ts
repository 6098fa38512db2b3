/** Two processes that serve people and one that works, on one PostgreSQL: they are one Piper. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { emptyTurn, foldPart, textOf } from '@piper/shared/stream/fold';
import type { StreamPart } from '@piper/shared/stream/parts';
import type { Frame } from './chat.ts';
import { startFakeLlm } from './fake-llm/fake-llm.ts';
import { createTestDatabase, type TestDatabase } from './harness.ts';
import { startPiper, type PiperProcess } from './piper-process.ts';
import { listenTo, partsOf, readToTheEnd, registerRemote, type Remote } from './remote.ts';
import { until } from './until.ts';

const fake = await startFakeLlm();
const secrets = { JWT_SECRET: 'j'.repeat(40), CSRF_SECRET: 'c'.repeat(40), ENCRYPTION_KEY: 'e'.repeat(64) };
let database: TestDatabase;
let a: PiperProcess;
let b: PiperProcess;
let worker: PiperProcess;
let somebody: Remote;

beforeAll(async () => {
  database = await createTestDatabase();
  const env = {
    ...secrets,
    DATABASE_URL: database.url,
    AI_PROVIDER: 'openai',
    AI_MODEL: 'fake-echo',
    OPENAI_API_KEY: 'sk-test',
    OPENAI_BASE_URL: fake.url,
  };
  a = await startPiper({ ...env, PIPER_SERVICES: 'api,live' });
  [b, worker] = await Promise.all([
    startPiper({ ...env, PIPER_SERVICES: 'api,live' }),
    startPiper({ ...env, PIPER_SERVICES: 'worker' }),
  ]);
  somebody = await registerRemote(() => a.url);
}, 90_000);
afterAll(async () => {
  await Promise.all([a, b, worker].map((piper) => piper?.stop()));
  await database?.drop();
  await fake.close();
}, 60_000);

const foldOf = (frames: readonly Frame[]) =>
  partsOf(frames)
    .map((frame) => frame.data as StreamPart)
    .reduce(foldPart, emptyTurn);
const idsOf = (frames: readonly Frame[]) => partsOf(frames).map((frame) => frame.id);
const dense = (frames: readonly Frame[]) => partsOf(frames).map((_, index) => index + 1);

test('an answer begun in one is read as it comes, and stopped, in the other', { timeout: 30_000 }, async () => {
  const { stream, frame } = await somebody.ask({ text: 'x', aiModel: 'openai/fake-stream-300x50' }, a.url);
  const other = await somebody.resume(frame.runId, 0, b.url);
  await other.until((frames) => partsOf(frames).length > 10);
  expect(foldOf(other.frames).finish).toBeNull();
  await somebody.json('POST', `/api/runs/${frame.runId}/cancel`, undefined, b.url);
  await Promise.all([stream.ended, other.ended]);
  for (const frames of [stream.frames, other.frames]) {
    expect(idsOf(frames)).toEqual(dense(frames));
    expect(foldOf(frames).finish?.reason).toBe('cancelled');
  }
  const answer = (await somebody.messages(frame.threadId, b.url))[1]!;
  expect(answer).toMatchObject({ status: 'cancelled', parts: foldOf(other.frames).parts });
  await until(() => fake.requests.find((request) => request.model === 'fake-stream-300x50')?.state === 'aborted');
});

test('what happens in one is heard in the other, and the worker does its part', { timeout: 30_000 }, async () => {
  const listener = listenTo(somebody, [`user:${somebody.userId}`, `project:${somebody.projectId}:model:prompts`], () => b.url);
  await until(() => listener.isOpen());
  const prompt = await somebody.json<{ id: string }>('POST', '/api/prompts', {
    projectId: somebody.projectId,
    title: 'x',
    content: 'x',
  });
  await until(() => listener.events.some((event) => event.subject === prompt.id && event.event === 'prompt.created'), {
    timeoutMs: 2_000,
  });
  const { stream, frame } = await somebody.ask({ text: 'What is a fox?', aiModel: 'openai/fake-stream-5x10' }, a.url);
  await stream.ended;
  // Naming a thread is queued: only the worker executes queued runs.
  const named = await until(
    async () => {
      const thread = await somebody.json<{ title: string; titleBy: string }>(
        'GET',
        `/api/threads/${frame.threadId}?fields=title,titleBy`,
      );
      return thread.titleBy === 'assistant' ? thread.title : undefined;
    },
    { timeoutMs: 15_000, what: 'the thread was not named' },
  );
  await until(() => listener.events.some((event) => event.event === 'thread.updated' && after(event)['title'] === named));
  listener.stop();
  expect(worker.output()).not.toMatch(/"level":(50|60)/);
});

const after = (event: { data: Record<string, unknown> }) => (event.data['after'] ?? {}) as Record<string, unknown>;

test('an answer whose process is killed goes on in the other within 10 s, in the same message', { timeout: 60_000 }, async () => {
  const { stream, frame } = await somebody.ask({ text: 'x', aiModel: 'openai/fake-stream-60x50' }, a.url);
  await stream.until((frames) => partsOf(frames).length > 5);
  const watching = await somebody.resume(frame.runId, 0, b.url);
  await a.kill();
  const killedAt = Date.now();
  const isGoingOn = (frames: Frame[]): boolean =>
    foldOf(frames).parts.length > 0 && partsOf(frames).some((each) => (each.data as StreamPart).type === 'reset');
  await watching.until(isGoingOn);
  expect(Date.now() - killedAt).toBeLessThan(10_000);
  const frames = await readToTheEnd(somebody, stream, frame, () => b.url);
  await watching.ended;
  expect(idsOf(frames)).toEqual(dense(frames));
  expect(frames).toEqual(partsOf(watching.frames));
  expect(textOf(foldOf(frames).parts).split(' ')).toHaveLength(60);
  expect((await somebody.messages(frame.threadId, b.url))[1]).toMatchObject({ status: 'done', parts: foldOf(frames).parts });
});
