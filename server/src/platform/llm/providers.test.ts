/** Every provider against the wire-level fake: what it answers, and every way of failing. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { PiperError } from '@piper/shared/errors';
import { answer, cutShort, refuse, startFakeLlm, type FakeLlm, type Script } from '../../../../test/fake-llm/fake-llm.ts';
import type { Adapter } from './adapters/adapter.ts';
import { anthropic } from './adapters/anthropic.ts';
import { compatibleServer } from './adapters/compatible.ts';
import { google } from './adapters/google.ts';
import { openAi } from './adapters/openai.ts';
import { openRouter } from './adapters/openrouter.ts';
import type { ChatMessage, ChatRequest, Provider, ProviderAccess, ProviderPart } from './provider.ts';
import { createProvider, openOutbounds, waitBefore } from './sdk-provider.ts';
import { llmTiming, type LlmTiming } from './timing.ts';

const timing: LlmTiming = {
  ...llmTiming,
  connectMs: 500,
  firstByteMs: 400,
  silenceMs: 300,
  listMs: 600,
  attempts: 3,
  backoffMs: 10,
  backoffMaxMs: 20,
  retryAfterMaxMs: 500,
};
const outbounds = openOutbounds(timing);
const key = 'sk-test-0123456789abcdef';

const adapters: Record<string, Adapter> = {
  'openai responses': openAi(() => true),
  'openai chat': openAi(() => false),
  compatible: compatibleServer,
  openrouter: openRouter,
  anthropic,
  google,
};
const names = Object.keys(adapters);

let fake: FakeLlm;
beforeAll(async () => {
  fake = await startFakeLlm();
});
afterEach(() => fake.reset());
afterAll(() => fake.close());

const providerOf = (name: string): Provider => createProvider(adapters[name]!, timing, outbounds);
const accessTo = (url: string): ProviderAccess => ({ apiKey: key, baseUrl: url });
const user = (text: string): ChatMessage => ({ role: 'user', content: [{ type: 'text', text }] });

const requestOf = (over: Partial<ChatRequest> = {}): ChatRequest => ({
  aiModel: 'some-model',
  messages: [{ role: 'system', content: 'Be brief.' }, user('Hello')],
  signal: new AbortController().signal,
  ...over,
});

async function readAll(name: string, over: Partial<ChatRequest> = {}): Promise<ProviderPart[]> {
  const parts: ProviderPart[] = [];
  for await (const part of providerOf(name).stream(requestOf(over), accessTo(fake.url))) parts.push(part);
  return parts;
}

/** What was read before it failed, and how it failed. */
async function readUntilError(name: string, over: Partial<ChatRequest> = {}): Promise<{ text: string; error: PiperError }> {
  let text = '';
  try {
    for await (const part of providerOf(name).stream(requestOf(over), accessTo(fake.url)))
      if (part.type === 'text-delta') text += part.text;
  } catch (error) {
    return { text, error: error as PiperError };
  }
  throw new Error('the stream did not fail');
}

const textOf = (parts: ProviderPart[]): string => parts.map((p) => (p.type === 'text-delta' ? p.text : '')).join('');
const repeated = (script: Script): Script[] => Array.from({ length: timing.attempts }, () => script);

describe.each(names)('%s', (name) => {
  it('streams the answer token by token, with the end and its usage', async () => {
    fake.queue(answer('Good morning to you', { usage: { input: 12, output: 4, cached: 3 } }));
    const parts = await readAll(name, { temperature: 0.5, maxTokens: 77 });
    expect(textOf(parts)).toBe('Good morning to you');
    expect(parts.filter((p) => p.type === 'text-delta').length).toBe(4);
    expect(parts.at(-1)).toMatchObject({ type: 'finish', reason: 'stop', usage: { outputTokens: 4, cachedInputTokens: 3 } });
    const sent = fake.requests[0]!;
    expect(JSON.stringify(sent.body)).toContain('Be brief.');
    expect(JSON.stringify(sent.body)).toContain('0.5');
    expect(JSON.stringify(sent.body)).toContain('77');
    expect(JSON.stringify(sent.headers)).toContain(key);
    await expect.poll(() => sent.state).toBe('answered');
  });

  it('puts characters together that arrive in pieces', async () => {
    fake.queue(answer('Grüße 👩‍👩‍👧‍👦 – 日本語 €', { splitBytes: 3 }));
    expect(textOf(await readAll(name))).toBe('Grüße 👩‍👩‍👧‍👦 – 日本語 €');
  });

  it('reads tool calls and tells their results', async () => {
    fake.queue(answer('', { tools: [{ id: 'call_1', name: 'get_weather', input: { city: 'Zürich', days: [1, 2] } }] }));
    const tools = [
      { name: 'get_weather', description: 'Weather', input: { type: 'object', properties: { city: { type: 'string' } } } },
    ];
    const parts = await readAll(name, { tools });
    const call = parts.find((p) => p.type === 'tool-call');
    expect(call).toMatchObject({ name: 'get_weather', input: { city: 'Zürich', days: [1, 2] } });
    expect(parts.at(-1)).toMatchObject({ type: 'finish', reason: 'tool-calls' });
    expect(JSON.stringify(fake.requests[0]!.body)).toContain('get_weather');

    fake.queue(answer('Sunny.'));
    const id = call?.type === 'tool-call' ? call.id : '';
    const messages: ChatMessage[] = [
      user('Weather?'),
      { role: 'assistant', content: 'Let me look.', toolCalls: [{ id, name: 'get_weather', input: { city: 'Zürich' } }] },
      { role: 'tool', results: [{ id, name: 'get_weather', output: { sky: 'blue' } }] },
    ];
    expect(textOf(await readAll(name, { tools, messages }))).toBe('Sunny.');
    expect(JSON.stringify(fake.requests[1]!.body)).toContain('blue');
  });

  it('tells why an answer ended early', async () => {
    fake.queue(answer('Cut', { finish: 'length' }));
    expect((await readAll(name)).at(-1)).toMatchObject({ type: 'finish', reason: 'length' });
  });

  it('makes a refusal of the content an error', async () => {
    fake.queue(answer('Well', { finish: 'filter' }));
    const { text, error } = await readUntilError(name);
    expect(text).toBe('Well');
    expect(error.code).toBe('provider_content_refused');
  });

  it('waits as asked after 429 and goes on', async () => {
    fake.queue(refuse('rate', { headers: { 'retry-after': '0.2' } }), answer('At last'));
    const start = Date.now();
    expect(textOf(await readAll(name))).toBe('At last');
    expect(Date.now() - start).toBeGreaterThanOrEqual(195);
    expect(fake.requests.length).toBe(2);
  });

  it('does not wait for ever when asked to', async () => {
    fake.queue(refuse('rate', { headers: { 'retry-after': '3600' } }));
    const { error } = await readUntilError(name);
    expect(error).toMatchObject({ code: 'provider_rate_limited', retryAfter: 3600 });
    expect(fake.requests.length).toBe(1);
  });

  it('tries again after 500, an overload and a closed connection, and gives up in the end', async () => {
    fake.queue(refuse('server'), refuse('overloaded'), answer('Third time'));
    expect(textOf(await readAll(name))).toBe('Third time');
    fake.queue({ connection: 'reset' }, answer('Again'));
    expect(textOf(await readAll(name))).toBe('Again');
    fake.reset();
    fake.queue(...repeated(refuse('server')));
    expect((await readUntilError(name)).error.code).toBe('provider_unavailable');
    expect(fake.requests.length).toBe(timing.attempts);
  });

  it.each([
    ['auth', 'provider_auth'],
    ['quota', 'provider_quota'],
    ['context', 'provider_context_too_long'],
    ['bad', 'provider_bad_request'],
    ['unknown-model', 'ai_model_unknown'],
    ['content', 'provider_content_refused'],
  ] as const)('does not repeat what stays wrong: %s', async (kind, code) => {
    fake.queue(refuse(kind));
    const { error } = await readUntilError(name);
    expect(error.code).toBe(code);
    expect(fake.requests.length).toBe(1);
    expect(error.message).toMatch(/^(The conversation|The account|[A-Z][\w-]+)/);
    expect(error.message).not.toContain(key);
    expect(error.message).not.toContain('sk-fake');
  });

  it('takes an error page of a proxy for what it is', async () => {
    fake.queue(...repeated(refuse('server', { status: 502, body: '<html>Bad Gateway</html>' })));
    const { error } = await readUntilError(name);
    expect(error.code).toBe('provider_unavailable');
    expect(error.message).not.toContain('<html>');
  });

  it('reports an error object in the stream, keeping what came before', async () => {
    fake.queue(cutShort('It begins well', { do: 'error', kind: 'server' }));
    const { text, error } = await readUntilError(name);
    expect(text).toBe('It begins well');
    expect(error.code).toBe('provider_unavailable');
    expect(fake.requests.length).toBe(1);
  });

  it('repeats when the error object is the first thing in the stream', async () => {
    fake.queue({ steps: [{ do: 'error', kind: 'overloaded' }] }, answer('Better'));
    expect(textOf(await readAll(name))).toBe('Better');
  });

  it('reports a connection that breaks, or ends too early, in the middle', async () => {
    fake.queue(cutShort('It begins well', { do: 'drop' }));
    const dropped = await readUntilError(name);
    expect(dropped.text).toBe('It begins well');
    expect(dropped.error.code).toBe('provider_unavailable');
    fake.queue(cutShort('It begins well', { do: 'end' }));
    const ended = await readUntilError(name);
    expect(ended.text).toBe('It begins well');
    expect(ended.error.code).toBe('provider_unavailable');
    expect(fake.requests.length).toBe(2);
  });

  it('reports broken JSON', async () => {
    fake.queue(cutShort('It begins well', { do: 'raw', data: 'data: {"choices":[{"delta":{"content":\n\n' }));
    const { text, error } = await readUntilError(name);
    expect(text).toBe('It begins well');
    expect(error.code).toBe('provider_bad_reply');
  });

  it('gives up on silence, at the start and in the middle', async () => {
    fake.queue({ connection: 'silent' });
    expect((await readUntilError(name)).error.code).toBe('provider_timeout');
    fake.queue(cutShort('It begins well', { do: 'hang' }));
    const { text, error } = await readUntilError(name);
    expect(text).toBe('It begins well');
    expect(error.code).toBe('provider_timeout');
    await expect.poll(() => fake.requests.map((r) => r.state)).toEqual(['aborted', 'aborted']);
  });

  it('does not mistake slow tokens for silence', async () => {
    fake.queue(answer('One two three four five', { delayMs: 150 }));
    expect(textOf(await readAll(name))).toBe('One two three four five');
  });

  it('hangs up when it is aborted or no longer read', async () => {
    const abort = new AbortController();
    fake.queue(answer('word '.repeat(100), { delayMs: 30 }), answer('word '.repeat(100), { delayMs: 30 }));
    const reason = new Error('cancelled');
    const read = async () => {
      for await (const part of providerOf(name).stream(requestOf({ signal: abort.signal }), accessTo(fake.url)))
        if (part.type === 'text-delta') abort.abort(reason);
    };
    await expect(read()).rejects.toBe(reason);
    for await (const part of providerOf(name).stream(requestOf(), accessTo(fake.url))) if (part.type === 'text-delta') break;
    await expect.poll(() => fake.requests.map((r) => r.state)).toEqual(['aborted', 'aborted']);
  });

  it('stops waiting for another attempt when it is aborted', async () => {
    const abort = new AbortController();
    fake.queue(refuse('rate', { headers: { 'retry-after': '0.4' } }), answer('too late'));
    setTimeout(() => abort.abort(new Error('cancelled')), 100);
    const { error } = await readUntilError(name, { signal: abort.signal });
    expect(error.message).toBe('cancelled');
    await sleep(400);
    expect(fake.requests.length).toBe(1);
  });

  it('says clearly that nobody is there', async () => {
    const provider = providerOf(name);
    const read = async () => {
      for await (const _ of provider.stream(requestOf(), accessTo('http://127.0.0.1:1')))
        throw new Error('an answer from nowhere');
    };
    await expect(read()).rejects.toMatchObject({
      code: 'provider_unavailable',
      message: expect.stringContaining('cannot be reached') as string,
    });
  });

  it('keeps to public addresses when told so', async () => {
    const provider = providerOf(name);
    const access = { ...accessTo(fake.url), publicOnly: true };
    await expect(provider.stream(requestOf(), access)[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'outbound_refused',
    });
    await expect(provider.listModels(access, new AbortController().signal)).rejects.toMatchObject({ code: 'outbound_refused' });
    expect(fake.requests.length).toBe(0);
  });

  it('gives texts of two calls different ids', async () => {
    fake.queue(answer('one'), answer('two'));
    const ids = [...(await readAll(name)), ...(await readAll(name))].flatMap((p) => (p.type === 'text-delta' ? [p.id] : []));
    expect(new Set(ids).size).toBe(2);
  });

  it('lists the models, and tells what is wrong when it can not', async () => {
    const list = () => providerOf(name).listModels(accessTo(fake.url), new AbortController().signal);
    fake.setModels(['gemini-a', 'gpt-b']);
    const models = await list();
    const { name: provider } = adapters[name]!;
    expect(models.map((m) => m.id)).toEqual([`${provider}/gemini-a`, `${provider}/gpt-b`]);
    expect(models.every((m) => m.provider === provider)).toBe(true);
    fake.setModels(refuse('auth'));
    await expect(list()).rejects.toMatchObject({ code: 'provider_auth' });
    fake.setModels(refuse('server', { status: 200, body: '<html>' }));
    await expect(list()).rejects.toMatchObject({ code: 'provider_bad_reply' });
    fake.setModels({ connection: 'silent' });
    await expect(list()).rejects.toMatchObject({ code: 'provider_timeout' });
  });
});

describe.each(['openai responses', 'compatible', 'openrouter', 'anthropic', 'google'])('%s', (name) => {
  it('streams what the AI model thinks', async () => {
    fake.queue(answer('Forty-two.', { reasoning: 'Let me think.', usage: { input: 5, output: 9, reasoning: 6 } }));
    const parts = await readAll(name);
    expect(parts.map((p) => (p.type === 'reasoning-delta' ? p.text : '')).join('')).toBe('Let me think.');
    expect(textOf(parts)).toBe('Forty-two.');
  });
});

describe('attachments', () => {
  const file = (mediaType: string, data: string): ChatMessage => ({
    role: 'user',
    content: [
      { type: 'text', text: 'Look' },
      { type: 'file', mediaType, name: 'a.bin', data: new TextEncoder().encode(data) },
    ],
  });

  it.each(names)('%s gets texts as text and images as images', async (name) => {
    fake.queue(answer('ok'), answer('ok'));
    await readAll(name, { messages: [file('text/markdown', '# Grüße')] });
    expect(JSON.stringify(fake.requests[0]!.body)).toContain('# Grüße');
    await readAll(name, { messages: [file('image/png', 'pixels')] });
    expect(JSON.stringify(fake.requests[1]!.body)).toContain(Buffer.from('pixels').toString('base64'));
  });

  it('says so when a server takes no files of a type', async () => {
    const { error } = await readUntilError('compatible', { messages: [file('application/zip', 'x')] });
    expect(error.code).toBe('provider_bad_request');
    expect(fake.requests.length).toBe(0);
  });
});

it('knows prices and capabilities only from the provider', async () => {
  fake.setModels(['some/model']);
  const list = (name: string) => providerOf(name).listModels(accessTo(fake.url), new AbortController().signal);
  expect((await list('openrouter'))[0]).toMatchObject({
    price: { input: 2.5, output: 10 },
    contextTokens: 128_000,
    capabilities: { tools: true, images: true, files: true, reasoning: true },
  });
  expect((await list('compatible'))[0]!.price).toBeNull();
});

describe('the wait before another attempt', () => {
  const failure = (retryAfter?: number) => ({ retry: true, error: { retryAfter } as PiperError });
  it('doubles, with jitter, up to its maximum', () => {
    const waits = [2, 3, 4].map((attempt) => waitBefore(attempt, failure(), llmTiming, () => 1));
    expect(waits).toEqual([500, 1000, 2000]);
    expect(waitBefore(4, failure(), llmTiming, () => 0)).toBe(1000);
    expect(waitBefore(4, failure(), { ...llmTiming, backoffMaxMs: 700 }, () => 1)).toBe(700);
    expect(waitBefore(5, failure(), llmTiming)).toBeUndefined();
  });
  it('is what the provider asks for, within reason', () => {
    expect(waitBefore(2, failure(3), llmTiming, () => 0)).toBe(3000);
    expect(waitBefore(2, failure(21), llmTiming)).toBeUndefined();
  });
});
