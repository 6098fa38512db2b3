/** Changes of other records that may change which records a subscription shows, or how. */
import type { DataModel } from '@piper/shared/data-model';
import type { LogEvent } from '#platform/events/log-reader';
import type { Hearing } from '#platform/live/topics';
import type { Crossed, Reach } from '#platform/records/condition-reach';
import type { Values } from '#platform/records/hooks';

export type Lookout = Pick<Hearing, 'elsewhere' | 'mayMatter'>;

interface Place extends Crossed {
  /** A topic, or the beginning of a type where each record has a topic of its own. */
  key: string;
  eventName: string;
}

/** `userId`: whose fields `reach.user` are. */
export function openLookout({ crossed, user }: Reach, userId: string | undefined): Lookout {
  const places = [...crossed].map(([model, what]): Place => ({ ...what, key: keyOf(model), eventName: model.eventName }));
  if (user.size > 0 && userId !== undefined)
    places.push({ key: `user:${userId}`, eventName: 'user', fields: user, comesBy: new Set() });
  return {
    elsewhere: [...new Set(places.map(({ key }) => key))],
    mayMatter: (event) => places.some((place) => isAt(place, event) && matters(place, event)),
  };
}

const keyOf = ({ projectId, topics, eventName }: DataModel): string =>
  projectId === undefined || topics[0] === undefined ? `${eventName}.` : topics[0];

const isAt = ({ key, eventName }: Place, { topic, type }: LogEvent): boolean =>
  type.startsWith(`${eventName}.`) && (key === topic || key === `${eventName}.`);

/** A new record matters where it comes into sight by itself; what it is reached by from here is a change of its own. */
function matters({ fields, comesBy }: Crossed, { type, data }: LogEvent): boolean {
  const [before, after] = [data['before'], data['after']] as (Values | null | undefined)[];
  if (type.endsWith('.created')) return [...comesBy].some((key) => (after?.[key] ?? null) !== null);
  if (!type.endsWith('.updated') || !before || !after) return true;
  return [...fields].some((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));
}
