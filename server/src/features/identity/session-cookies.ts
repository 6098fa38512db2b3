/** How a session travels: access token in the body, refresh token and the session's name in cookies. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SignedIn } from '@piper/shared/identity';
import type { Deps } from '#platform/deps';
import { cookieNames, setCookie } from '#platform/http/cookies';
import { bindCsrfToken } from '#platform/http/csrf';
import { signAccessToken } from './access-tokens.ts';
import { toAccount } from './accounts.service.ts';
import { signSessionId } from './secrets.ts';
import type { Client, OpenSession } from './sessions.service.ts';

const refreshPath = '/api/auth';

export const clientOf = (request: FastifyRequest): Client => ({
  ip: request.ip,
  userAgent: request.headers['user-agent']?.slice(0, 400) ?? null,
});

/** Writes the cookies of a session that was just opened or refreshed, and answers what the browser's scripts get. */
export async function handOver(deps: Deps, session: OpenSession, reply: FastifyReply): Promise<SignedIn> {
  const { env } = deps;
  const maxAge = env.auth.sessionTtl;
  const sessionCookie = signSessionId(env, session.sessionId);
  setCookie(reply, env, { name: cookieNames.refresh, value: session.refreshToken, path: refreshPath, maxAge });
  setCookie(reply, env, { name: cookieNames.session, value: sessionCookie, path: '/api', maxAge });
  bindCsrfToken(env, sessionCookie, reply);
  const { accessToken, expiresAt } = await signAccessToken(deps, session.user.id, session.sessionId);
  return { user: toAccount(session.user), accessToken, expiresAt: expiresAt.toISOString() };
}

/** Takes the session's cookies away. */
export function takeBack(deps: Deps, reply: FastifyReply): void {
  setCookie(reply, deps.env, { name: cookieNames.refresh, value: '', path: refreshPath, maxAge: 0 });
  setCookie(reply, deps.env, { name: cookieNames.session, value: '', path: '/api', maxAge: 0 });
  setCookie(reply, deps.env, { name: cookieNames.csrf, value: '', path: '/', maxAge: 0, httpOnly: false });
}
