/** Cookies of the session, written and read in one place. Upgrade requests have no Fastify around them, hence the raw headers. */
import { fastifyCookie } from '@fastify/cookie';
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { Env } from '../env.ts';

export const cookieNames = {
  /** The rotating refresh token; sent only to /api/auth. */
  refresh: 'piper_refresh',
  /** Names the session for what can't send a header: EventSource, WebSocket upgrades, images. */
  session: 'piper_session',
  /** Binds CSRF tokens before anybody signed in. */
  visitor: 'piper_visitor',
  csrf: 'csrf_token',
  /** Carries an external sign-in over the issuer's page. */
  oauth: 'piper_oauth',
} as const;

export interface Cookie {
  name: string;
  value: string;
  path: string;
  /** Seconds; 0 removes the cookie. Without it the cookie ends with the browser. */
  maxAge?: number;
  /** False only where scripts of our own pages must read it. */
  httpOnly?: boolean;
}

/** The value of a cookie; undefined when absent or empty. */
export function readCookie(headers: IncomingHttpHeaders, name: string): string | undefined {
  const header = headers.cookie;
  if (header === undefined || !header.includes(name)) return undefined;
  return fastifyCookie.parse(header)[name] || undefined;
}

/** Adds a Set-Cookie header: SameSite=Lax, httpOnly unless said otherwise, Secure when people reach Piper over https. */
export function setCookie(reply: FastifyReply, env: Env, { name, value, ...options }: Cookie): void {
  const secure = env.http.publicUrl.startsWith('https:');
  void reply.header('set-cookie', fastifyCookie.serialize(name, value, { httpOnly: true, sameSite: 'lax', secure, ...options }));
}
