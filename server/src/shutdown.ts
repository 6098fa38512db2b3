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
  let asked: number | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (asked === undefined) {
      asked = Date.now();
      void stop(running, signal);
    } else if (Date.now() - asked > sameSignalMs) {
      process.exit(1);
    }
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, onSignal);
}

async function stop({ app, readiness, log, close }: Running, signal: string): Promise<void> {
  log.info({ signal }, 'stopping');
  readiness.accepting = false;
  const limit = setTimeout(() => {
    log.error('closing took too long');
    process.exit(1);
  }, wholeMs);
  limit.unref();
  try {
    await drain(app);
    await close();
    log.info('stopped');
    process.exit(0);
  } catch (err) {
    log.error({ err }, 'stopping failed');
    process.exit(1);
  }
}

/** Connections that become idle meanwhile are closed too: a browser would keep them open for the next request. */
async function drain(app: FastifyInstance): Promise<void> {
  const sweep = setInterval(() => app.server.closeIdleConnections(), 50);
  await Promise.race([app.close(), sleep(drainMs, undefined, { ref: false })]);
  clearInterval(sweep);
  app.server.closeAllConnections();
}
