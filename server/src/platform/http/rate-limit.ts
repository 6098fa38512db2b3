/**
 * Fixed-window counters: in Redis when it is configured, so that all processes count together, else (and while Redis is
 * away) in this process, bounded. A limit that can't be counted is not a reason to refuse anybody.
 */
import type { Redis } from 'ioredis';
import { PiperError } from '@piper/shared/errors';
import { limits } from '@piper/shared/limits';
import type { Deps } from '../deps.ts';

export interface RateLimit {
  /** Names the counter; together with the key it is unique. */
  name: string;
  max: number;
  seconds: number;
}

/** What is counted over which time. Sign-in is strict, because every attempt costs a fifth of a second of CPU and is worth guessing. */
export const rateLimits = {
  address: { name: 'address', max: limits.requestsPerAddress, seconds: 60 },
  user: { name: 'user', max: limits.requestsPerUser, seconds: 60 },
  login: { name: 'login', max: limits.loginsPerAddress, seconds: 60 },
  loginAccount: { name: 'login-account', max: limits.loginsPerAccount, seconds: 60 },
  register: { name: 'register', max: limits.registrationsPerAddress, seconds: 300 },
  refresh: { name: 'refresh', max: limits.refreshesPerAddress, seconds: 60 },
  invitation: { name: 'invitation', max: limits.invitationsPerAddress, seconds: 60 },
} as const satisfies Record<string, RateLimit>;

interface Window {
  count: number;
  endsAt: number;
}

/** Counters kept at most; the oldest windows go first. */
const maxWindows = 50_000;

class Limiter {
  private readonly windows = new Map<string, Window>();
  private readonly deps: Deps;
  private redis: Promise<Redis> | undefined;

  constructor(deps: Deps) {
    this.deps = deps;
    if (deps.env.redisUrl) this.redis = connect(deps, deps.env.redisUrl);
  }

  /** Counts one and answers how many there are in this window, and the milliseconds until it ends. */
  async count(id: string, seconds: number): Promise<{ count: number; endsIn: number }> {
    if (this.redis) {
      try {
        return await countInRedis(await this.redis, id, seconds);
      } catch (err) {
        this.deps.log.debug({ err }, 'a rate limit was counted in this process');
      }
    }
    return this.countHere(id, seconds);
  }

  countHere(id: string, seconds: number): { count: number; endsIn: number } {
    const now = this.deps.clock.now().getTime();
    let window = this.windows.get(id);
    if (!window || window.endsAt <= now) {
      this.windows.delete(id);
      if (this.windows.size >= maxWindows) this.makeRoom(now);
      window = { count: 0, endsAt: now + seconds * 1_000 };
      this.windows.set(id, window);
    }
    window.count++;
    return { count: window.count, endsIn: window.endsAt - now };
  }

  /** Counts here, without waiting; with Redis, what all processes counted together arrives a moment later and is taken over. */
  countSoon(id: string, seconds: number): { count: number; endsIn: number } {
    const here = this.countHere(id, seconds);
    if (this.redis) void this.takeOver(this.redis, id, seconds);
    return here;
  }

  private async takeOver(connecting: Promise<Redis>, id: string, seconds: number): Promise<void> {
    try {
      const { count, endsIn } = await countInRedis(await connecting, id, seconds);
      const window = this.windows.get(id);
      if (!window || window.count >= count) return;
      window.count = count;
      window.endsAt = this.deps.clock.now().getTime() + endsIn;
    } catch (err) {
      this.deps.log.debug({ err }, 'a request was counted in this process only');
    }
  }

  async forget(id: string): Promise<void> {
    this.windows.delete(id);
    if (!this.redis) return;
    await this.redis.then((redis) => redis.del(`piper:limit:${id}`)).catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.redis?.then((redis) => redis.disconnect()).catch(() => undefined);
    this.redis = undefined;
  }

  private makeRoom(now: number): void {
    for (const [id, window] of this.windows) if (window.endsAt <= now) this.windows.delete(id);
    for (const id of this.windows.keys()) {
      if (this.windows.size < maxWindows * 0.9) return;
      this.windows.delete(id);
    }
  }
}

const script = `local n = redis.call('INCR', KEYS[1])
if n == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {n, redis.call('PTTL', KEYS[1])}`;

async function countInRedis(redis: Redis, id: string, seconds: number): Promise<{ count: number; endsIn: number }> {
  const [count, endsIn] = (await redis.eval(script, 1, `piper:limit:${id}`, seconds * 1_000)) as [number, number];
  return { count, endsIn };
}

/** Answers once connected, or after a moment without Redis; from then on it reconnects by itself. */
async function connect(deps: Deps, url: string): Promise<Redis> {
  const { Redis: Client } = await import('ioredis');
  const redis = new Client(url, {
    lazyConnect: true,
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    commandTimeout: 500,
    connectTimeout: 1_000,
    socketTimeout: 2_000,
  });
  redis.on('error', (err) => deps.log.debug({ err }, 'redis'));
  tellOnce(deps, redis);
  await redis.connect().catch(() => undefined);
  return redis;
}

/** Every attempt to come back fails with an event of its own; the log gets one line per outage. */
function tellOnce(deps: Deps, redis: Redis): void {
  let isAway = false;
  redis.on('ready', () => (isAway = false));
  redis.on('reconnecting', () => {
    if (!isAway) deps.log.warn('Redis is away: rate limits are counted in this process only');
    isAway = true;
  });
}

const limiters = new WeakMap<Deps, Limiter>();

function limiterOf(deps: Deps): Limiter {
  let limiter = limiters.get(deps);
  if (!limiter) limiters.set(deps, (limiter = new Limiter(deps)));
  return limiter;
}

/** Counts one use of `limit` by `key`; throws `rate_limited` (with the time to wait) when there were too many. */
export async function countUse(deps: Deps, limit: RateLimit, key: string): Promise<void> {
  const { count, endsIn } = await limiterOf(deps).count(`${limit.name}:${key}`, limit.seconds);
  if (count > limit.max * deps.env.http.rateLimitFactor) throw new PiperError('rate_limited', { retryAfter: endsIn / 1_000 });
}

/** The same for what happens on each request: it waits for no round trip, so other processes' counts are a moment old. */
export function countRequest(deps: Deps, limit: RateLimit, key: string): void {
  const { count, endsIn } = limiterOf(deps).countSoon(`${limit.name}:${key}`, limit.seconds);
  if (count > limit.max * deps.env.http.rateLimitFactor) throw new PiperError('rate_limited', { retryAfter: endsIn / 1_000 });
}

/** Forgets what was counted, after a success. */
export async function forgetUses(deps: Deps, limit: RateLimit, key: string): Promise<void> {
  await limiterOf(deps).forget(`${limit.name}:${key}`);
}

/** Lets go of the connection to Redis. */
export async function closeRateLimits(deps: Deps): Promise<void> {
  await limiters.get(deps)?.close();
  limiters.delete(deps);
}
