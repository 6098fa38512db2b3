/** Lists of models, remembered for a while per provider and access, and asked for once at a time. */
import { createHash } from 'node:crypto';
import type { AiModel, Provider, ProviderAccess } from './provider.ts';
import type { LlmTiming } from './timing.ts';

interface Remembered {
  until: number;
  list: Promise<AiModel[]>;
}

export interface ModelLists {
  /** Rejects as Provider.listModels does; a failure is remembered too, but shortly. */
  get(provider: Provider, access: ProviderAccess, refresh: boolean): Promise<AiModel[]>;
  forget(): void;
}

const capacity = 500;

export function openModelLists(timing: LlmTiming, now: () => number): ModelLists {
  const remembered = new Map<string, Remembered>();

  const ask = (key: string, provider: Provider, access: ProviderAccess): Promise<AiModel[]> => {
    const entry: Remembered = {
      until: now() + timing.listTtlMs,
      list: provider.listModels(access, new AbortController().signal),
    };
    // A reader that comes later gets the same failure; nobody having come yet is no unhandled rejection.
    entry.list.catch(() => (entry.until = now() + timing.listFailureTtlMs));
    remembered.delete(key);
    remembered.set(key, entry);
    if (remembered.size > capacity) remembered.delete(remembered.keys().next().value!);
    return entry.list;
  };

  return {
    get(provider, access, refresh) {
      const key = keyOf(provider, access);
      const known = remembered.get(key);
      return known && !refresh && known.until > now() ? known.list : ask(key, provider, access);
    },
    forget: () => remembered.clear(),
  };
}

/** The key itself must not lie about in memory longer than a call. */
const keyOf = (provider: Provider, access: ProviderAccess): string =>
  createHash('sha256')
    .update(JSON.stringify([provider.name, access.apiKey, access.baseUrl, access.publicOnly === true]))
    .digest('base64');
