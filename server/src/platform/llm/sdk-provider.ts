/**
 * A Provider made of an adapter: opens the SDK's model object and reads its stream directly, below the SDK's own loop, which
 * costs twice as much per token. Retries, time limits, aborts and errors are ours, so they are the same for every provider.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { PiperError } from '@piper/shared/errors';
import { openOutbound, OutboundError } from '../http/outbound.ts';
import { boundedCache } from '../records/bounded-cache.ts';
import type { Adapter, Connection } from './adapters/adapter.ts';
import { failureOf, type Failure, type Whose } from './failures.ts';
import { callOptions } from './prompt.ts';
import type { AiModel, ChatRequest, Provider, ProviderAccess, ProviderPart } from './provider.ts';
import { RefusedReply } from './said.ts';
import type { LlmTiming } from './timing.ts';
import { translator, type SdkPart } from './translate.ts';

/** The two ways to the outside, shared by all providers so that connections are kept. */
export interface Outbounds {
  any: typeof fetch;
  publicOnly: typeof fetch;
}

export const openOutbounds = (timing: LlmTiming): Outbounds => ({
  any: openOutbound({ publicOnly: false, ...timing }),
  publicOnly: openOutbound({ publicOnly: true, ...timing }),
});

const maxListBytes = 16 * 1024 * 1024;

/** Model objects of the SDK kept per provider: each new one compiles its schemas anew, milliseconds before the first word. */
const maxModels = 100;

/** The adapter, opening the same model over the same connection once. */
function keepingModels(adapter: Adapter): Adapter {
  const kept = boundedCache<Awaited<ReturnType<Adapter['openModel']>>>(maxModels);
  return {
    ...adapter,
    async openModel(aiModel, connection) {
      const { baseUrl, apiKey, publicOnly } = connection;
      const key = JSON.stringify([aiModel, baseUrl, apiKey, publicOnly]);
      const model = kept.get(key) ?? (await adapter.openModel(aiModel, connection));
      kept.set(key, model);
      return model;
    },
  };
}

export function createProvider(given: Adapter, timing: LlmTiming, outbounds: Outbounds): Provider {
  const adapter = keepingModels(given);
  const { name, label, needsKey, defaultBaseUrl, preferred } = adapter;
  const connect = (access: ProviderAccess): Connection => ({
    apiKey: access.apiKey,
    baseUrl: baseUrlOf(adapter, access),
    publicOnly: access.publicOnly === true,
    fetch: access.publicOnly ? outbounds.publicOnly : outbounds.any,
  });
  return {
    name,
    label,
    needsKey,
    defaultBaseUrl,
    preferred,
    stream: (request, access) => streamWithRetries(adapter, timing, request, connect(access)),
    listModels: (access, signal) => listModels(adapter, timing, connect(access), signal),
  };
}

function baseUrlOf(adapter: Adapter, access: ProviderAccess): string {
  const given = access.baseUrl ?? adapter.defaultBaseUrl;
  if (given === undefined || !URL.canParse(given)) {
    throw new PiperError('provider_not_configured', {
      message: `${adapter.label} has no valid address. Add one in the settings.`,
    });
  }
  const url = new URL(given);
  if (url.pathname === '/' || url.pathname === '') url.pathname = adapter.basePath;
  return url.href.replace(/\/+$/, '');
}

async function* streamWithRetries(
  adapter: Adapter,
  timing: LlmTiming,
  request: ChatRequest,
  connection: Connection,
): AsyncGenerator<ProviderPart> {
  const whose: Whose = { label: adapter.label, apiKey: connection.apiKey };
  for (let attempt = 1; ; attempt++) {
    let begun = false;
    try {
      for await (const part of readOnce(adapter, request, connection)) {
        begun = true;
        yield part;
      }
      return;
    } catch (thrown) {
      request.signal.throwIfAborted();
      const failure = failureOf(thrown, whose);
      const wait = begun ? undefined : waitBefore(attempt + 1, failure, timing);
      if (wait === undefined) throw failure.error;
      await pause(wait, request.signal);
    }
  }
}

/** Milliseconds before attempt number `attempt`; undefined when there is none. Exported for its test. */
export function waitBefore(
  attempt: number,
  { error, retry }: Failure,
  timing: LlmTiming,
  random: () => number = Math.random,
): number | undefined {
  if (!retry || attempt > timing.attempts) return undefined;
  if (error.retryAfter !== undefined) {
    const asked = error.retryAfter * 1000;
    return asked > timing.retryAfterMaxMs ? undefined : asked + random() * timing.backoffMs * 0.1;
  }
  const full = Math.min(timing.backoffMaxMs, timing.backoffMs * 2 ** (attempt - 2));
  return full * (0.5 + random() * 0.5);
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    signal.throwIfAborted();
  }
}

/** One attempt. Leaving the loop, in whatever way, closes the connection. */
async function* readOnce(adapter: Adapter, request: ChatRequest, connection: Connection): AsyncGenerator<ProviderPart> {
  const cut = new AbortController();
  const forward = () => cut.abort(request.signal.reason);
  request.signal.throwIfAborted();
  request.signal.addEventListener('abort', forward, { once: true });
  let finished = false;
  try {
    const model = await adapter.openModel(request.aiModel, connection);
    const base = callOptions(request);
    const options = adapter.adjust?.(base, request) ?? base;
    const { stream } = await model.doStream({ ...options, abortSignal: cut.signal });
    const reader: ReadableStreamDefaultReader<SdkPart> = stream.getReader();
    const translate = translator(adapter.label);
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      const part = translate(next.value);
      if (part === undefined) continue;
      finished ||= part.type === 'finish';
      yield part;
    }
    if (!finished) throw new OutboundError('dropped');
  } finally {
    request.signal.removeEventListener('abort', forward);
    if (!finished) cut.abort();
  }
}

async function listModels(adapter: Adapter, timing: LlmTiming, connection: Connection, signal: AbortSignal): Promise<AiModel[]> {
  const { name, label, list } = adapter;
  const deadline = AbortSignal.timeout(timing.listMs);
  try {
    const headers = { accept: 'application/json', ...(connection.apiKey === undefined ? {} : list.headers(connection.apiKey)) };
    const response = await connection.fetch(connection.baseUrl + list.path, {
      headers,
      signal: AbortSignal.any([signal, deadline]),
    });
    const body = await readText(response);
    if (!response.ok) throw new RefusedReply(response, body);
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed !== 'object' || parsed === null) throw new SyntaxError('not an object');
    return list.read(parsed, connection.baseUrl).map((model) => ({ ...model, id: `${name}/${model.id}`, provider: name }));
  } catch (thrown) {
    signal.throwIfAborted();
    if (deadline.aborted)
      throw new PiperError('provider_timeout', { message: `${label} did not answer in time. Try again.`, cause: thrown });
    throw failureOf(thrown, { label, apiKey: connection.apiKey }).error;
  }
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const body: AsyncIterable<Uint8Array> | undefined = response.body ?? undefined;
  if (!body) return '';
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > maxListBytes) throw new RangeError('the reply is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
