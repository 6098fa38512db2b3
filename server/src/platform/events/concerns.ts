/** Whose rights an event may have changed: what streams and subscriptions go by when they look at their reader's rights again. */
import { userIdOf, type Actor } from '../actor.ts';
import type { LogEvent } from './log-reader.ts';

/** After these a person's rights may be others than before. */
const changesRights =
  /^(member\.(updated|deleted|removed)|participant\.(deleted|removed)|(thread|project)\.deleted|models\.changed|(role|user|session|key)\.(changed|revoked|disabled|deleted))$/;

export const mayChangeRights = ({ type }: LogEvent): boolean => changesRights.test(type);

/** The event names this actor's person, or ends the session or key they act with. */
export function concernsActor(event: LogEvent, actor: Actor): boolean {
  return peopleOf(event).has(userIdOf(actor) ?? '') || isCredentialOf(event, actor);
}

/** The session or key the actor acts with has ended. */
export const endsCredential = (event: LogEvent, actor: Actor): boolean =>
  event.type.endsWith('.revoked') && isCredentialOf(event, actor);

function peopleOf({ data, subject, topic, type }: LogEvent): Set<string> {
  const sides = [data, data['before'], data['after']].filter(
    (side): side is Record<string, unknown> => typeof side === 'object' && side !== null,
  );
  const named = sides.map((side) => side['userId']).filter((id) => typeof id === 'string');
  // What ends a project is told to each of its members, who may hear of it by other topics only.
  const people = topic.startsWith('user:') ? [...named, topic.slice('user:'.length)] : named;
  return new Set(type.startsWith('user.') || type.startsWith('role.') ? [...people, subject ?? ''] : people);
}

function isCredentialOf({ subject }: LogEvent, actor: Actor): boolean {
  if (actor.kind === 'user') return actor.sessionId === subject;
  return actor.kind === 'key' && actor.keyId === subject;
}
