/**
 * Who stands behind a credential, remembered for a short while so that a request costs no query for it. Entries go when the
 * log says that the account, session or key changed; the short life only covers a lost wake-up between processes.
 */
import type { Actor } from '#platform/actor';
import type { Deps } from '#platform/deps';

const maxEntries = 20_000;
const rememberedMs = 15_000;

type Remembered = Exclude<Actor, { kind: 'system' }>;

interface Cache {
  entries: Map<string, { actor: Remembered; until: number }>;
  /** Grows with each `forgetActors`; what was read before must not be remembered after. */
  generation: number;
}

const caches = new WeakMap<Deps, Cache>();

function cacheOf(deps: Deps): Cache {
  let cache = caches.get(deps);
  if (!cache) caches.set(deps, (cache = { entries: new Map(), generation: 0 }));
  return cache;
}

/** The remembered actor of this credential, or what `load` finds; never remembered beyond `expiresAt` (milliseconds). */
export async function rememberedActor(
  deps: Deps,
  credential: string,
  load: () => Promise<{ actor: Remembered; expiresAt: number } | undefined>,
): Promise<Actor | undefined> {
  const cache = cacheOf(deps);
  const known = cache.entries.get(credential);
  if (known && known.until > deps.clock.now().getTime()) return known.actor;
  cache.entries.delete(credential);
  const { generation } = cache;
  const found = await load();
  if (found && generation === cache.generation) {
    makeRoom(cache.entries);
    cache.entries.set(credential, {
      actor: found.actor,
      until: Math.min(found.expiresAt, deps.clock.now().getTime() + rememberedMs),
    });
  }
  return found?.actor;
}

function makeRoom(entries: Cache['entries']): void {
  if (entries.size < maxEntries) return;
  const oldest = entries.keys().next();
  if (!oldest.done) entries.delete(oldest.value);
}

/** Forgets every credential of this account, session or key. */
export function forgetActors(deps: Deps, of: { userId?: string; sessionId?: string; keyId?: string }): void {
  const cache = cacheOf(deps);
  cache.generation++;
  for (const [credential, { actor }] of cache.entries) {
    const isMeant =
      actor.userId === of.userId ||
      (actor.kind === 'user' && actor.sessionId === of.sessionId) ||
      (actor.kind === 'key' && actor.keyId === of.keyId);
    if (isMeant) cache.entries.delete(credential);
  }
}
