/** Rate limits shared by two processes through Redis, and without it: a small Redis of our own speaks its protocol. */
import { afterEach, expect, test } from 'vitest';
import { limits } from '@piper/shared/limits';
import { startFakeRedis } from '../../../../test/fake-redis/fake-redis.ts';
import { manualClock, openTestServer, until, useTestServer } from '../../../../test/harness.ts';
import { countRequest, countUse, forgetUses, type RateLimit } from './rate-limit.ts';

const limit: RateLimit = { name: 'test', max: 3, seconds: 60 };

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

const refused = { code: 'rate_limited' };

test('two processes count together through Redis', async () => {
  const redis = await startFakeRedis();
  cleanUps.push(redis.stop);
  const env = { redisUrl: redis.url, http: { rateLimitFactor: 1 } };
  const one = await openTestServer({ env });
  cleanUps.push(one.close);
  const two = await openTestServer({ env });
  cleanUps.push(two.close);
  await countUse(one.deps, limit, 'a');
  await countUse(two.deps, limit, 'a');
  await countUse(one.deps, limit, 'a');
  expect([...redis.counters]).toEqual([['piper:limit:test:a', 3]]);
  await expect(countUse(two.deps, limit, 'a')).rejects.toMatchObject(refused);
  await expect(countUse(two.deps, limit, 'b')).resolves.toBeUndefined();
  await forgetUses(two.deps, limit, 'a');
  await expect(countUse(one.deps, limit, 'a')).resolves.toBeUndefined();
});

test('requests are counted together too, without waiting for Redis', async () => {
  const redis = await startFakeRedis();
  cleanUps.push(redis.stop);
  const env = { redisUrl: redis.url, http: { rateLimitFactor: 1 } };
  const one = await openTestServer({ env });
  cleanUps.push(one.close);
  const two = await openTestServer({ env });
  cleanUps.push(two.close);
  const wide = { ...limit, max: 50 };
  for (let i = 0; i < 50; i++) countRequest(one.deps, wide, 'r');
  await until(() => redis.counters.get('piper:limit:test:r') === 50);
  // The first on the other process learns what was counted elsewhere; alone it would take fifty.
  let accepted = 0;
  await until(() => {
    try {
      countRequest(two.deps, wide, 'r');
      accepted++;
      return false;
    } catch (error) {
      return (error as { code?: string }).code === 'rate_limited';
    }
  });
  expect(accepted).toBeGreaterThan(0);
  expect(accepted).toBeLessThan(25);
});

test('without Redis each process counts on its own, and nobody is refused for it', async () => {
  const redis = await startFakeRedis();
  const server = await openTestServer({ env: { redisUrl: redis.url, http: { rateLimitFactor: 1 } } });
  cleanUps.push(server.close);
  await countUse(server.deps, limit, 'a');
  await redis.stop();
  await until(async () => {
    await countUse(server.deps, { ...limit, max: 1_000 }, 'probe');
    return true;
  });
  for (let i = 0; i < 3; i++) await countUse(server.deps, limit, 'c');
  await expect(countUse(server.deps, limit, 'c')).rejects.toMatchObject(refused);
});

test('a Redis that hangs delays nobody for long, and one that is back counts again', async () => {
  const redis = await startFakeRedis();
  cleanUps.push(redis.stop);
  const server = await openTestServer({ env: { redisUrl: redis.url, http: { rateLimitFactor: 1 } } });
  cleanUps.push(server.close);
  await countUse(server.deps, limit, 'a');
  redis.hang(true);
  const begun = performance.now();
  await countUse(server.deps, limit, 'hung');
  expect(performance.now() - begun).toBeLessThan(2_000);
  redis.hang(false);
  await until(async () => {
    await countUse(server.deps, { ...limit, max: 1_000 }, 'probe');
    return redis.counters.has('piper:limit:test:probe');
  });
});

const clock = manualClock();
const server = useTestServer({ clock, env: { http: { rateLimitFactor: 1 } } });

test('windows end, and the time to wait is told', async () => {
  for (let i = 0; i < 3; i++) await countUse(server.deps, limit, 'a');
  clock.advance(20_000);
  await expect(countUse(server.deps, limit, 'a')).rejects.toMatchObject({ ...refused, retryAfter: 40 });
  clock.advance(40_001);
  await expect(countUse(server.deps, limit, 'a')).resolves.toBeUndefined();
});

test('a flood of keys does not grow without end, and does not wash out fresh counts at once', async () => {
  for (let i = 0; i < 60_000; i++) await countUse(server.deps, limit, `flood ${i}`);
  for (let i = 0; i < 3; i++) await countUse(server.deps, limit, 'fresh');
  await expect(countUse(server.deps, limit, 'fresh')).rejects.toMatchObject(refused);
});

test('an address written in another way is counted all the same', async () => {
  const server = await openTestServer({ env: { http: { rateLimitFactor: 4 / limits.requestsPerAddress } } });
  cleanUps.push(server.close);
  const statuses: number[] = [];
  for (let i = 0; i < 6; i++) statuses.push((await server.app.inject('/%61pi/csrf')).statusCode);
  expect(statuses).toEqual([200, 200, 200, 200, 429, 429]);
});
