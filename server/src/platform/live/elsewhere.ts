/**
 * Subscriptions that show other records after changes elsewhere: of what their filter or their reader's rules look at. Which
 * of the records shown such a change concerns nobody knows, so their readers are told to read again, at most every two seconds.
 */
import type { Db } from '../db/db.ts';
import { comparePositions, type LogPosition } from '../events/cursor.ts';
import { readLog, type LogEvent } from '../events/log-reader.ts';
import { never, sendSnapshotRequired, type Subscription } from './client.ts';

const pauseMs = 2_000;
const pageSize = 200;

export interface Elsewhere {
  /** Hears for it what it says it needs; again after it was opened anew. */
  follow(subscription: Subscription): void;
  forget(subscription: Subscription): void;
  hear(event: LogEvent): void;
}

interface Followed {
  keys: readonly string[];
  /** Until it fires nothing is told. */
  pause?: NodeJS.Timeout | undefined;
  isDue: boolean;
}

export function openElsewhere(): Elsewhere {
  const byKey = new Map<string, Set<Subscription>>();
  const followed = new Map<Subscription, Followed>();
  const drop = (subscription: Subscription): void => {
    for (const key of followed.get(subscription)?.keys ?? []) {
      const subscriptions = byKey.get(key)!;
      subscriptions.delete(subscription);
      if (subscriptions.size === 0) byKey.delete(key);
    }
  };
  return {
    follow(subscription) {
      drop(subscription);
      const keys = subscription.hearing?.elsewhere ?? [];
      const known = followed.get(subscription);
      if (known) known.keys = keys;
      else followed.set(subscription, { keys, isDue: false });
      for (const key of keys) byKey.set(key, (byKey.get(key) ?? new Set()).add(subscription));
    },
    forget(subscription) {
      drop(subscription);
      clearTimeout(followed.get(subscription)?.pause);
      followed.delete(subscription);
    },
    hear(event) {
      const concerned = keysOf(event).flatMap((key) => [...(byKey.get(key) ?? [])]);
      for (const subscription of concerned)
        if (!isBefore(subscription, event) && subscription.hearing?.mayMatter(event))
          tell(subscription, followed.get(subscription)!);
    },
  };
}

/** Under which an event is looked for: its topic, and the beginning of its type. */
const keysOf = ({ topic, type }: LogEvent): string[] => [topic, `${type.split('.')[0]}.`];

/** One that is just being opened is told rather than not. */
const isBefore = ({ after, definedAt }: Subscription, event: LogEvent): boolean =>
  (after !== never && comparePositions(after, event) >= 0) || (definedAt !== undefined && comparePositions(event, definedAt) < 0);

function tell(subscription: Subscription, state: Followed): void {
  state.isDue = state.pause !== undefined;
  if (state.isDue) return;
  sendSnapshotRequired(subscription);
  state.pause = setTimeout(() => {
    state.pause = undefined;
    if (state.isDue) tell(subscription, state);
  }, pauseMs).unref();
}

/** Whether something that may matter to it was told since, or too much to look through. */
export async function wasMissed(
  db: Db,
  { hearing }: Subscription,
  { from, until, most }: { from: LogPosition; until: LogPosition; most: number },
): Promise<boolean> {
  if (!hearing || hearing.elsewhere.length === 0) return false;
  const isType = (key: string): boolean => key.endsWith('.');
  const anyOf = { topics: hearing.elsewhere.filter((key) => !isType(key)), types: hearing.elsewhere.filter(isType) };
  let after = from;
  for (let read = 0; read <= most; read += pageSize) {
    const { events } = await readLog(db, { after, until, anyOf, limit: pageSize });
    if (events.some((event) => hearing.mayMatter(event))) return true;
    if (events.length < pageSize) return false;
    after = events.at(-1)!;
  }
  return true;
}
