/** Finds the provider and the key of an AI model, streams its answer and lists what can be used. Opened once per server. */
import { PiperError, fail } from '@piper/shared/errors';
import type { Ctx } from '../ctx.ts';
import { systemClock, type Clock } from '../deps.ts';
import type { Env } from '../env.ts';
import { contributed, type Feature } from '../feature.ts';
import type { Adapter } from './adapters/adapter.ts';
import { anthropic } from './adapters/anthropic.ts';
import { compatibleServer, ollama } from './adapters/compatible.ts';
import { google } from './adapters/google.ts';
import { openAi } from './adapters/openai.ts';
import { openRouter } from './adapters/openrouter.ts';
import type { Llm, ModelList, ModelRequest, ResolvedAiModel, StoredAccess } from './llm.ts';
import { providerErrors, providerFirstPart, providerTokens, providerTotal } from './metrics.ts';
import { openModelLists } from './model-lists.ts';
import type { AiModel, Provider, ProviderAccess, ProviderPart } from './provider.ts';
import { createProvider, openOutbounds } from './sdk-provider.ts';
import { llmTiming, type LlmTiming } from './timing.ts';

/** In this order the first configured one is the default. */
const builtIn: Adapter[] = [openAi(), anthropic, google, openRouter, ollama, compatibleServer];

export interface LlmOptions {
  env: Pick<Env, 'ai'>;
  /** Asked for when first needed: the features are known only after the parts of the server were opened. */
  features: () => readonly Feature[];
  clock?: Clock;
  timing?: Partial<LlmTiming>;
  /** Instead of the built-in ones, in tests. */
  adapters?: Adapter[];
}

/** What is used when nothing is configured and no feature brings a provider of its own. */
const lastResort = 'local/piper';

export function openLlm({ env, features, clock = systemClock, timing, adapters = builtIn }: LlmOptions): Llm {
  const times: LlmTiming = { ...llmTiming, ...timing };
  const outbounds = openOutbounds(times);
  const outside = adapters.map((adapter) => createProvider(adapter, times, outbounds));
  const lists = openModelLists(times, () => clock.now().getTime());
  const inside = lazy(() => contributed(features(), 'providers').flat());
  const stores = lazy(() => contributed(features(), 'providerAccess'));
  const all = lazy(() => [...outside, ...inside()]);

  const findProvider = (name: string): Provider | undefined => all().find((p) => p.name === name);

  /** What the actor may use, one access per provider: own key, instance's key, environment. */
  const findAccess = async (ctx: Ctx): Promise<Map<string, ProviderAccess>> => {
    const stored = (await Promise.all(stores().map((find) => find(ctx)))).flat();
    const found = new Map<string, ProviderAccess>(inside().map((p) => [p.name, nothing]));
    for (const { provider: name, access } of [...stored, ...fromEnv(env)]) {
      const provider = findProvider(name);
      if (provider && !found.has(name) && isConfigured(provider, access)) found.set(name, access);
    }
    return found;
  };

  const resolve = async (ctx: Ctx, id: string): Promise<ResolvedAiModel> => {
    const slash = id.indexOf('/');
    const provider = slash > 0 ? findProvider(id.slice(0, slash)) : undefined;
    if (!provider || slash === id.length - 1)
      fail('ai_model_unknown', `There is no AI model "${shorten(id)}". Choose another one.`);
    const access = (await findAccess(ctx)).get(provider.name);
    if (!access)
      fail(
        'provider_not_configured',
        `${provider.label} is not set up. Add ${provider.needsKey ? 'a key' : 'its address'} in the settings.`,
      );
    return { id, provider, aiModel: id.slice(slash + 1), access };
  };

  const modelsOf = (provider: Provider, access: ProviderAccess, refresh = false) => lists.get(provider, access, refresh);

  const defaultOf = async (provider: Provider, access: ProviderAccess): Promise<string | undefined> => {
    try {
      const models = await modelsOf(provider, access);
      return (preferredOf(provider, models) ?? models[0])?.id;
    } catch {
      // It is configured; what is wrong with it comes out when it is used.
      return provider.preferred[0] === undefined ? undefined : `${provider.name}/${provider.preferred[0]}`;
    }
  };

  const defaultModel = async (ctx: Ctx): Promise<string> => {
    const wanted = wantedDefault(env.ai, findProvider);
    if (wanted.model !== undefined) return wanted.model;
    const access = await findAccess(ctx);
    for (const provider of wanted.provider ? [wanted.provider] : all()) {
      const given = access.get(provider.name);
      const id = given && (await defaultOf(provider, given));
      if (id !== undefined) return id;
    }
    return lastResort;
  };

  return {
    get providers() {
      return all();
    },
    configurable: outside,
    resolve,
    stream: (ctx, request) => streamMeasured(ctx, request, resolve),
    async listModels(ctx, { refresh = false } = {}) {
      const access = await findAccess(ctx);
      const usable = all().filter((p) => access.has(p.name));
      const results = await Promise.allSettled(usable.map((p) => modelsOf(p, access.get(p.name)!, refresh)));
      return mergeLists(usable, results);
    },
    defaultModel,
    async describeModel(ctx, id) {
      const { provider, access } = await resolve(ctx, id);
      const models = await modelsOf(provider, access).catch(() => []);
      return models.find((model) => model.id === id) ?? null;
    },
    check(name, access) {
      const provider = outside.find((p) => p.name === name);
      if (!provider) fail('not_found', 'There is no such provider.');
      if (!isConfigured(provider, access)) fail('provider_not_configured');
      return provider.listModels(access, new AbortController().signal);
    },
    forget: () => lists.forget(),
  };
}

function lazy<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

const nothing: ProviderAccess = { apiKey: undefined, baseUrl: undefined };

const fromEnv = (env: Pick<Env, 'ai'>): StoredAccess[] =>
  Object.entries(env.ai.providers).map(([provider, { apiKey, baseUrl }]) => ({ provider, access: { apiKey, baseUrl } }));

/** A key is enough where there is a default address; a server of one's own (any given address) may ask for none. */
const isConfigured = (provider: Provider, access: ProviderAccess): boolean =>
  access.baseUrl !== undefined || (access.apiKey !== undefined && provider.defaultBaseUrl !== undefined);

const shorten = (text: string): string => (text.length > 80 ? `${text.slice(0, 79)}…` : text);

/** AI_MODEL may say `<provider>/<id>` itself; without AI_PROVIDER it must. */
function wantedDefault(ai: Env['ai'], find: (name: string) => Provider | undefined): { model?: string; provider?: Provider } {
  const provider = ai.provider === undefined ? undefined : find(ai.provider);
  if (ai.model === undefined) return provider ? { provider } : {};
  if (!provider) return { model: ai.model };
  return {
    model: ai.model.startsWith(`${provider.name}/`) && provider.name !== 'openrouter' ? ai.model : `${provider.name}/${ai.model}`,
  };
}

function preferredOf(provider: Provider, models: readonly AiModel[]): AiModel | undefined {
  for (const beginning of provider.preferred) {
    const wanted = `${provider.name}/${beginning}`;
    const found = models.find((model) => model.id === wanted) ?? models.find((model) => model.id.startsWith(wanted));
    if (found) return found;
  }
  return undefined;
}

function mergeLists(providers: readonly Provider[], results: readonly PromiseSettledResult<AiModel[]>[]): ModelList {
  const merged: ModelList = { models: [], failures: [] };
  results.forEach((result, i) => {
    if (result.status === 'fulfilled') return void merged.models.push(...result.value);
    const error =
      result.reason instanceof PiperError ? result.reason : new PiperError('provider_unavailable', { cause: result.reason });
    merged.failures.push({ provider: providers[i]!.name, code: error.code, message: error.message });
  });
  return merged;
}

async function* streamMeasured(ctx: Ctx, request: ModelRequest, resolve: Llm['resolve']): AsyncGenerator<ProviderPart> {
  const { projectId, threadId, ...chat } = request;
  const { provider, aiModel, access } = await resolve(ctx, request.aiModel);
  const labels = { provider: provider.name };
  const start = performance.now();
  const elapsed = () => (performance.now() - start) / 1000;
  let first = true;
  let outcome = 'cut';
  try {
    for await (const part of provider.stream({ ...chat, aiModel, scope: { ctx, projectId, threadId } }, access)) {
      if (first) providerFirstPart.observe(labels, elapsed());
      first = false;
      if (part.type === 'finish') {
        outcome = 'finished';
        countTokens(provider.name, part);
      }
      yield part;
    }
  } catch (error) {
    if (!request.signal.aborted) {
      outcome = 'failed';
      providerErrors.inc({ ...labels, code: error instanceof PiperError ? error.code : 'internal' });
    }
    throw error;
  } finally {
    providerTotal.observe({ ...labels, outcome }, elapsed());
  }
}

function countTokens(provider: string, { usage }: Extract<ProviderPart, { type: 'finish' }>): void {
  if (usage?.inputTokens) providerTokens.inc({ provider, direction: 'in' }, usage.inputTokens);
  if (usage?.outputTokens) providerTokens.inc({ provider, direction: 'out' }, usage.outputTokens);
}
