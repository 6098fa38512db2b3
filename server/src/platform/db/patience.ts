/** For work in the background, which can wait while the database restarts; requests fail at once instead. */
import { setTimeout as pause } from 'node:timers/promises';
import { toPiperError } from '../http/errors.ts';

const patienceMs = 15_000;

/** Whether this error says that the database is away, rather than that it refused. */
export const isDatabaseAway = (error: unknown): boolean => toPiperError(error).code === 'database_unavailable';

/** Repeats `work`, which must be safe to repeat, while the database cannot be reached; gives up after 15 s. */
export async function withPatience<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (let delay = 50; ; delay = Math.min(delay * 2, 1_000)) {
    try {
      return await work();
    } catch (error) {
      if (signal?.aborted || !isDatabaseAway(error) || performance.now() > deadline) throw error;
      await pause(delay);
    }
  }
}
