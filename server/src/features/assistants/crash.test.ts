/** Turns whose server dies: a real process, killed and restarted, and readers who resume. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { emptyTurn, foldPart, textOf } from '@piper/shared/stream/fold';
import type { MessagePart, StreamPart, TurnFrame } from '@piper/shared/stream/parts';
import type { BranchMessage } from '@piper/shared/threads';
import { openStream, type Frame, type LiveTurn } from '../../../../test/chat.ts';
import { answer, refuse, startFakeLlm } from '../../../../test/fake-llm/fake-llm.ts';
import { createTestDatabase, until, type TestDatabase } from '../../../../test/harness.ts';
import { startPiper, type PiperProcess } from '../../../../test/piper-process.ts';

const fake = await startFakeLlm();
let database: TestDatabase;
let piper: PiperProcess;
let headers: Record<string, string>;
let projectId: string;

const json = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
  const reply = await fetch(`${piper.url}${path}`, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!reply.ok) throw new Error(`${method} ${path} answered ${reply.status}: ${await reply.text()}`);
  return ((await reply.json()) as { data: T }).data;
};

const environment = () => ({
  DATABASE_URL: database.url,
  AI_PROVIDER: 'openai',
  AI_MODEL: 'fake-echo',
  OPENAI_API_KEY: 'sk-test',
  OPENAI_BASE_URL: fake.url,
});

beforeAll(async () => {
  database = await createTestDatabase();
  piper = await startPiper(environment());
  headers = {};
  const account = { name: 'Somebody', email: 'somebody@example.com', password: 'correct horse' };
  headers = {
    authorization: `Bearer ${(await json<{ accessToken: string }>('POST', '/api/auth/register', account)).accessToken}`,
  };
  projectId = (await json<{ id: string }>('POST', '/api/projects', { name: 'P' })).id;
}, 60_000);
afterAll(async () => {
  await piper?.stop();
  await database?.drop();
  await fake.close();
}, 60_000);

const partsOf = (frames: readonly Frame[]) => frames.filter((frame) => frame.event === 'part');
const foldOf = (frames: readonly Frame[]) =>
  partsOf(frames)
    .map((frame) => frame.data as StreamPart)
    .reduce(foldPart, emptyTurn);
const textIn = (frames: readonly Frame[]) => textOf(foldOf(frames).parts);

/** Starts an answer of some seconds and waits until its text is coming. */
async function startAnswer(aiModel: string): Promise<{ stream: LiveTurn; frame: TurnFrame }> {
  const body = { projectId, text: 'x', clientId: randomUUID(), aiModel };
  const stream = await openStream(`${piper.url}/api/chat`, { method: 'POST', headers, body });
  await stream.until((frames) => partsOf(frames).length > 3);
  return { stream, frame: stream.frames[0]!.data as TurnFrame };
}

const resume = (runId: string, after: number) =>
  openStream(`${piper.url}/api/runs/${runId}/stream`, { headers: { ...headers, 'last-event-id': String(after) } });

async function answerIn(frame: TurnFrame): Promise<BranchMessage> {
  const messages = await json<BranchMessage[]>('GET', `/api/threads/${frame.threadId}/messages`);
  return messages.find((message) => message.id === frame.messageId)!;
}

/** What the readers of before and after the crash have together, exactly once and without a gap. */
function joined(before: readonly Frame[], after: readonly Frame[]): Frame[] {
  const all = [...partsOf(before), ...partsOf(after)];
  expect(all.map((frame) => frame.id)).toEqual(all.map((_, i) => i + 1));
  return all;
}

const said = (message: BranchMessage) => textOf(message.parts as MessagePart[]);
const requests = () =>
  fake.requests.filter((r) => r.method === 'POST' && !JSON.stringify(r.body).includes('Name this conversation'));

describe('kill -9 in the middle of an answer', () => {
  test('another attempt answers in the same message, and a second reader misses nothing', { timeout: 60_000 }, async () => {
    fake.reset();
    const { stream, frame } = await startAnswer('openai/fake-stream-40x40');
    await piper.kill();
    await stream.ended;
    await piper.restart();
    const second = await resume(frame.runId, partsOf(stream.frames).length);
    await second.ended;
    const all = joined(stream.frames, second.frames);
    const resets = all.filter((each) => (each.data as StreamPart).type === 'reset');
    expect(resets).toHaveLength(1);
    expect(foldOf(all).finish?.reason).toBe('stop');
    const message = await answerIn(frame);
    expect(message).toMatchObject({ status: 'done', finishReason: 'stop', siblings: { ids: [frame.messageId] } });
    expect(said(message)).toBe(textIn(all));
    expect(said(message).split(' ')).toHaveLength(40);
    expect(requests()).toHaveLength(2);
  });

  test('without the provider it ends as interrupted, keeps its text, and can be continued', { timeout: 60_000 }, async () => {
    fake.reset();
    const { stream, frame } = await startAnswer('openai/fake-stream-40x41');
    await piper.kill();
    await stream.ended;
    fake.when('fake-stream-40x41', () => refuse('auth'));
    await piper.restart();
    const second = await resume(frame.runId, partsOf(stream.frames).length);
    await second.ended;
    const all = joined(stream.frames, second.frames);
    expect(foldOf(all)).toMatchObject({ finish: { reason: 'interrupted' }, error: { code: 'run_interrupted' } });
    const message = await answerIn(frame);
    expect(message).toMatchObject({ status: 'interrupted', finishReason: 'interrupted' });
    expect(said(message)).toBe(textIn(all));
    expect(said(message)).not.toBe('');
    const run = await until(async () => {
      const read = await json<{ status: string }>('GET', `/api/runs/${frame.runId}`);
      return read.status === 'running' ? undefined : read;
    });
    expect(run.status).toBe('interrupted');

    fake.reset();
    const body = { clientId: randomUUID(), aiModel: 'openai/fake-stream-3x1' };
    const rest = await openStream(`${piper.url}/api/messages/${frame.messageId}/continue`, { method: 'POST', headers, body });
    await rest.ended;
    expect(textIn(rest.frames).startsWith(said(message))).toBe(true);
    expect(textIn(rest.frames).length).toBeGreaterThan(said(message).length);
  });

  test('killed twice, the third attempt starts over once more', { timeout: 60_000 }, async () => {
    fake.reset();
    const { stream, frame } = await startAnswer('openai/fake-stream-30x40');
    await piper.kill();
    await stream.ended;
    await piper.restart();
    const second = await resume(frame.runId, partsOf(stream.frames).length);
    await second.until((frames) => partsOf(frames).length > 3);
    await piper.kill();
    await second.ended;
    await piper.restart();
    const third = await resume(frame.runId, partsOf(stream.frames).length + partsOf(second.frames).length);
    await third.ended;
    const all = joined([...stream.frames, ...partsOf(second.frames)], third.frames);
    expect(all.filter((each) => (each.data as StreamPart).type === 'reset')).toHaveLength(2);
    expect(said(await answerIn(frame)).split(' ')).toHaveLength(30);
    expect(textIn(all)).toBe(said(await answerIn(frame)));
  });
});

describe('SIGTERM in the middle of an answer', () => {
  test('a short rest is waited for', { timeout: 60_000 }, async () => {
    fake.reset();
    const { stream, frame } = await startAnswer('openai/fake-stream-30x40');
    expect(await piper.terminate()).toBe(0);
    await stream.ended;
    expect(foldOf(stream.frames).finish?.reason).toBe('stop');
    await piper.restart();
    expect(said(await answerIn(frame))).toBe(textIn(stream.frames));
    expect(requests()).toHaveLength(1);
  });

  test('what would take too long goes on in the next process', { timeout: 90_000 }, async () => {
    fake.reset();
    // Only the first answer is slow: the second attempt must not make the test wait.
    fake.when('fake-long', () => answer('word '.repeat(60).trim(), { delayMs: requests().length > 1 ? 1 : 250 }));
    const { stream, frame } = await startAnswer('openai/fake-long');
    expect(await piper.terminate()).toBe(0);
    await stream.ended;
    expect(foldOf(stream.frames).finish).toBeNull();
    await until(() => requests()[0]?.state === 'aborted');
    await piper.restart();
    const second = await resume(frame.runId, partsOf(stream.frames).length);
    await second.ended;
    const all = joined(stream.frames, second.frames);
    expect(foldOf(all).finish?.reason).toBe('stop');
    expect(textIn(all)).toBe('word '.repeat(60).trim());
    expect(said(await answerIn(frame))).toBe(textIn(all));
  });
});
