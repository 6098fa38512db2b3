import { expect, test, vi } from 'vitest';
import { paced } from './paced.ts';

test('what is asked for often runs at once, then one at a time and with a pause, and last after the last asking', async () => {
  vi.useFakeTimers();
  let started = 0;
  let finish: () => void = () => undefined;
  const ask = paced(() => {
    started++;
    return new Promise<void>((resolve) => {
      finish = resolve;
    });
  }, 1_000);
  ask();
  expect(started).toBe(1);
  ask();
  ask();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(started, 'while it runs').toBe(1);
  finish();
  await vi.advanceTimersByTimeAsync(900);
  expect(started, 'in the pause').toBe(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(started, 'for all that was asked meanwhile').toBe(2);
  finish();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(started, 'when nothing was asked').toBe(2);
  vi.useRealTimers();
});
