import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until `condition` is truthy and returns what it gave; fails after `timeoutMs` (5 s). Instead of sleeping in tests. */
export async function until<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = 5_000, what = 'the awaited condition never held' }: { timeoutMs?: number; what?: string } = {},
): Promise<NonNullable<Awaited<T>>> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`${what} (after ${timeoutMs} ms)`);
    await sleep(10);
  }
}
