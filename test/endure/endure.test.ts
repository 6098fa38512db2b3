import { expect, test } from 'vitest';
import { endure } from './endure.ts';

test(
  'a sample of endurance: a kill, a restart of the database and a stop under two people who talk',
  { timeout: 120_000 },
  async () => {
    const endured = await endure({ seed: 7, residents: 2, ms: 0, plan: ['kill', 'restart the database', 'terminate'] });
    expect(endured.problems).toEqual([]);
    expect(endured.answers).toBeGreaterThan(5);
  },
);
