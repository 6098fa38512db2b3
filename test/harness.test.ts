import { expect, test } from 'vitest';
import { openTestServer, until, useTestServer } from './harness.ts';

const server = useTestServer();

test('a test server answers over its own migrated database', async () => {
  const reply = await server.app.inject('/health');
  expect(reply.statusCode).toBe(200);
  const { rows } = await server.deps.pool.query('select count(*) from piper.migrations');
  expect(Number(rows[0].count)).toBeGreaterThan(5);
});

test('a database connection that is not given back fails the test', async () => {
  const leaking = await openTestServer();
  const client = await leaking.deps.pool.connect();
  client.on('error', () => undefined); // its database is dropped under it
  const closing = leaking.close();
  await expect(closing).rejects.toThrow('never given back');
  client.release();
});

test('until fails with what was awaited', async () => {
  await expect(until(() => false, { timeoutMs: 30, what: 'rain' })).rejects.toThrow('rain (after 30 ms)');
});
