/**
 * The query cache, and its copy in IndexedDB, from which lists and threads open at once. The copy is disposable: it is
 * dropped when its version or its owner differs, and everything restored counts as stale and is read again.
 */
import {
  MutationCache,
  QueryCache,
  QueryClient,
  type Query,
  type QueryCacheNotifyEvent,
  type QueryKey,
} from '@tanstack/react-query';
import { clear, createStore, entries, set, type UseStore } from 'idb-keyval';
import { ApiError } from './api-error.ts';

const cacheVersion = 2;
const maxAge = 14 * 24 * 3600 * 1000;
const maxEntries = 150;

export const queryClient = new QueryClient({
  queryCache: new QueryCache(),
  mutationCache: new MutationCache(),
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      gcTime: 10 * 60_000,
      retry: (count, error) => count < 2 && (!(error instanceof ApiError) || error.status === 0 || error.status >= 500),
      refetchOnWindowFocus: true,
    },
    mutations: { retry: false },
  },
});

interface Entry {
  version: number;
  owner: string;
  at: number;
  key: QueryKey;
  data: unknown;
}

/** A query is kept when its `meta` says so: `{ keep: true }`, or a function that cuts its data to what is worth keeping. */
const isKept = (query: Query): boolean => query.meta?.['keep'] !== undefined;

function keptData({ meta, state }: Query): unknown {
  const keep = meta?.['keep'];
  return typeof keep === 'function' ? (keep as (data: unknown) => unknown)(state.data) : state.data;
}

let store: UseStore | undefined;
let stop: (() => void) | undefined;

function open(): UseStore | undefined {
  try {
    store ??= createStore('piper-cache', 'queries');
    return store;
  } catch {
    return undefined; // Private windows may have no IndexedDB; then there is simply no cache.
  }
}

/** Restores what `owner` saw last and keeps the copy up to date from now on. Never fails. */
export async function openCache(owner: string): Promise<void> {
  const opened = open();
  if (!opened) return;
  stop?.();
  try {
    await restore(opened, owner);
  } catch {
    await clear(opened).catch(() => undefined);
  }
  stop = keepCopy(opened, owner);
}

async function restore(opened: UseStore, owner: string): Promise<void> {
  const all = (await entries(opened)) as [IDBValidKey, Entry][];
  const usable = all.filter(([, e]) => e.version === cacheVersion && e.owner === owner && e.at > Date.now() - maxAge);
  if (usable.length < all.length || usable.length > maxEntries) await clear(opened);
  for (const [, entry] of usable) {
    if (queryClient.getQueryData(entry.key) === undefined) queryClient.setQueryData(entry.key, entry.data, { updatedAt: 1 });
  }
}

function keepCopy(opened: UseStore, owner: string): () => void {
  const waiting = new Map<string, Entry>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = (): void => {
    timer = undefined;
    for (const [hash, entry] of waiting) void set(hash, entry, opened).catch(() => undefined);
    waiting.clear();
  };
  const unsubscribe = queryClient.getQueryCache().subscribe((event: QueryCacheNotifyEvent) => {
    if (event.type !== 'updated' || event.action.type !== 'success') return;
    const query = event.query as Query;
    if (!isKept(query)) return;
    waiting.set(query.queryHash, { version: cacheVersion, owner, at: Date.now(), key: query.queryKey, data: keptData(query) });
    timer ??= setTimeout(flush, 1_000);
  });
  return () => {
    unsubscribe();
    clearTimeout(timer);
  };
}

/** Forgets everything, in memory and on disk: at sign-out. */
export async function dropCache(): Promise<void> {
  stop?.();
  stop = undefined;
  queryClient.clear();
  const opened = open();
  if (opened) await clear(opened).catch(() => undefined);
}
