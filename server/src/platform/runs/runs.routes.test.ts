import { beforeAll, expect, test } from 'vitest';
import { useTestServer, until } from '../../../../test/harness.ts';
import { registerUser, type TestUser } from '../../../../test/accounts.ts';
import { features } from '../../features.ts';
import { system } from '../actor.ts';
import { ctxFor, type TxCtx } from '../ctx.ts';
import { inTx } from '../db/tx.ts';
import { defineFeature } from '../feature.ts';
import type { RunKind } from './kind.ts';

/** Writes a word each time it is told to. */
const pens = new Map<string, { write(word: string): Promise<void>; end(): void }>();
const story: RunKind = {
  name: 'story',
  executes: 'inline',
  afterCrash: 'resume',
  async execute(run) {
    const writer = await run.ctx.deps.parts.writer(run.id);
    await new Promise<void>((resolve, reject) => {
      pens.set(run.id, {
        write: async (word) => {
          writer.push({ type: 'text-delta', id: 'a', text: word });
          await writer.flush();
        },
        end: resolve,
      });
      run.signal.addEventListener('abort', () => reject(new Error('cut')));
    });
    writer.push({ type: 'finish', reason: 'stop', usage: null });
    await writer.close();
    return null;
  },
};

const server = useTestServer({ features: [...features, defineFeature({ name: 'stories', runKinds: [story] })], listen: true });
let ann: TestUser;
let bob: TestUser;
beforeAll(async () => {
  ann = await registerUser(server);
  bob = await registerUser(server);
});

async function begin(): Promise<string> {
  const id = await inTx(ctxFor(server.deps, system, 'test'), (tx: TxCtx) =>
    server.deps.runs.start(tx, { kind: 'story', input: {}, createdBy: ann.user.id }),
  );
  await until(() => pens.has(id));
  return id;
}

const open = (id: string, headers: Record<string, string> = {}) =>
  fetch(`${server.url}/api/runs/${id}/stream`, { headers: { ...ann.headers, ...headers } });

test('a stream begins with its turn, goes on live, and is resumed and replayed by number', async () => {
  const id = await begin();
  const live = await open(id);
  expect(live.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  const text = live.text();
  await pens.get(id)!.write('one ');
  await pens.get(id)!.write('two ');
  const resumed = open(id, { 'last-event-id': '1' }).then((reply) => reply.text());
  await pens.get(id)!.write('three');
  pens.get(id)!.end();
  const part = (seq: number, data: object) => `event: part\nid: ${seq}\ndata: ${JSON.stringify(data)}\n\n`;
  const turn = `event: turn\ndata: ${JSON.stringify({ runId: id, threadId: null, messageId: null })}\n\n`;
  const words = ['one ', 'two ', 'three'].map((word, index) => part(index + 1, { type: 'text-delta', id: 'a', text: word }));
  const finish = part(4, { type: 'finish', reason: 'stop', usage: null });
  // jsonb orders keys its own way, so frames are compared by what they hold.
  const frames = (stream: string) =>
    stream
      .split('\n\n')
      .filter((f) => f && !f.startsWith(':'))
      .map((f) => f.split('\n').map((line) => (line.startsWith('data: ') ? JSON.parse(line.slice(6)) : line)));
  expect(frames(await text)).toEqual(frames([turn, ...words, finish].join('')));
  expect(frames(await resumed)).toEqual(frames([turn, ...words.slice(1), finish].join('')));
  expect(frames(await (await open(id)).text())).toEqual(frames([turn, ...words, finish].join('')));
});

test('cancel ends the stream; a second one is refused', async () => {
  const id = await begin();
  const text = open(id).then((reply) => reply.text());
  await pens.get(id)!.write('kept');
  const cancel = () => server.app.inject({ method: 'POST', url: `/api/runs/${id}/cancel`, headers: ann.headers });
  expect((await cancel()).statusCode).toBe(202);
  expect(await text).toMatch(/kept[\s\S]*"reason":"cancelled"/);
  const again = await cancel();
  expect([again.statusCode, again.json().error.code]).toEqual([409, 'run_finished']);
});

test('what is not mine does not exist', async () => {
  const id = await begin();
  for (const [method, path] of [
    ['GET', 'stream'],
    ['POST', 'cancel'],
  ] as const) {
    const url = `/api/runs/${id}/${path}`;
    expect((await server.app.inject({ method, url, headers: bob.headers })).statusCode).toBe(404);
    expect((await server.app.inject({ method, url })).statusCode).toBe(401);
    expect((await server.app.inject({ method, url: `/api/runs/nonsense/${path}`, headers: ann.headers })).statusCode).toBe(400);
  }
  pens.get(id)!.end();
});

test('a reader that hangs up stops nothing', async () => {
  const id = await begin();
  const hangUp = new AbortController();
  const reply = await fetch(`${server.url}/api/runs/${id}/stream`, { headers: ann.headers, signal: hangUp.signal });
  await reply.body!.getReader().read();
  hangUp.abort();
  await pens.get(id)!.write('still here');
  pens.get(id)!.end();
  expect(await (await open(id)).text()).toContain('still here');
});
