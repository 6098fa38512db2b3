/** An AI provider as Piper sees it: a stream of our own parts from a list of messages. Adapters live beside this file. */
import type { StreamPart, Usage } from '@piper/shared/stream/parts';
import type { Ctx } from '../ctx.ts';

/** What an adapter yields: our parts, without the frames that belong to the turn. */
export type ProviderPart =
  | Extract<StreamPart, { type: 'text-delta' | 'reasoning-delta' | 'tool-call' | 'source' }>
  | { type: 'finish'; reason: 'stop' | 'length' | 'tool-calls' | 'content-filter' | 'other'; usage: Usage | null };

export type ChatContent = { type: 'text'; text: string } | { type: 'file'; mediaType: string; name: string; data: Uint8Array };

export type ChatMessage =
  | { role: 'system'; content: string }
  | { role: 'user'; content: ChatContent[] }
  | { role: 'assistant'; content: string; toolCalls?: { id: string; name: string; input: unknown }[] }
  | { role: 'tool'; results: { id: string; name: string; output?: unknown; error?: string }[] };

export interface ToolSpec {
  name: string;
  description: string;
  /** JSON Schema of the input. */
  input: object;
}

export interface ChatRequest {
  /** The id as the provider knows it. */
  aiModel: string;
  messages: ChatMessage[];
  temperature?: number;
  maxTokens?: number;
  tools?: ToolSpec[];
  /** Aborting reaches the provider's connection. */
  signal: AbortSignal;
  /** For providers inside Piper, which answer from what the actor may see; adapters of outside servers must not look at it. */
  scope?: { ctx: Ctx; projectId: string | undefined; threadId: string | undefined };
}

export interface AiModel {
  /** `<provider>/<id>`: `openai/gpt-5`, `local/piper`. */
  id: string;
  name: string;
  provider: string;
  contextTokens: number | null;
  /** Millionths of a US dollar per token; null where the price is unknown. */
  price: { input: number; output: number } | null;
  capabilities: { tools: boolean; images: boolean; files: boolean; reasoning: boolean };
}

/** Credentials of one call: the user's own key, or the instance's. */
export interface ProviderAccess {
  apiKey: string | undefined;
  /** Undefined: the provider's own address. */
  baseUrl: string | undefined;
  /** Set where the address comes from somebody who does not run this instance: only public addresses may be contacted. */
  publicOnly?: boolean;
}

export interface Provider {
  name: string;
  label: string;
  /** False for servers that take none (Ollama, vLLM). */
  needsKey: boolean;
  /** Where it is found without a configured address; undefined: an address must be given. */
  defaultBaseUrl: string | undefined;
  /**
   * Beginnings of ids (as the provider knows them), the best default first; without a match the first model it lists is its
   * default. The first of them is a whole id: it is the default while the list can't be had.
   */
  preferred: readonly string[];
  /**
   * Streams the answer. Before the first part it retries 429 and 5xx with backoff and honours `retry-after`; afterwards
   * it never retries. Throws a PiperError of a `provider_*` code that tells the user what to do; an abort rethrows the signal's reason.
   */
  stream(request: ChatRequest, access: ProviderAccess): AsyncIterable<ProviderPart>;
  /** The models this access may use, from the server's `/models`. Throws like `stream`. */
  listModels(access: ProviderAccess, signal: AbortSignal): Promise<AiModel[]>;
}
