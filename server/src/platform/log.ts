/** Structured logs, one JSON object a line on standard output. Secrets never get into them. */
import { pino, type Logger } from 'pino';
import type { Env } from './env.ts';

/** Opens the log. Headers and fields that carry secrets are removed before anything is written. */
export function openLog(level: Env['logLevel']): Logger {
  return pino({
    level,
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: {
      paths: ['req.headers.authorization', 'req.headers.cookie', '*.password', '*.token', '*.apiKey', '*.secret'],
      censor: '[removed]',
    },
  });
}
