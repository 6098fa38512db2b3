import { pino } from 'pino';
import { expect, test } from 'vitest';
import { until } from '../../../test/harness.ts';
import type { Deps } from './deps.ts';
import { defineFeature } from './feature.ts';
import { startSweepers } from './sweeper.ts';

const deps = { log: pino({ level: 'silent' }) } as Deps;

test('comes round again, also after a failure, never twice at once, and not after it was stopped', async () => {
  let count = 0;
  let running = 0;
  let most = 0;
  const sweep = async (): Promise<void> => {
    most = Math.max(most, ++running);
    count++;
    await new Promise((resolve) => setTimeout(resolve, 15));
    running--;
    throw new Error('this time it failed');
  };
  const sweeping = startSweepers(deps, [defineFeature({ name: 'test', sweepers: [{ name: 'test', everyMs: 5, sweep }] })]);
  await until(() => count >= 4);
  await until(() => running === 1);
  await sweeping.stop();
  expect([running, most]).toEqual([0, 1]);
  const stoppedAt = count;
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(count).toBe(stoppedAt);
});
