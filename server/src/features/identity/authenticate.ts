/** From what a request brings to the actor behind it: access token, API key, token of the external issuer, or session cookie. */
import { fail } from '@piper/shared/errors';
import type { Actor, UserActor } from '#platform/actor';
import type { Deps } from '#platform/deps';
import type { Authenticate } from '#platform/http/authenticate';
import { cookieNames, readCookie } from '#platform/http/cookies';
import { isUuid } from '#platform/ids';
import { verifyAccessToken } from './access-tokens.ts';
import { rememberedActor } from './actor-cache.ts';
import { externalActor, isExternalToken } from './external.service.ts';
import { findKeyActor, keyPrefix } from './keys.service.ts';
import { readSessionCookie } from './secrets.ts';
import { findLiveSession } from './sessions.repo.ts';

/** A bad bearer token is an error; a stale cookie only means that nobody is signed in. */
export const authenticate: Authenticate = async (deps, { headers }) => {
  const bearer = bearerOf(headers.authorization);
  if (bearer !== undefined)
    return (await rememberedActor(deps, bearer, () => loadBearer(deps, bearer))) ?? fail('unauthenticated');
  const cookie = readCookie(headers, cookieNames.session);
  if (cookie === undefined) return undefined;
  return rememberedActor(deps, cookie, () => loadCookie(deps, cookie));
};

function bearerOf(header: string | undefined): string | undefined {
  const [scheme = '', token = ''] = header?.split(' ') ?? [];
  return scheme.toLowerCase() === 'bearer' ? token : undefined;
}

interface Found {
  actor: Exclude<Actor, { kind: 'system' }>;
  expiresAt: number;
}

async function loadBearer(deps: Deps, token: string): Promise<Found | undefined> {
  if (token.startsWith(keyPrefix)) return findKeyActor(deps, token);
  if (isExternalToken(deps, token)) return externalActor(deps, token);
  const { sessionId, userId, expiresAt } = await verifyAccessToken(deps, token);
  const actor = await loadSession(deps, sessionId);
  if (actor?.userId !== userId) fail('unauthenticated', 'The session has ended. Sign in again.');
  return { actor, expiresAt };
}

async function loadCookie(deps: Deps, cookie: string): Promise<Found | undefined> {
  const sessionId = readSessionCookie(deps.env, cookie);
  const actor = sessionId === undefined ? undefined : await loadSession(deps, sessionId);
  return actor && { actor, expiresAt: Number.POSITIVE_INFINITY };
}

async function loadSession(deps: Deps, sessionId: string): Promise<UserActor | undefined> {
  if (!isUuid(sessionId)) return undefined;
  const session = await findLiveSession(deps.db, sessionId, deps.clock.now());
  return session && { kind: 'user', userId: session.user_id, role: session.role, sessionId };
}
