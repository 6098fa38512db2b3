/** Rate limits shared by two processes through Redis, and without it: a small Redis of our own speaks its protocol. */
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { manualClock, openTestServer, until, useTestServer } from '../../../../test/harness.ts';
import { countUse, forgetUses, type RateLimit } from './rate-limit.ts';

const limit: RateLimit = { name: 'test', max: 3, seconds: 60 };

interface FakeRedis {
  url: string;
  counters: Map<string, number>;
  stop(): Promise<void>;
}

/** Knows EVAL (our counting script, whatever its text), DEL and what a client asks when it connects. */
async function startFakeRedis(): Promise<FakeRedis> {
  const counters = new Map<string, number>();
  const sockets = new Set<Socket>();
  const answer = ([command = '', ...args]: string[]): string => {
    if (command === 'eval') {
      const key = args[2] ?? '';
      counters.set(key, (counters.get(key) ?? 0) + 1);
      return `*2\r\n:${counters.get(key)}\r\n:${args[3]}\r\n`;
    }
    if (command === 'del') return `:${counters.delete(args[0] ?? '') ? 1 : 0}\r\n`;
    if (command === 'info') return '$17\r\nredis_version:7.0\r\n';
    return '+OK\r\n';
  };
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    let buffer = '';
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      buffer += chunk.toString();
      for (let parsed = parse(buffer); parsed; parsed = parse(buffer)) {
        buffer = parsed.rest;
        socket.write(answer([parsed.words[0]!.toLowerCase(), ...parsed.words.slice(1)]));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`, counters, stop };
}

/** One command off the front of what arrived; undefined while it is not complete. */
function parse(buffer: string): { words: string[]; rest: string } | undefined {
  const head = /^\*(\d+)\r\n/.exec(buffer);
  if (!head) return undefined;
  let at = head[0].length;
  const words: string[] = [];
  for (let i = 0; i < Number(head[1]); i++) {
    const size = /^\$(\d+)\r\n/.exec(buffer.slice(at));
    if (!size) return undefined;
    const start = at + size[0].length;
    at = start + Number(size[1]) + 2;
    if (buffer.length < at) return undefined;
    words.push(buffer.slice(start, at - 2));
  }
  return { words, rest: buffer.slice(at) };
}

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
