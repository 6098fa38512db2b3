/** Random secrets handed out once and kept only as SHA-256: with 256 random bits there is nothing to guess, so no slow hash is needed. */
import { createHash, createHmac, createSecretKey, randomBytes, timingSafeEqual, type KeyObject } from 'node:crypto';
import type { Env } from '#platform/env';

export const newSecret = (): string => randomBytes(32).toString('base64url');

export const hashSecret = (secret: string): Buffer => createHash('sha256').update(secret).digest();

/**
 * The refresh token that follows this one. It is derived rather than random, so that two tabs that refresh with the same
 * token at the same moment get the same successor, and no second one exists that somebody could forget about.
 */
export function successorOf(env: Env, token: string): string {
  return createHmac('sha256', env.secrets.jwt).update(`refresh:${token}`).digest('base64url');
}

/** What the session cookie holds: the session's id, signed. Whether the session is alive is asked each time. */
export function signSessionId(env: Env, sessionId: string): string {
  return `${sessionId}.${macOf(env, sessionId)}`;
}

/** The session's id in a session cookie; undefined for a forged one. */
export function readSessionCookie(env: Env, cookie: string): string | undefined {
  const [sessionId = '', mac = ''] = cookie.split('.');
  const expected = Buffer.from(macOf(env, sessionId));
  const given = Buffer.from(mac);
  return expected.length === given.length && timingSafeEqual(expected, given) ? sessionId : undefined;
}

const macOf = (env: Env, sessionId: string): string =>
  createHmac('sha256', env.secrets.jwt).update(`session:${sessionId}`).digest('base64url');

const keys = new WeakMap<Env, KeyObject>();

/** The key of Piper's own access tokens. */
export function tokenKey(env: Env): KeyObject {
  let key = keys.get(env);
  if (!key) keys.set(env, (key = createSecretKey(Buffer.from(env.secrets.jwt))));
  return key;
}
