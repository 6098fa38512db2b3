import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { testEnv } from '../../../../test/env.ts';
import { createTestDatabase } from '../../../../test/harness.ts';
import { openLog } from '../log.ts';
import { openDatabase } from './open-database.ts';

test('a start that is held up while it connects (a slow machine loads modules) goes on', async () => {
  const database = await createTestDatabase();
  try {
    const opening = openDatabase({ ...testEnv('/nowhere'), databaseUrl: database.url }, openLog('silent'));
    await nextTurn();
    const end = performance.now() + 5_500;
    while (performance.now() < end);
    expect((await opening).url).toBe(database.url);
  } finally {
    await database.drop();
  }
});
