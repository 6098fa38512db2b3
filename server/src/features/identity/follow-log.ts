/** Other processes end sessions and change roles too: what they did arrives by the log, and the remembered actors go. */
import type { Deps } from '#platform/deps';
import type { LogEvent } from '#platform/events/log-reader';
import { forgetActors } from './actor-cache.ts';

type Forget = (subject: string) => Parameters<typeof forgetActors>[1];

const effects: Record<string, Forget> = {
  'session.revoked': (sessionId) => ({ sessionId }),
  'key.revoked': (keyId) => ({ keyId }),
  'role.changed': (userId) => ({ userId }),
  'user.disabled': (userId) => ({ userId }),
};

/** Keeps the cache of actors true from now on. Returns what stops it. */
export function followSecurityEvents(deps: Deps): () => void {
  return deps.events.listen((events) => {
    for (const event of events) forgetAfter(deps, event);
  });
}

function forgetAfter(deps: Deps, event: LogEvent): void {
  if (event.topic !== 'security' || event.subject === null) return;
  const effect = effects[event.type];
  if (effect) forgetActors(deps, effect(event.subject));
}
