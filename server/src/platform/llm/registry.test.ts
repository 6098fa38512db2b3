import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { answer, cutShort, refuse, startFakeLlm, type FakeLlm } from '../../../../test/fake-llm/fake-llm.ts';
import { testEnv } from '../../../../test/env.ts';
import { system } from '../actor.ts';
import type { Ctx } from '../ctx.ts';
import type { Env } from '../env.ts';
import { defineFeature, type Feature } from '../feature.ts';
import { metrics } from '../metrics.ts';
import type { ModelRequest, StoredAccess } from './llm.ts';
import type { ChatRequest, Provider, ProviderPart } from './provider.ts';
import { openLlm } from './registry.ts';

let fake: FakeLlm;
beforeAll(async () => {
  fake = await startFakeLlm();
});
afterEach(() => fake.reset());
afterAll(() => fake.close());

// Nothing here reads the database: a Ctx is only handed through.
const ctx = { actor: system, requestId: 'test' } as Ctx;
const nothing = { apiKey: undefined, baseUrl: undefined };
type Keys = Partial<Env['ai']['providers']>;

const envWith = (providers: Keys, wanted: { provider?: string; model?: string } = {}): Env =>
  testEnv('/nowhere', {
    ai: {
      provider: wanted.provider,
      model: wanted.model,
      providers: { openai: nothing, openrouter: nothing, anthropic: nothing, google: nothing, ollama: nothing, ...providers },
    },
  });

const open = (providers: Keys = {}, options: { features?: Feature[]; wanted?: { provider?: string; model?: string } } = {}) =>
  openLlm({
    env: envWith(providers, options.wanted),
    features: () => options.features ?? [],
    timing: { attempts: 1, listMs: 500, connectMs: 300 },
  });

const storing = (stored: StoredAccess[]): Feature => defineFeature({ name: 'stored', providerAccess: async () => stored });
const at = (key?: string) => ({ apiKey: key, baseUrl: fake.url });
const chat = (aiModel: string, over: Partial<ModelRequest> = {}): ModelRequest => ({
  aiModel,
  messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
  signal: new AbortController().signal,
  ...over,
});

async function read(parts: AsyncIterable<ProviderPart>): Promise<string> {
  let text = '';
  for await (const part of parts) if (part.type === 'text-delta') text += part.text;
  return text;
}

describe('finding a provider', () => {
  it('takes what stands before the first slash', async () => {
    const llm = open({ openrouter: { apiKey: 'k', baseUrl: undefined } });
    const found = await llm.resolve(ctx, 'openrouter/meta/llama-4');
    expect(found).toMatchObject({
      id: 'openrouter/meta/llama-4',
      aiModel: 'meta/llama-4',
      provider: { name: 'openrouter' },
      access: { apiKey: 'k' },
    });
  });

  it.each(['', 'gpt-5', '/gpt-5', 'openai/', 'nobody/gpt-5', '__proto__/x'])('refuses "%s"', async (id) => {
    await expect(open({ openai: at('k') }).resolve(ctx, id)).rejects.toMatchObject({ code: 'ai_model_unknown' });
  });

  it('says what is missing', async () => {
    await expect(open().resolve(ctx, 'openai/gpt-5')).rejects.toMatchObject({
      code: 'provider_not_configured',
      message: expect.stringContaining('key') as string,
    });
    await expect(open().resolve(ctx, 'ollama/llama')).rejects.toMatchObject({
      code: 'provider_not_configured',
      message: expect.stringContaining('address') as string,
    });
  });

  it('prefers stored keys, in their order, to the environment, and never mixes two', async () => {
    const stored: StoredAccess[] = [
      { provider: 'openai', access: { apiKey: 'own', baseUrl: undefined } },
      { provider: 'openai', access: { apiKey: 'instance', baseUrl: 'http://instance' } },
      { provider: 'anthropic', access: { apiKey: 'a', baseUrl: undefined } },
    ];
    const llm = open(
      { openai: { apiKey: 'env', baseUrl: 'http://env' }, google: { apiKey: 'g', baseUrl: undefined } },
      { features: [storing(stored)] },
    );
    expect((await llm.resolve(ctx, 'openai/x')).access).toEqual({ apiKey: 'own', baseUrl: undefined });
    expect((await llm.resolve(ctx, 'anthropic/x')).access.apiKey).toBe('a');
    expect((await llm.resolve(ctx, 'google/x')).access.apiKey).toBe('g');
  });

  it('takes a server of one own without a key', async () => {
    fake.queue(answer('Here'));
    expect(await read(open({ openai: at() }).stream(ctx, chat('openai/some')))).toBe('Here');
    expect(fake.requests[0]).toMatchObject({ protocol: 'openai-chat', model: 'some' });
  });
});

describe('contributed providers', () => {
  const asked: ChatRequest[] = [];
  const local: Provider = {
    name: 'local',
    label: 'Local',
    needsKey: false,
    defaultBaseUrl: undefined,
    preferred: [],
    async *stream(request) {
      asked.push(request);
      yield { type: 'text-delta', id: '1', text: 'Found nothing.' };
      yield { type: 'finish', reason: 'stop', usage: null };
    },
    listModels: async () => [
      {
        id: 'local/piper',
        name: 'Piper',
        provider: 'local',
        contextTokens: null,
        price: null,
        capabilities: { tools: false, images: false, files: false, reasoning: false },
      },
    ],
  };
  const features = [defineFeature({ name: 'assistants', providers: [local] })];

  it('need no configuration, know who asks and where, and take no keys', async () => {
    const llm = open({}, { features });
    expect(await read(llm.stream(ctx, chat('local/piper', { projectId: 'p', threadId: 't' })))).toBe('Found nothing.');
    expect(asked[0]).toMatchObject({ aiModel: 'piper', scope: { ctx, projectId: 'p', threadId: 't' } });
    expect(await llm.defaultModel(ctx)).toBe('local/piper');
    expect(llm.configurable.some((p) => p.name === 'local')).toBe(false);
    expect(() => llm.check('local', { apiKey: 'k', baseUrl: undefined })).toThrow('There is no such provider.');
  });

  it('come after those of the outside', async () => {
    fake.setModels(['llama']);
    expect(await open({ ollama: at() }, { features }).defaultModel(ctx)).toBe('ollama/llama');
  });
});

describe('the default', () => {
  it('is what the environment says', async () => {
    expect(await open({}, { wanted: { provider: 'anthropic', model: 'claude-x' } }).defaultModel(ctx)).toBe('anthropic/claude-x');
    expect(await open({}, { wanted: { model: 'google/gemini-x' } }).defaultModel(ctx)).toBe('google/gemini-x');
    expect(await open({}, { wanted: { provider: 'openai', model: 'openai/gpt-x' } }).defaultModel(ctx)).toBe('openai/gpt-x');
    expect(await open({}, { wanted: { provider: 'openrouter', model: 'openrouter/auto' } }).defaultModel(ctx)).toBe(
      'openrouter/openrouter/auto',
    );
  });

  it('is the best known model of the provider that was named, or of the first configured one', async () => {
    fake.setModels(['claude-haiku-4-5', 'claude-sonnet-4-5', 'gpt-b']);
    const both = { anthropic: at('k'), ollama: at() };
    expect(await open(both).defaultModel(ctx)).toBe('anthropic/claude-sonnet-4-5');
    expect(await open(both, { wanted: { provider: 'ollama' } }).defaultModel(ctx)).toBe('ollama/claude-haiku-4-5');
  });

  it('stays with a configured provider that can not be reached', async () => {
    expect(await open({ anthropic: { apiKey: 'k', baseUrl: 'http://127.0.0.1:1' } }).defaultModel(ctx)).toBe(
      'anthropic/claude-sonnet-5-5',
    );
  });
});

describe('lists', () => {
  it('are asked for once, also when many want them at the same time', async () => {
    const llm = open({ ollama: at() });
    fake.setModels(['a', 'b']);
    const lists = await Promise.all([llm.listModels(ctx), llm.listModels(ctx), llm.defaultModel(ctx)]);
    expect(lists[0].models.map((m) => m.id)).toEqual(['ollama/a', 'ollama/b']);
    expect(fake.requests.length).toBe(1);
    llm.forget();
    await llm.listModels(ctx);
    expect(fake.requests.length).toBe(2);
  });

  it('describe one model, or nothing', async () => {
    fake.setModels(['some/model']);
    const llm = open({ openrouter: at('k') });
    expect(await llm.describeModel(ctx, 'openrouter/some/model')).toMatchObject({ price: { input: 2.5, output: 10 } });
    expect(await llm.describeModel(ctx, 'openrouter/other/model')).toBeNull();
    expect(
      await open({ openrouter: { apiKey: 'k', baseUrl: 'http://127.0.0.1:1' } }).describeModel(ctx, 'openrouter/x'),
    ).toBeNull();
  });
});

describe('measuring', () => {
  it('counts tokens, times and errors by provider', async () => {
    const before = await valueOf('piper_provider_tokens_total{provider="ollama",direction="out"}');
    const llm = open({ ollama: at() });
    fake.queue(answer('One two three', { usage: { input: 10, output: 3 } }), refuse('auth'), cutShort('Half', { do: 'drop' }));
    await read(llm.stream(ctx, chat('ollama/x')));
    await expect(read(llm.stream(ctx, chat('ollama/x')))).rejects.toMatchObject({ code: 'provider_auth' });
    await expect(read(llm.stream(ctx, chat('ollama/x')))).rejects.toMatchObject({ code: 'provider_unavailable' });
    expect(await valueOf('piper_provider_tokens_total{provider="ollama",direction="out"}')).toBe(before + 3);
    expect(await valueOf('piper_provider_errors_total{provider="ollama",code="provider_auth"}')).toBe(1);
    expect(await valueOf('piper_provider_first_part_seconds_count{provider="ollama"}')).toBe(2);
    expect(await valueOf('piper_provider_answer_seconds_count{provider="ollama",outcome="failed"}')).toBe(2);
  });
});

async function valueOf(series: string): Promise<number> {
  const line = (await metrics.metrics()).split('\n').find((l) => l.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1) ?? 0);
}
