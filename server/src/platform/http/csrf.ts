/**
 * Signed double-submit tokens: the cookie `csrf_token` must come back as the header `x-csrf-token`, and its signature binds
 * it to the session (before sign-in to a random visitor cookie), so that a token planted from elsewhere is worth nothing.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply } from 'fastify';
import { fail } from '@piper/shared/errors';
import type { Env } from '../env.ts';
import { cookieNames, readCookie, setCookie } from './cookies.ts';

/** Sets the cookie for whoever sends `headers` (a visitor id as well, when there is no session) and returns the token. */
export function issueCsrfToken(env: Env, headers: IncomingHttpHeaders, reply: FastifyReply): string {
  let binding = bindingOf(headers);
  if (binding === undefined) {
    binding = randomBytes(16).toString('base64url');
    setCookie(reply, env, { name: cookieNames.visitor, value: binding, path: '/api' });
  }
  return setCsrfCookie(env, binding, reply);
}

/** Replaces the visitor's token by one bound to a session that has just begun. */
export function bindCsrfToken(env: Env, sessionCookie: string, reply: FastifyReply): void {
  setCookie(reply, env, { name: cookieNames.visitor, value: '', path: '/api', maxAge: 0 });
  setCsrfCookie(env, sessionCookie, reply);
}

/** Throws `invalid_csrf_token` unless header and cookie agree and were issued to this session or visitor. */
export function requireCsrfToken(env: Env, headers: IncomingHttpHeaders): void {
  const sent = headers['x-csrf-token'];
  const cookie = readCookie(headers, cookieNames.csrf);
  const binding = bindingOf(headers);
  if (typeof sent !== 'string' || cookie === undefined || binding === undefined) fail('invalid_csrf_token');
  const nonce = cookie.split('.')[0] ?? '';
  if (!isSame(sent, cookie) || !isSame(cookie, sign(env, binding, nonce))) fail('invalid_csrf_token');
}

/** Cookies of other paths of the same site can't change it without changing who is signed in. */
function bindingOf(headers: IncomingHttpHeaders): string | undefined {
  return readCookie(headers, cookieNames.session) ?? readCookie(headers, cookieNames.visitor);
}

function setCsrfCookie(env: Env, binding: string, reply: FastifyReply): string {
  const token = sign(env, binding, randomBytes(16).toString('base64url'));
  setCookie(reply, env, { name: cookieNames.csrf, value: token, path: '/', httpOnly: false });
  return token;
}

function sign(env: Env, binding: string, nonce: string): string {
  const mac = createHmac('sha256', env.secrets.csrf).update(`csrf:${binding}:${nonce}`).digest('base64url');
  return `${nonce}.${mac}`;
}

function isSame(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
