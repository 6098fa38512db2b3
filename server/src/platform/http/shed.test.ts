import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { limits } from '@piper/shared/limits';
import { registerUser } from '../../../../test/accounts.ts';
import { until, useTestServer } from '../../../../test/harness.ts';

const server = useTestServer();

/** Nothing else runs meanwhile. */
function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** Waits until nothing is refused, and then for the rest of what was late to be forgotten. */
async function calm(): Promise<void> {
  await until(async () => (await statusNow()) === 200, { timeoutMs: 10_000 });
  await sleep(1_000);
}

const statusNow = async (): Promise<number> => (await server.app.inject('/api/csrf')).statusCode;

async function expectRefused(): Promise<void> {
  const reply = await server.app.inject('/api/csrf');
  expect([reply.statusCode, reply.json().error?.code]).toEqual([503, 'overloaded']);
  expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0);
  for (const url of ['/ready', '/metrics']) expect([url, (await server.app.inject(url)).statusCode]).toEqual([url, 200]);
}

test(
  'one stall, however long, refuses nobody; a loop that stays late does, until it has caught up',
  { timeout: 40_000 },
  async () => {
    await calm();
    block(2_000);
    await sleep(0);
    expect(await statusNow()).toBe(200);
    for (let n = 0; n < 3; n++) {
      block(1_800);
      await sleep(0);
    }
    await expectRefused();
    await calm();
  },
);

test('too many waiting for a connection refuse more, and nothing else', async () => {
  const { pool } = server.deps;
  const user = await registerUser(server);
  const held: { release(): void }[] = [];
  while (pool.totalCount < pool.options.max || pool.idleCount > 0) held.push(await pool.connect());
  const waiting = Promise.allSettled(Array.from({ length: limits.waitingForDatabase + 1 }, () => pool.query('select 1')));
  const refused = await user.browser.get('/api/projects');
  expect([refused.statusCode, refused.json().error.code]).toEqual([503, 'overloaded']);
  const metrics = await server.app.inject('/metrics');
  for (const client of held) client.release();
  expect(metrics.body).toMatch(/piper_http_shed_total\{reason="database"\} 1/);
  expect(metrics.body).toMatch(/piper_runs_open NaN/i);
  expect((await server.app.inject('/metrics')).body).toMatch(/piper_runs_open 0/);
  await waiting;
  expect((await user.browser.get('/api/projects')).statusCode).toBe(200);
});
