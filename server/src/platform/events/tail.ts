/**
 * The one reader of the log's end in this process. It feeds everything here that follows the log without needing to
 * survive a restart: the live gateway, caches, durable readers' wake-ups.
 */
import type { Logger } from 'pino';
import type { Db } from '../db/db.ts';
import type { LogPosition } from './cursor.ts';
import { readHead, readLog, type LogEvent } from './log-reader.ts';

const pageSize = 1_000;
const pollMs = 1_000;
const firstRetryMs = 5;
const lastRetryMs = 250;

export type Hear = (events: readonly LogEvent[]) => void;

export interface Tail {
  /** Everything up to here was given to the listeners. */
  position(): LogPosition;
  /** Calls `hear` with each settled event from now on, in order. Returns what stops it. */
  listen(hear: Hear): () => void;
  /** Looks at once. */
  wake(): void;
  close(): Promise<void>;
}

export async function openTail(db: Db, log: Logger): Promise<Tail> {
  const listeners = new Set<Hear>();
  let position = await readHead(db);
  const sleep = openSleep();
  let stopped = false;

  function hand(events: readonly LogEvent[]): void {
    const last = events.at(-1);
    if (!last) return;
    position = { transactionId: last.transactionId, position: last.position };
    for (const hear of listeners) {
      try {
        hear(events);
      } catch (err) {
        log.error({ err }, 'a listener of the event log failed');
      }
    }
  }

  async function follow(): Promise<void> {
    let retryMs = firstRetryMs;
    while (!stopped) {
      try {
        const page = await readLog(db, { after: position, limit: pageSize });
        hand(page.events);
        if (page.events.length > 0) retryMs = firstRetryMs;
        if (page.events.length === pageSize) continue;
        if (!page.unsettled) {
          retryMs = firstRetryMs;
          await sleep.until(pollMs);
          continue;
        }
        await sleep.until(retryMs);
        retryMs = Math.min(retryMs * 2, lastRetryMs);
      } catch (err) {
        if (!stopped) log.warn({ err }, 'the event log could not be read; trying again');
        await sleep.until(pollMs / 2);
      }
    }
  }

  const following = follow();
  return {
    position: () => position,
    listen(hear) {
      listeners.add(hear);
      return () => void listeners.delete(hear);
    },
    wake: sleep.wake,
    async close() {
      stopped = true;
      sleep.wake();
      await following;
    },
  };
}

/** A sleep that `wake` ends; a wake while awake shortens the next sleep to nothing, so none is missed. */
export function openSleep() {
  let woken = false;
  let end: (() => void) | undefined;
  return {
    wake(): void {
      woken = true;
      end?.();
    },
    async until(ms: number): Promise<void> {
      if (!woken) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          end = () => {
            clearTimeout(timer);
            resolve();
          };
        });
        end = undefined;
      }
      woken = false;
    },
  };
}
