/** Bad days of a whole Piper, as real processes: its database goes away under load, it is stopped in the middle of answers. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { emptyTurn, foldPart, textOf } from '@piper/shared/stream/fold';
import type { StreamPart, TurnFrame } from '@piper/shared/stream/parts';
import type { Frame } from './chat.ts';
import { startFakeLlm } from './fake-llm/fake-llm.ts';
import { startPiper, type PiperProcess } from './piper-process.ts';
import { listenTo, partsOf, readToTheEnd, registerRemote, type Answered, type Remote } from './remote.ts';
import { until } from './until.ts';

const fake = await startFakeLlm();
let piper: PiperProcess;
let somebody: Remote;

beforeAll(async () => {
  piper = await startPiper({
    AI_PROVIDER: 'openai',
    AI_MODEL: 'fake-echo',
    OPENAI_API_KEY: 'sk-test',
    OPENAI_BASE_URL: fake.url,
    RATE_LIMIT_FACTOR: '1000',
  });
  somebody = await registerRemote(() => piper.url);
}, 60_000);
afterAll(async () => {
  await piper?.stop();
  await fake.close();
}, 60_000);

const postmaster = (): number => {
  const { cluster } = JSON.parse(readFileSync(join(piper.dataDir, 'postgres.json'), 'utf8')) as { cluster: string };
  return Number(
    readFileSync(join(cluster.startsWith('/') ? cluster : join(piper.dataDir, cluster), 'postmaster.pid'), 'utf8').split('\n')[0],
  );
};

const foldOf = (frames: readonly Frame[]) =>
  partsOf(frames)
    .map((frame) => frame.data as StreamPart)
    .reduce(foldPart, emptyTurn);

/** Whole, in order, once; and what is stored is what was seen. */
async function expectWhole(frames: readonly Frame[], frame: TurnFrame, tokens: number): Promise<void> {
  const parts = partsOf(frames);
  expect(parts.map((part) => part.id)).toEqual(parts.map((_, index) => index + 1));
  const state = foldOf(parts);
  expect(state.finish?.reason).toBe('stop');
  expect(textOf(state.parts).split(' ')).toHaveLength(tokens);
  const [question, reply, ...more] = await somebody.messages(frame.threadId);
  expect([question?.seq, reply?.seq, more]).toEqual([1, 2, []]);
  expect(reply).toMatchObject({ status: 'done', parts: state.parts, siblings: { ids: [frame.messageId] } });
}

/** Reads and writes without a pause until `stop`. */
function putUnderLoad() {
  const answers: Answered<unknown>[] = [];
  const thrown: unknown[] = [];
  let isOver = false;
  const work = async (lane: number): Promise<void> => {
    for (let n = 0; !isOver; n++) {
      const isRead = (n + lane) % 3 > 0;
      const answer = isRead
        ? somebody.send('GET', '/api/prompts?limit=5')
        : somebody.send('POST', '/api/prompts', { projectId: somebody.projectId, title: `${lane}/${n}`, content: 'x' });
      await answer.then(
        (reply) => answers.push(reply),
        (error: unknown) => thrown.push(error),
      );
      await sleep(10);
    }
  };
  const lanes = Promise.all(Array.from({ length: 8 }, (_, lane) => work(lane)));
  return {
    answers,
    thrown,
    stop: async () => {
      isOver = true;
      await lanes;
    },
  };
}

describe('the database is restarted under load', () => {
  test.each(['SIGINT', 'SIGKILL'] as const)(
    '%s: requests fail clearly, then recover; answers, listeners and runs go on',
    { timeout: 60_000 },
    async (signal) => {
      const topic = `project:${somebody.projectId}:model:prompts`;
      const listener = listenTo(somebody, [topic], () => piper.url);
      const { stream, frame } = await somebody.ask({ text: 'x', aiModel: 'openai/fake-stream-80x60' });
      const load = putUnderLoad();
      await stream.until((frames) => partsOf(frames).length > 5);
      process.kill(postmaster(), signal);
      const before = load.answers.length;
      await until(() => load.answers.slice(before).some((reply) => reply.status === 503), {
        timeoutMs: 10_000,
        what: 'no request noticed',
      });
      await until(async () => (await somebody.send('GET', '/health')).status === 200, { timeoutMs: 20_000 });
      const recovered = load.answers.length;
      await sleep(1_500);
      await load.stop();
      const frames = await readToTheEnd(somebody, stream, frame);
      await expectWhole(frames, frame, 80);

      expect(load.thrown).toEqual([]);
      const failed = load.answers.filter((reply) => reply.status >= 400);
      expect(failed.map((reply) => [reply.status, reply.code, Number(reply.retryAfter) > 0])).toEqual(
        failed.map(() => [503, 'database_unavailable', true]),
      );
      expect(load.answers.slice(recovered + 8).filter((reply) => reply.status >= 400)).toEqual([]);

      // What was answered with 201 is there, once, and was heard, once.
      const created = load.answers.filter((reply) => reply.status === 201).map((reply) => (reply.data as { id: string }).id);
      expect(created.length).toBeGreaterThan(5);
      const stored = await somebody.json<{ id: string }[]>('GET', '/api/prompts?limit=-1&fields=id');
      const ids = new Set(stored.map((prompt) => prompt.id));
      expect(created.filter((id) => !ids.has(id))).toEqual([]);
      const heard = () => listener.events.filter((event) => event.event === 'prompt.created').map((event) => event.subject!);
      await until(() => created.every((id) => heard().includes(id)), {
        timeoutMs: 15_000,
        what: 'not every prompt was heard of',
      });
      expect(heard().filter((id, index, all) => all.indexOf(id) !== index)).toEqual([]);
      listener.stop();
      const run = await somebody.json<{ status: string }>('GET', `/api/runs/${frame.runId}`);
      expect(run.status).toBe('done');
    },
  );
});

describe('SIGTERM in the middle of an answer', () => {
  test('what takes longer than the drain goes on after the start, in the same message', { timeout: 90_000 }, async () => {
    const { stream, frame } = await somebody.ask({ text: 'x', aiModel: 'openai/fake-stream-90x100' });
    await stream.until((frames) => partsOf(frames).length > 5);
    const startedAt = Date.now();
    expect(await piper.terminate()).toBe(0);
    expect(Date.now() - startedAt).toBeLessThan(10_500);
    await piper.restart();
    await expectWhole(await readToTheEnd(somebody, stream, frame), frame, 90);
  });
});
