/** What differs between providers: how their SDK is opened and what their list of models says. The rest is in sdk-provider.ts. */
import type { LanguageModelV4 } from '@openrouter/ai-sdk-provider';
import type { CallOptions } from '../prompt.ts';
import type { AiModel, ChatRequest } from '../provider.ts';

export interface Connection {
  apiKey: string | undefined;
  /** Without a slash at its end. */
  baseUrl: string;
  /** Whether `fetch` contacts public addresses only. */
  publicOnly: boolean;
  fetch: typeof fetch;
}

/** A model of a list, before the provider's name is put in front. */
export type ListedModel = Omit<AiModel, 'provider'>;

export interface Adapter {
  name: string;
  label: string;
  needsKey: boolean;
  defaultBaseUrl: string | undefined;
  /** Added to an address that has no path: `/v1`. */
  basePath: string;
  preferred: readonly string[];
  /** Opens the SDK's model object; the package is loaded here, when first used. */
  openModel(aiModel: string, connection: Connection): Promise<LanguageModelV4>;
  /** Last word on the options of a call. */
  adjust?(options: CallOptions, request: ChatRequest): CallOptions;
  list: {
    path: string;
    headers(apiKey: string): Record<string, string>;
    /** Reads the reply of one page; ignores entries it doesn't understand. */
    read(body: unknown, baseUrl: string): ListedModel[];
  };
}

/** The entries of `body[key]` that are objects with a string `id` (or `name`). */
export function entriesOf(body: unknown, key: string): Record<string, unknown>[] {
  const list = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[key] : undefined;
  if (!Array.isArray(list)) return [];
  return list.filter((entry): entry is Record<string, unknown> => typeof entry === 'object' && entry !== null);
}

export const stringOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
export const numberOf = (value: unknown): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : null);
export const bearer = (apiKey: string): Record<string, string> => ({ authorization: `Bearer ${apiKey}` });
/** The SDKs refuse to start without a key, which servers of one's own don't ask for. */
export const noKey = 'none';
