/** Cookies travel with sockets that any page opens: they only count when the page is ours. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Env } from '../env.ts';

export function isTrustedOrigin(env: Pick<Env, 'http'>, headers: IncomingHttpHeaders): boolean {
  const { origin, host } = headers;
  if (origin === undefined || !URL.canParse(origin)) return false;
  const given = new URL(origin);
  return (
    given.origin === new URL(env.http.publicUrl).origin || env.http.corsOrigins.includes(given.origin) || given.host === host
  );
}
