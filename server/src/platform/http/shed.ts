/**
 * Sheds load: when this process can't keep up, new requests are refused at once, before they cost anything, so that those
 * it has taken are still answered in time. What tells how the process is doing is always answered.
 */
import type { FastifyInstance } from 'fastify';
import { Counter } from 'prom-client';
import { PiperError } from '@piper/shared/errors';
import { limits } from '@piper/shared/limits';
import type { Deps } from '../deps.ts';
import { metrics } from '../metrics.ts';

const shed = new Counter({
  name: 'piper_http_shed_total',
  help: 'Requests refused because the process was overloaded, by what there was too much of',
  labelNames: ['reason'],
  registers: [metrics],
});

/** Seconds after which whoever was refused may come back. */
const retryAfter = 2;
const tickMs = 250;
/** How much the newest tick counts: lateness must last to be an overload. */
const weight = 0.3;
/** One stall, however long (a paused machine), counts half of what is an overload. */
const longestCounted = limits.eventLoopLateMs / 2 / weight;

const alwaysAnswered = new Set(['/health', '/ready', '/metrics']);

/** Refuses requests with `overloaded` while the event loop runs late or too many statements wait for a database connection. */
export function shedLoad(app: FastifyInstance, { pool }: Pick<Deps, 'pool'>): void {
  const lateness = watchEventLoop();
  app.addHook('onRequest', async (request) => {
    const reason =
      lateness.ms() > limits.eventLoopLateMs
        ? 'event loop'
        : pool.waitingCount > limits.waitingForDatabase
          ? 'database'
          : undefined;
    if (reason === undefined || alwaysAnswered.has(request.routeOptions.url ?? '')) return;
    shed.inc({ reason });
    throw new PiperError('overloaded', { retryAfter });
  });
  app.addHook('onClose', async () => lateness.stop());
}

/** By how much timers come late, smoothed over about a second. */
function watchEventLoop(): { ms(): number; stop(): void } {
  let late = 0;
  let due = performance.now() + tickMs;
  const timer = setInterval(() => {
    const now = performance.now();
    late = late * (1 - weight) + Math.min(Math.max(0, now - due), longestCounted) * weight;
    due = now + tickMs;
  }, tickMs).unref();
  return { ms: () => late, stop: () => clearInterval(timer) };
}
