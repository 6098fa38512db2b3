/** The orderly end of the process: no new requests, the open ones finish, everything is closed; in 10 seconds at most. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { Readiness } from './platform/http/health.ts';

export interface Running {
  app: FastifyInstance;
  readiness: Readiness;
  log: Logger;
  /** Closes the parts behind the application, then the database. */
  close(): Promise<void>;
}

/** Requests and streams may go on for this long; the rest of the 10 seconds belongs to closing. */
const drainMs = 7_500;
const wholeMs = 9_500;
/** A terminal and npm both pass Ctrl-C on: what follows within this time is the same signal. */
const sameSignalMs = 300;

/** Ends the process on SIGTERM, SIGINT or SIGHUP; a second signal ends it at once. */
export function stopOnSignals(running: Running): void {
  const requests = countRequests(running.app);
  let asked: number | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (asked === undefined) {
      asked = Date.now();
      void stop(running, requests, signal);
    } else if (Date.now() - asked > sameSignalMs) {
      process.exit(1);
    }
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, onSignal);
}

async function stop({ app, readiness, log, close }: Running, requests: () => number, signal: string): Promise<void> {
  log.info({ signal }, 'stopping');
  readiness.accepting = false;
  const limit = setTimeout(() => {
    log.error('closing took too long');
    process.exit(1);
  }, wholeMs);
  limit.unref();
  try {
    await drain(app, requests);
    await close();
    log.info('stopped');
    process.exit(0);
  } catch (err) {
    log.error({ err }, 'stopping failed');
    process.exit(1);
  }
}

/**
 * Connections without a request are closed meanwhile: a browser keeps them open for the next one, and opens some on which none
 * was ever sent, which Node does not count as idle.
 */
async function drain(app: FastifyInstance, requests: () => number): Promise<void> {
  const sweep = setInterval(() => {
    if (requests() === 0) app.server.closeAllConnections();
    else app.server.closeIdleConnections();
  }, 50);
  await Promise.race([app.close(), sleep(drainMs, undefined, { ref: false })]);
  clearInterval(sweep);
  app.server.closeAllConnections();
}

/** How many requests are being answered. */
function countRequests(app: FastifyInstance): () => number {
  let open = 0;
  app.server.prependListener('request', (_request, reply) => {
    open++;
    reply.once('close', () => open--);
  });
  return () => open;
}
