/** Turns through HTTP, against a fake provider that speaks the real protocol. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { limits } from '@piper/shared/limits';
import { emptyTurn, foldPart, textOf } from '@piper/shared/stream/fold';
import type { MessagePart, StreamPart, TurnFrame } from '@piper/shared/stream/parts';
import type { BranchMessage, Thread } from '@piper/shared/threads';
import { openLlm } from '#platform/llm/registry';
import { createProject, registerUser, type TestUser } from '../../../../test/accounts.ts';
import { ask, openStream, readTurn, sendChat, type Frame } from '../../../../test/chat.ts';
import { answer, cutShort, refuse, startFakeLlm, type Script } from '../../../../test/fake-llm/fake-llm.ts';
import { until, useTestServer } from '../../../../test/harness.ts';
import { features } from '../../features.ts';
import type { AiTool } from './tools.ts';

const fake = await startFakeLlm();

const called: unknown[] = [];
const weather: AiTool = {
  name: 'get_weather',
  description: 'The weather of a city.',
  input: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  effect: 'pure',
  call: async (ctx, input, { projectId }) => {
    called.push({ input, projectId, actor: ctx.actor.kind });
    return { sky: 'clear' };
  },
};
const mail: AiTool = { ...weather, name: 'send_mail', effect: 'once' };
const env = { ai: { provider: 'openai', model: 'fake-echo', providers: { openai: { apiKey: 'sk-test', baseUrl: fake.url } } } };
const server = useTestServer({
  listen: true,
  env: env as never,
  features: [...features, { name: 'weather', tools: [weather, mail] }],
});
const code = (reply: { statusCode: number; json(): { error?: { code: string } } }) => [
  reply.statusCode,
  reply.json().error?.code,
];

const scripts: Script[] = [];
/** What the default AI model does next, in order; then it echoes. */
const script = (...next: Script[]) => scripts.push(...next);

let user: TestUser;
let projectId: string;

beforeAll(async () => {
  const timing = { attempts: 2, backoffMs: 5, firstByteMs: 400, silenceMs: 400 };
  server.deps.llm = openLlm({ env: server.deps.env, features: () => server.deps.features, timing });
  user = await registerUser(server);
});
beforeEach(async () => {
  fake.reset();
  scripts.length = 0;
  // Threads are named in the background, also after their test: that must not take another test's script.
  fake.when('fake-echo', ({ lastUserText }) =>
    lastUserText.startsWith('Name this') ? answer('Title') : (scripts.shift() ?? answer(`You said: ${lastUserText}`)),
  );
  called.length = 0;
  projectId = (await createProject(user)).id;
});
afterAll(() => fake.close());

async function branch(threadId: string): Promise<BranchMessage[]> {
  return (await user.browser.get(`/api/threads/${threadId}/messages`)).json<{ data: BranchMessage[] }>().data;
}
const said = (message: BranchMessage | undefined) => textOf((message?.parts ?? []) as MessagePart[]);
const foldOf = (frames: readonly Frame[]) =>
  frames
    .filter((frame) => frame.event === 'part')
    .map((frame) => frame.data as StreamPart)
    .reduce(foldPart, emptyTurn);
/** Requests for answers; those that name threads are not what the tests are about. */
const asked = () =>
  fake.requests.filter((r) => r.method === 'POST' && !JSON.stringify(r.body).includes('Name this conversation'));
const sentTo = (index: number) => asked()[index]!.body['messages'] as { role: string; content: unknown }[];

const live = (body: object) =>
  openStream(`${server.url}/api/chat`, {
    method: 'POST',
    headers: user.headers,
    body: { projectId, clientId: randomUUID(), ...body },
  });
const resume = (runId: string, after: number, headers = user.headers as Record<string, string>) =>
  openStream(`${server.url}/api/runs/${runId}/stream`, { headers: { ...headers, 'last-event-id': String(after) } });
const frameOf = (frames: readonly Frame[]) => frames[0]!.data as TurnFrame;
const hasText = (frames: Frame[]) => textOf(foldOf(frames).parts) !== '';

/** The run's row ends right after its stream. */
const endedRun = (id: string) =>
  until(async () => {
    const run = (await user.browser.get(`/api/runs/${id}`)).json<{ data: { status: string; error: { code: string } | null } }>()
      .data;
    return run.status === 'running' || run.status === 'queued' ? undefined : run;
  });

async function makePrompt(content: string, more: object = {}): Promise<string> {
  const reply = await user.browser.post('/api/prompts', { projectId, title: 'P', content, ...more });
  expect(reply.statusCode, reply.body).toBe(201);
  return reply.json<{ data: { id: string } }>().data.id;
}

/** An answer that another process began and left behind, with what it had streamed. */
async function leaveBehind(status: 'waiting' | 'queued', parts: StreamPart[]): Promise<{ frame: TurnFrame; runId: string }> {
  const { frame } = await ask(user, { projectId, text: 'x' });
  await endedRun(frame.runId);
  const runId = randomUUID();
  const input = { ...frame, projectId, userId: user.user.id, aiModel: 'openai/fake-echo', parameters: {} };
  const { pool } = server.deps;
  await pool.query(`update piper.messages set status = 'streaming', parts = '[]', text = '', run_id = $2 where id = $1`, [
    frame.messageId,
    runId,
  ]);
  await pool.query(
    `with run as (
       insert into piper.runs (id, kind, status, attempt, project_id, thread_id, message_id, input, created_by)
       values ($1, 'turn', $7, 1, $2, $3, $4, $5, $6)
     )
     insert into piper.run_parts (run_id, seq, part) select $1, n, part from jsonb_array_elements($8::jsonb) with ordinality as p (part, n)`,
    [runId, projectId, frame.threadId, frame.messageId, input, user.user.id, status, JSON.stringify(parts)],
  );
  return { frame, runId };
}

describe('a turn', () => {
  test('is streamed in dense parts and stored as it was seen', async () => {
    script(answer('Grüße 👩‍👩‍👧‍👦 from **here**', { reasoning: 'Let me think', splitBytes: 3, usage: { input: 11, output: 7 } }));
    const turn = await ask(user, { projectId, text: 'Hello' });
    expect(turn.parts.map((part) => part.id)).toEqual(turn.parts.map((_, i) => i + 1));
    expect(turn.text).toBe('Grüße 👩‍👩‍👧‍👦 from **here**');
    expect(turn.parts.at(-1)!.part).toMatchObject({
      type: 'finish',
      reason: 'stop',
      usage: { inputTokens: 11, outputTokens: 7 },
    });
    const [question, reply] = await branch(turn.frame.threadId);
    expect([question!.id, reply!.id]).toEqual([turn.frame.userMessageId, turn.frame.messageId]);
    expect(reply).toMatchObject({
      status: 'done',
      finishReason: 'stop',
      runId: turn.frame.runId,
      aiModel: 'openai/fake-echo',
      usage: { inputTokens: 11 },
      cost: null,
    });
    expect(reply!.parts).toEqual(turn.parts.map((p) => p.part).reduce(foldPart, emptyTurn).parts);
  });

  test('is given the branch it belongs to, and no other', async () => {
    const first = await ask(user, { projectId, text: 'one' });
    const { threadId } = first.frame;
    await ask(user, { projectId, threadId, text: 'two' });
    await ask(user, { projectId, threadId, parentId: first.frame.messageId, text: 'other two' });
    expect(sentTo(2).map((m) => m.role)).toEqual(['system', 'user', 'assistant', 'user']);
    expect(JSON.stringify(sentTo(2))).toContain('You said: one');
    expect(JSON.stringify(sentTo(2))).not.toContain('"two"');
  });

  test('follows the prompt, whose values are kept for the thread', async () => {
    await makePrompt('Speak like {{who}}. {{{{not}}', {
      settings: { temperature: 0.3, maxTokens: 50, aiModel: 'openai/fake-markdown' },
    });
    expect(code(await sendChat(user, { projectId, text: 'hi' }))).toEqual([422, 'variable_missing']);
    expect((await user.browser.get(`/api/threads?filter={"projectId":{"_eq":"${projectId}"}}`)).json().data).toEqual([]);
    const turn = await ask(user, { projectId, text: 'hi', variables: { who: '{{a}} pirate' } });
    await ask(user, { projectId, threadId: turn.frame.threadId, text: 'again' });
    for (const index of [0, 1]) {
      expect(sentTo(index)[0]).toEqual({ role: 'system', content: 'Speak like {{a}} pirate. {{not}}' });
      expect(asked()[index]).toMatchObject({ model: 'fake-markdown', body: { temperature: 0.3 } });
    }
    const [, reply] = await branch(turn.frame.threadId);
    expect(reply).toMatchObject({ variables: { who: '{{a}} pirate' }, parameters: { temperature: 0.3, maxTokens: 50 } });
    expect(reply!.promptVersionId).not.toBeNull();
  });

  test('goes on when its reader hangs up, and is read again from where it was left, by anybody who may', async () => {
    const first = await live({ text: 'x', aiModel: 'openai/fake-stream-30x20' });
    await first.until(hasText);
    first.cut();
    const seen = first.frames.filter((f) => f.event === 'part');
    const { runId, messageId, threadId } = frameOf(first.frames);
    const stranger = await registerUser(server);
    await expect(resume(runId, 0, stranger.headers)).rejects.toThrow('404');
    const second = await resume(runId, seen.length);
    await second.ended;
    const all = [...seen, ...second.frames.filter((f) => f.event === 'part')];
    expect(all.map((f) => f.id)).toEqual(all.map((_, i) => i + 1));
    expect(asked()).toHaveLength(1);
    const reply = (await branch(threadId)).find((m) => m.id === messageId);
    expect(said(reply)).toBe(textOf(foldOf(all).parts));
    const replay = await resume(runId, 0);
    await replay.ended;
    expect(replay.frames.filter((f) => f.event === 'part')).toEqual(all);
    expect(replay.frames[0]).toEqual(first.frames[0]);
  });

  test('stopped, it reaches the provider and keeps what came', async () => {
    const stream = await live({ text: 'x', aiModel: 'openai/fake-stream-1000x20' });
    await stream.until(hasText);
    const { runId, threadId } = frameOf(stream.frames);
    expect((await user.browser.post(`/api/runs/${runId}/cancel`)).statusCode).toBe(202);
    await stream.ended;
    expect(foldOf(stream.frames).finish?.reason).toBe('cancelled');
    await until(() => asked()[0]?.state === 'aborted');
    const [, reply] = await branch(threadId);
    expect(reply).toMatchObject({ status: 'cancelled', finishReason: 'cancelled', error: null });
    expect(said(reply)).toBe(textOf(foldOf(stream.frames).parts));
    expect((await endedRun(runId)).status).toBe('cancelled');
    expect(code(await user.browser.post(`/api/runs/${runId}/cancel`))).toEqual([409, 'run_finished']);
  });

  test('ended where nobody executes it, its message keeps what was streamed', async () => {
    const { frame, runId } = await leaveBehind('waiting', [{ type: 'text-delta', id: '0', text: 'Half' }]);
    expect((await user.browser.post(`/api/runs/${runId}/cancel`)).statusCode).toBe(202);
    const [, reply] = await branch(frame.threadId);
    expect(reply).toMatchObject({ status: 'cancelled', finishReason: 'cancelled', parts: [{ type: 'text', text: 'Half' }] });
    const stream = await resume(runId, 0);
    await stream.ended;
    expect(foldOf(stream.frames)).toMatchObject({ finish: { reason: 'cancelled' }, parts: [{ text: 'Half' }] });
  });

  test('stops when its thread is deleted', async () => {
    const stream = await live({ text: 'x', aiModel: 'openai/fake-stream-1000x20' });
    await stream.until(hasText);
    await user.browser.delete(`/api/threads/${frameOf(stream.frames).threadId}`);
    await stream.ended;
    expect(foldOf(stream.frames).finish?.reason).toBe('cancelled');
  });
});

describe('continue', () => {
  test('goes on in a sibling that begins with what is there', async () => {
    script(answer('It begins wi', { finish: 'length' }), answer(['th', ' this end.']));
    const cut = await ask(user, { projectId, text: 'Tell me' });
    expect(cut.finish?.reason).toBe('length');
    const clientId = randomUUID();
    const url = `/api/messages/${cut.frame.messageId}/continue`;
    const reply = await user.browser.post(url, { clientId });
    expect(reply.statusCode, reply.body).toBe(200);
    const rest = readTurn(reply.body);
    expect(rest.text).toBe('It begins with this end.');
    const messages = await branch(cut.frame.threadId);
    expect(messages).toHaveLength(2);
    expect(messages[1]).toMatchObject({
      id: rest.frame.messageId,
      status: 'done',
      siblings: { ids: [cut.frame.messageId, rest.frame.messageId] },
    });
    expect(messages[1]!.parts).toEqual([{ type: 'text', id: '0', text: 'It begins with this end.' }]);
    expect(sentTo(1).map((m) => m.role)).toEqual(['system', 'user', 'assistant', 'user']);
    // Again under the same id: the same answer, and nobody is asked.
    expect(readTurn((await user.browser.post(url, { clientId })).body).frame).toEqual(rest.frame);
    expect(asked()).toHaveLength(2);
    const { rows } = await server.deps.pool.query('select cause from piper.runs where id = $1', [rest.frame.runId]);
    expect(rows[0].cause).toBe(`message:${cut.frame.messageId}`);
    expect(
      code(await user.browser.post(`/api/messages/${cut.frame.userMessageId}/continue`, { clientId: randomUUID() })),
    ).toEqual([400, 'validation_failed']);
    expect(code(await user.browser.post(`/api/messages/${randomUUID()}/continue`, { clientId: randomUUID() }))).toEqual([
      404,
      'not_found',
    ]);
  });
});

describe('sending twice', () => {
  test('the same, at once and later, is one message and one answer', async () => {
    const body = { projectId, text: 'once', clientId: randomUUID(), aiModel: 'openai/fake-stream-5x20' };
    const turns = await Promise.all(Array.from({ length: 5 }, () => ask(user, body)));
    const later = await ask(user, body);
    for (const turn of turns) expect([turn.frame, turn.text]).toEqual([later.frame, later.text]);
    expect(asked()).toHaveLength(1);
    const { rowCount } = await server.deps.pool.query('select 1 from piper.threads where project_id = $1', [projectId]);
    expect(rowCount).toBe(1);
  });

  test('the same regenerate at once is one answer', async () => {
    const { frame } = await ask(user, { projectId, text: 'x' });
    const body = { projectId, threadId: frame.threadId, regenerate: frame.messageId, clientId: randomUUID() };
    const [a, b] = await Promise.all([ask(user, body), ask(user, body)]);
    expect(a.frame).toEqual(b.frame);
    expect(asked()).toHaveLength(2);
  });

  test('something else under the same id is refused', async () => {
    const clientId = randomUUID();
    const { frame } = await ask(user, { projectId, text: 'a', clientId });
    expect(code(await sendChat(user, { projectId, text: 'b', clientId }))).toEqual([409, 'idempotency_conflict']);
    expect(code(await user.browser.post(`/api/messages/${frame.messageId}/continue`, { clientId }))).toEqual([
      409,
      'idempotency_conflict',
    ]);
    const other = await registerUser(server);
    const theirs = (await createProject(other)).id;
    expect((await ask(other, { projectId: theirs, text: 'b', clientId })).finish?.reason).toBe('stop');
  });

  test('while an answer is written, nothing follows it, but siblings do', async () => {
    const stream = await live({ text: 'x', aiModel: 'openai/fake-stream-40x20' });
    await stream.until(hasText);
    const { threadId, messageId, userMessageId } = frameOf(stream.frames);
    for (const more of [{ text: 'y' }, { text: 'y', parentId: messageId }, { regenerate: messageId }]) {
      expect(code(await sendChat(user, { projectId, threadId, ...more }))).toEqual([409, 'turn_in_progress']);
    }
    expect(code(await user.browser.post(`/api/messages/${messageId}/continue`, { clientId: randomUUID() }))).toEqual([
      409,
      'turn_in_progress',
    ]);
    const sibling = await ask(user, { projectId, threadId, parentId: null, text: 'y' });
    expect(sibling.finish?.reason).toBe('stop');
    await stream.ended;
    expect(foldOf(stream.frames).finish?.reason).toBe('stop');
    expect((await branch(threadId))[0]!.siblings.ids).toEqual([userMessageId, sibling.frame.userMessageId]);
  });
});

describe('bad days of a provider', () => {
  const bad: [string, Script | undefined, string, string][] = [
    ['fake-401', undefined, 'provider_auth', ''],
    ['fake-quota', undefined, 'provider_quota', ''],
    ['fake-429', refuse('rate', { headers: { 'retry-after': '3600' } }), 'provider_rate_limited', ''],
    ['fake-500', undefined, 'provider_unavailable', ''],
    ['fake-reset', undefined, 'provider_unavailable', ''],
    ['fake-hang', undefined, 'provider_timeout', ''],
    ['fake-silence', undefined, 'provider_timeout', 'It begins well'],
    ['fake-drop', undefined, 'provider_unavailable', 'It begins well'],
    ['fake-broken-json', undefined, 'provider_bad_reply', 'It begins well'],
    ['fake-error', undefined, 'provider_unavailable', 'It begins well'],
    ['fake-context', undefined, 'provider_context_too_long', ''],
    ['fake-filter', undefined, 'provider_content_refused', ''],
  ];
  test.each(bad)('%s ends the answer with its reason and keeps what came', async (name, script, expected, text) => {
    if (script) fake.when(name, () => script);
    const turn = await ask(user, { projectId, text: 'x', aiModel: `openai/${name}` });
    expect(turn.finish?.reason).toBe('error');
    expect(turn.parts.at(-2)!.part).toMatchObject({ type: 'error', code: expected });
    const [question, reply] = await branch(turn.frame.threadId);
    expect(reply).toMatchObject({ status: 'failed', finishReason: 'error', error: { code: expected } });
    expect([said(question), said(reply)]).toEqual(['x', text]);
    const run = await endedRun(turn.frame.runId);
    expect([run.status, run.error?.code]).toEqual(['failed', expected]);
    const again = await ask(user, { projectId, threadId: turn.frame.threadId, regenerate: turn.frame.messageId });
    expect(again.text).toBe('You said: x');
  });

  test('a provider that asks to wait is waited for', async () => {
    script(refuse('rate', { headers: { 'retry-after': '0' } }), answer('now'));
    expect((await ask(user, { projectId, text: 'x' })).text).toBe('now');
  });

  test('too much history is cut from the oldest on until it fits', async () => {
    const first = await ask(user, { projectId, text: `old ${'x'.repeat(25_000)}` });
    const before = asked().length;
    script(refuse('context'), answer('fits'));
    const turn = await ask(user, { projectId, threadId: first.frame.threadId, text: 'new' });
    expect(turn.text).toBe('fits');
    expect(sentTo(before)).toHaveLength(4);
    expect(JSON.stringify(sentTo(before + 1))).not.toContain('old xxx');
    expect(sentTo(before + 1).at(-1)).toMatchObject({ role: 'user' });
  });
});

describe('tools', () => {
  test('that nobody offered are refused to the AI model, which then answers all the same', async () => {
    const turn = await ask(user, { projectId, text: 'Weather?', aiModel: 'openai/fake-tool' });
    expect(turn.text).toBe('It is sunny.');
    const [, reply] = await branch(turn.frame.threadId);
    expect(reply!.parts[0]).toMatchObject({ type: 'tool', name: 'get_weather', error: 'There is no tool named get_weather.' });
  });

  test('are offered by the prompt that names them, carried out for who asked, and shown', async () => {
    await makePrompt('Help.', { settings: { tools: ['get_weather', 'gone'] } });
    const turn = await ask(user, { projectId, text: 'Weather?', aiModel: 'openai/fake-tool' });
    expect(turn.text).toBe('It is sunny.');
    expect(called).toEqual([{ input: { city: 'Zürich' }, projectId, actor: 'assistant' }]);
    const [, reply] = await branch(turn.frame.threadId);
    expect(reply!.parts[0]).toMatchObject({
      type: 'tool',
      name: 'get_weather',
      input: { city: 'Zürich' },
      output: { sky: 'clear' },
    });
    expect(reply!.usage).toMatchObject({ inputTokens: 24 });
    expect(asked()[0]!.body['tools']).toHaveLength(1);
  });

  test('let it search the project with the rights of who asked', async () => {
    await makePrompt('Never promise a refund above 500 euros.', { settings: { tools: ['search_project'] } });
    fake.when('fake-search', (call) =>
      JSON.stringify(call.body).includes('500 euros.\\"')
        ? answer('At most 500.')
        : answer('', { tools: [{ id: 'call_1', name: 'search_project', input: { query: 'refunds' } }] }),
    );
    const turn = await ask(user, { projectId, text: 'How much?', aiModel: 'openai/fake-search' });
    expect(turn.text).toBe('At most 500.');
    const result = turn.parts.map((p) => p.part).find((p) => p.type === 'tool-result');
    expect(result).toMatchObject({
      output: { found: [{ kind: 'prompt', title: 'P', passage: 'Never promise a refund above 500 euros.' }] },
    });
    fake.when('fake-search', (call) =>
      JSON.stringify(call.body).includes('tool_call_id')
        ? answer('Sorry.')
        : answer('', { tools: [{ id: 'call_1', name: 'search_project', input: [] }] }),
    );
    const wrong = await ask(user, { projectId, text: 'How much?', aiModel: 'openai/fake-search' });
    expect(wrong.parts.map((p) => p.part).find((p) => p.type === 'tool-result')).toMatchObject({
      error: 'Give a `query`: the words to look for.',
    });
    expect(wrong.text).toBe('Sorry.');
  });

  test('whose effects must not be repeated end a second attempt, which a person may continue', async () => {
    const before = asked().length + 1;
    const { frame, runId } = await leaveBehind('queued', [
      { type: 'text-delta', id: '0', text: 'I am sending it.' },
      { type: 'tool-call', id: 'call_1', name: 'send_mail', input: {} },
    ]);
    const stream = await resume(runId, 0);
    await stream.ended;
    expect(foldOf(stream.frames)).toMatchObject({ finish: { reason: 'interrupted' }, error: { code: 'run_interrupted' } });
    expect((await endedRun(runId)).status).toBe('interrupted');
    const [, reply] = await branch(frame.threadId);
    expect(reply).toMatchObject({ status: 'interrupted', parts: [{ text: 'I am sending it.' }, { name: 'send_mail' }] });
    expect(asked()).toHaveLength(before);
  });

  test('an AI model that never stops calling them is stopped', async () => {
    await makePrompt('Help.', { settings: { tools: ['get_weather'] } });
    fake.when('fake-loop', () => answer('', { tools: [{ id: 'call_1', name: 'get_weather', input: { city: 'x' } }] }));
    const turn = await ask(user, { projectId, text: 'Weather?', aiModel: 'openai/fake-loop' });
    expect(turn.finish?.reason).toBe('stop');
    expect(called).toHaveLength(limits.toolRounds);
  });
});

describe('files', () => {
  async function upload(name: string, type: string, data: Buffer | string): Promise<string> {
    const form = new FormData();
    form.set('file', new Blob([data], { type }), name);
    const reply = await fetch(`${server.url}/api/files`, { method: 'POST', headers: user.headers, body: form });
    expect(reply.status).toBe(201);
    return ((await reply.json()) as { data: { id: string } }).data.id;
  }
  const png = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  );

  test('reach the AI model as it can read them, and stand with the message', async () => {
    const fileIds = [
      await upload('notes.txt', 'text/plain', 'The ```code``` is 4711.'),
      await upload('dot.png', 'image/png', png),
    ];
    const turn = await ask(user, { projectId, text: 'What is the code?', fileIds });
    const sent = JSON.stringify(sentTo(0).at(-1));
    expect(sent).toContain('is 4711.');
    expect(sent).toContain('dot.png');
    const [question] = await branch(turn.frame.threadId);
    expect(question!.files.map((file) => [file.name, file.mediaType])).toEqual([
      ['notes.txt', 'text/plain'],
      ['dot.png', 'image/png'],
    ]);
  });

  test('of others do not exist', async () => {
    const stranger = await registerUser(server);
    const theirs = (await createProject(stranger)).id;
    const id = await upload('mine.txt', 'text/plain', 'secret');
    expect(code(await sendChat(stranger, { projectId: theirs, text: 'x', fileIds: [id] }))).toEqual([404, 'not_found']);
    expect(code(await sendChat(stranger, { projectId: theirs, text: 'x', fileIds: [randomUUID()] }))).toEqual([404, 'not_found']);
    expect((await stranger.browser.get('/api/threads')).json().data).toEqual([]);
  });
});

describe('titles', () => {
  const readThread = async (id: string) => (await user.browser.get(`/api/threads/${id}`)).json<{ data: Thread }>().data;

  test('come from the text at once and from the AI model after the first answer', async () => {
    fake.when('fake-title', (call) =>
      answer(call.lastUserText.startsWith('Name this') ? '"Cooking **rice** well."' : 'With water.'),
    );
    const { frame } = await ask(user, { projectId, text: 'How do I cook rice?', aiModel: 'openai/fake-title' });
    const named = await until(async () => {
      const thread = await readThread(frame.threadId);
      return thread.titleBy === 'assistant' ? thread : undefined;
    });
    expect(named.title).toBe('Cooking **rice** well');
  });

  test('of a person stay', async () => {
    const made = (await user.browser.post('/api/threads', { projectId, title: 'Mine' })).json<{ data: Thread }>().data;
    await ask(user, { projectId, threadId: made.id, text: 'hello' });
    expect(await readThread(made.id)).toMatchObject({ title: 'Mine', titleBy: 'user' });
    const { rowCount } = await server.deps.pool.query(`select 1 from piper.runs where kind = 'thread-title' and thread_id = $1`, [
      made.id,
    ]);
    expect(rowCount).toBe(0);
  });
});

describe('bad input', () => {
  test('is refused with a clear error, and nothing is written', async () => {
    const cases: [object, [number, string]][] = [
      [{}, [400, 'validation_failed']],
      [{ text: '' }, [400, 'validation_failed']],
      [{ text: ' \n ' }, [400, 'validation_failed']],
      [{ text: 5 }, [400, 'validation_failed']],
      [{ text: 'x', unknown: 1 }, [400, 'validation_failed']],
      [{ text: 'x', threadId: 'nonsense' }, [400, 'validation_failed']],
      [{ text: 'x', clientId: '' }, [400, 'validation_failed']],
      [{ text: 'a\0b' }, [400, 'validation_failed']],
      [{ text: 'x', regenerate: randomUUID() }, [400, 'validation_failed']],
      [{ regenerate: randomUUID() }, [400, 'validation_failed']],
      [{ text: 'x', fileIds: Array.from({ length: 11 }, () => randomUUID()) }, [400, 'validation_failed']],
      [{ text: 'x', aiModel: 'nothing' }, [422, 'ai_model_unknown']],
      [{ text: 'x', aiModel: 'anthropic/claude' }, [422, 'provider_not_configured']],
      [{ text: 'x', promptId: randomUUID() }, [404, 'not_found']],
      [{ text: 'x', threadId: randomUUID() }, [404, 'not_found']],
      [{ text: 'x'.repeat(limits.messageText + 1) }, [413, 'message_too_long']],
      [{ text: 'x'.repeat(10 * 1024 * 1024) }, [413, 'payload_too_large']],
    ];
    for (const [body, expected] of cases) {
      expect(code(await sendChat(user, { projectId, ...body } as never)), JSON.stringify(body).slice(0, 80)).toEqual(expected);
    }
    const invalid = Buffer.concat([
      Buffer.from(`{"projectId":"${projectId}","clientId":"x","text":"`),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('"}'),
    ]);
    const reply = await user.browser.send({
      method: 'POST',
      url: '/api/chat',
      payload: invalid,
      headers: { 'content-type': 'application/json' },
    });
    expect(code(reply)).toEqual([400, 'malformed_json']);
    const { rowCount } = await server.deps.pool.query('select 1 from piper.threads where project_id = $1', [projectId]);
    expect(rowCount).toBe(0);
  });

  test('a prompt of another project is not there, even when the asker may read it', async () => {
    const other = await createProject(user);
    const made = await user.browser.post('/api/prompts', { projectId: other.id, title: 'Theirs', content: 'Be brief.' });
    const promptId = made.json<{ data: { id: string } }>().data.id;
    expect(code(await sendChat(user, { projectId, text: 'x', promptId }))).toEqual([404, 'not_found']);
    expect((await sendChat(user, { projectId: other.id, text: 'x', promptId })).statusCode).toBe(200);
  });

  test.each([
    `'; drop table piper.messages; --`,
    '<script>alert(1)</script><img src=x onerror=alert(1)>',
    '\\u0000 %s $1 {{x}} ${y}',
    '\u202eabc\ufeff',
  ])('the text %j is only text', async (text) => {
    const turn = await ask(user, { projectId, text });
    expect(turn.text).toBe(`You said: ${text}`);
    expect(said((await branch(turn.frame.threadId))[0])).toBe(text);
  });

  test('what a provider sends that cannot be stored does not break the answer', async () => {
    script(cutShort('a\0b', { do: 'finish', reason: 'stop' }));
    const turn = await ask(user, { projectId, text: 'x' });
    expect(turn.finish?.reason).toBe('stop');
    expect([turn.text, said((await branch(turn.frame.threadId))[1])]).toEqual(['ab', 'ab']);
  });
});
