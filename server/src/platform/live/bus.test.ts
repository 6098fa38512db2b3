/** Typing and presence between processes: over Redis, over PostgreSQL while Redis is away, and over Redis again. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startFakeRedis, type FakeRedis } from '../../../../test/fake-redis/fake-redis.ts';
import { createTestDatabase, openTestServer, until, type TestDatabase, type TestServer } from '../../../../test/harness.ts';
import { openBus, type Bus } from './bus.ts';

const channel = 'piper_live';
let redis: FakeRedis;
let database: TestDatabase;
let servers: TestServer[];
let one: Bus;
const heardByOne: string[] = [];
const heardByTwo: string[] = [];
let two: Bus;

beforeAll(async () => {
  redis = await startFakeRedis();
  database = await createTestDatabase();
  const open = () => openTestServer({ database, features: [], env: { redisUrl: redis.url } });
  servers = await Promise.all([open(), open()]);
  one = openBus(servers[0]!.deps, (frame) => heardByOne.push(frame));
  two = openBus(servers[1]!.deps, (frame) => heardByTwo.push(frame));
});
afterAll(async () => {
  await Promise.all([one.close(), two.close()]);
  await Promise.all(servers.map((server) => server.close()));
  await database.drop();
  await redis.stop();
});

/** The gateways of the two servers hear the same channel, so these must be frames, though of a topic nobody hears. */
const frameOf = (name: string): string =>
  JSON.stringify({ type: 'ephemeral', topic: `test:${name}.`, event: 'typing', data: {} });

let sent = 0;
/** Says something new until the other process has heard it, and answers it. */
async function sayUntilHeard(): Promise<string> {
  const frames: string[] = [];
  await until(() => {
    const frame = frameOf(String(++sent));
    frames.push(frame);
    one.send(frame, frame);
    return heardByTwo.some((heard) => frames.includes(heard));
  });
  return heardByTwo.findLast((heard) => frames.includes(heard))!;
}
const wentOverRedis = (frame: string): boolean => redis.published.some((text) => text.endsWith(frame));
/** Each server's gateway and the bus of this test. */
const bothHear = () => until(() => redis.listeners(channel) === 4, { timeoutMs: 10_000, what: 'not all hear Redis' });

test('frames cross over Redis, and nobody hears their own', async () => {
  await bothHear();
  expect(wentOverRedis(await sayUntilHeard())).toBe(true);
  const reply = frameOf('reply');
  two.send(reply, reply);
  await until(() => heardByOne.includes(reply));
  expect(heardByOne).toEqual([reply]);
});

test('while Redis is away they cross over PostgreSQL, and over Redis again when it is back', async () => {
  await redis.stop();
  expect(wentOverRedis(await sayUntilHeard())).toBe(false);
  await redis.start();
  await bothHear();
  await until(async () => wentOverRedis(await sayUntilHeard()));
});

test('what others write to the channel harms nobody', async () => {
  one.send('no frame at all', 'x');
  await until(() => heardByTwo.includes('no frame at all'));
  expect(wentOverRedis(await sayUntilHeard())).toBe(true);
});

test('a Redis that hangs is left for PostgreSQL', async () => {
  redis.hang(true);
  expect(wentOverRedis(await sayUntilHeard())).toBe(false);
  redis.hang(false);
});

test('a Redis that was never there is no trouble', async () => {
  await redis.stop();
  const late = await openTestServer({ database, features: [], env: { redisUrl: redis.url } });
  const heard: string[] = [];
  const hello = frameOf('hello');
  const bus = openBus(late.deps, (frame) => heard.push(frame));
  try {
    await until(() => {
      one.send(hello, hello);
      return heard.includes(hello);
    });
    await redis.start();
    await until(() => redis.listeners(channel) === 6, { timeoutMs: 10_000, what: 'not all hear Redis' });
    expect(heard).toContain(hello);
  } finally {
    await bus.close();
    await late.close();
  }
});
