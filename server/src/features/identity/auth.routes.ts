/** Signing in and out, and what belongs to the session. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { fail } from '@piper/shared/errors';
import * as contract from '@piper/shared/identity';
import { ctxFor, type Ctx } from '#platform/ctx';
import { inTx } from '#platform/db/tx';
import type { Deps } from '#platform/deps';
import { cookieNames, readCookie } from '#platform/http/cookies';
import { issueCsrfToken, requireCsrfToken } from '#platform/http/csrf';
import { countUse, rateLimits } from '#platform/http/rate-limit';
import { serve } from '#platform/http/serve';
import { registerAccount, signIn } from './accounts.service.ts';
import { signInExternally } from './external.service.ts';
import { requirePerson } from './require.ts';
import { hashSecret, readSessionCookie } from './secrets.ts';
import { clientOf, handOver, takeBack } from './session-cookies.ts';
import { endSessionsOf, listOwnSessions, refreshSession, revokeOtherSessions, revokeOwnSession } from './sessions.service.ts';
import { findSessionOfToken, findLiveSession } from './sessions.repo.ts';
import { registrationModeOf } from './settings.service.ts';
import { hasUsers } from './users.repo.ts';

export function serveAuth(app: FastifyInstance, deps: Deps): void {
  serve(app, deps, contract.register, async (ctx, { body }, { request, reply }) => ({
    data: await handOver(deps, await registerAccount(ctx, body, clientOf(request)), reply),
  }));
  serve(app, deps, contract.login, async (ctx, { body }, { request, reply }) => ({
    data: await handOver(deps, await signIn(ctx, body, clientOf(request)), reply),
  }));
  serve(app, deps, contract.signInWithExternalToken, async (ctx, { body }, { request, reply }) => ({
    data: await handOver(deps, await signInExternally(ctx, body.token, clientOf(request)), reply),
  }));
  serve(app, deps, contract.refresh, async (ctx, _input, { request, reply }) => {
    await countUse(deps, rateLimits.refresh, request.ip);
    requireCsrfToken(deps.env, request.headers);
    const token = readCookie(request.headers, cookieNames.refresh) ?? fail('refresh_token_invalid');
    return { data: await handOver(deps, await refreshSession(ctx, token, clientOf(request)), reply) };
  });
  serve(app, deps, contract.logout, async (ctx, _input, { request, reply }) => {
    if (bringsCookies(request) || request.headers.authorization === undefined) requireCsrfToken(deps.env, request.headers);
    await endCurrentSession(ctx, request);
    takeBack(deps, reply);
    return {};
  });
  serve(app, deps, contract.readCsrfToken, async (_ctx, _input, { request, reply }) => ({
    data: { csrfToken: issueCsrfToken(deps.env, request.headers, reply) },
  }));
  serve(app, deps, contract.readSignInMethods, async (ctx) => ({ data: await readMethods(ctx) }));
  serveSessions(app, deps);
}

function serveSessions(app: FastifyInstance, deps: Deps): void {
  serve(app, deps, contract.listSessions, async (ctx) => {
    const sessions = await listOwnSessions(ctx, requirePerson(ctx));
    return {
      data: sessions.map((session) => ({
        id: session.id,
        userAgent: session.user_agent,
        ip: session.ip,
        createdAt: session.created_at.toISOString(),
        lastUsedAt: session.last_used_at.toISOString(),
        expiresAt: session.expires_at.toISOString(),
        current: session.current,
      })),
    };
  });
  serve(app, deps, contract.revokeOtherSessions, async (ctx) => ({
    data: { ended: await revokeOtherSessions(ctx, requirePerson(ctx)) },
  }));
  serve(app, deps, contract.revokeSession, async (ctx, { params }) => {
    await revokeOwnSession(ctx, requirePerson(ctx), params.id);
    return {};
  });
}

const bringsCookies = (request: FastifyRequest): boolean =>
  readCookie(request.headers, cookieNames.refresh) !== undefined ||
  readCookie(request.headers, cookieNames.session) !== undefined;

/** Ends the session that the request names by token or cookie; one that has already ended is fine. */
async function endCurrentSession(ctx: Ctx, request: FastifyRequest): Promise<void> {
  const session = await findNamedSession(ctx, request);
  if (!session) return;
  const actor = { kind: 'user', userId: session.user_id, role: session.role, sessionId: session.id } as const;
  await inTx(ctxFor(ctx.deps, actor, ctx.requestId), (tx) => endSessionsOf(tx, { userId: session.user_id, id: session.id }));
}

async function findNamedSession(ctx: Ctx, request: FastifyRequest) {
  const now = ctx.deps.clock.now();
  const token = readCookie(request.headers, cookieNames.refresh);
  const ofToken = token === undefined ? undefined : await findSessionOfToken(ctx.db, hashSecret(token));
  const cookie = readCookie(request.headers, cookieNames.session);
  const ofCookie = cookie === undefined ? undefined : readSessionCookie(ctx.deps.env, cookie);
  const ofActor = ctx.actor.kind === 'user' && ctx.actor.sessionId !== '' ? ctx.actor.sessionId : undefined;
  const id = ofToken ?? ofCookie ?? ofActor;
  return id === undefined ? undefined : findLiveSession(ctx.db, id, now);
}

async function readMethods(ctx: Ctx) {
  const { external } = ctx.deps.env.auth;
  const url = external?.clientId === undefined ? null : '/api/auth/oauth/external';
  return {
    registration: await registrationModeOf(ctx.db),
    firstUser: !(await hasUsers(ctx.db)),
    external: external ? { issuer: external.issuer, url } : null,
  };
}
