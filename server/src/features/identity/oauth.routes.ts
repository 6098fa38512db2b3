/** To the issuer's page and back. These two are visited, not called: they answer with redirects. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import { fail, PiperError } from '@piper/shared/errors';
import { system } from '#platform/actor';
import { ctxFor } from '#platform/ctx';
import type { Deps } from '#platform/deps';
import { cookieNames, readCookie, setCookie } from '#platform/http/cookies';
import { countUse, rateLimits } from '#platform/http/rate-limit';
import { openExternalSession } from './external.service.ts';
import { beginSignIn, finishSignIn, oauthCookieSeconds, oauthProvider, readTrip, safePath } from './oauth.service.ts';
import { clientOf, handOver } from './session-cookies.ts';

const path = '/api/auth/oauth';
const config = { access: 'public' } as const;
const providerParams = { type: 'object', required: ['provider'], properties: { provider: { type: 'string', maxLength: 50 } } };

export function serveOauth(app: FastifyInstance, deps: Deps): void {
  const begin = { tags: ['auth'], summary: "Go to the external issuer's page to sign in.", params: providerParams, security: [] };
  app.get<{ Params: { provider: string }; Querystring: { next?: string } }>(
    `${path}/:provider`,
    { config, schema: begin },
    async (request, reply) => {
      requireProvider(deps, request.params.provider);
      const next = String(request.query.next ?? '/');
      return orBackToSignIn(reply, next, async () => {
        await countUse(deps, rateLimits.login, request.ip);
        const { url, cookie } = await beginSignIn(deps, next);
        setCookie(reply, deps.env, { name: cookieNames.oauth, value: cookie, path, maxAge: oauthCookieSeconds });
        return url;
      });
    },
  );

  const end = {
    tags: ['auth'],
    summary: 'Where the external issuer sends people back to.',
    params: providerParams,
    security: [],
  };
  app.get<{ Params: { provider: string } }>(`${path}/:provider/callback`, { config, schema: end }, async (request, reply) => {
    requireProvider(deps, request.params.provider);
    setCookie(reply, deps.env, { name: cookieNames.oauth, value: '', path, maxAge: 0 });
    const trip = readTrip(deps.env, readCookie(request.headers, cookieNames.oauth));
    return orBackToSignIn(reply, trip?.next ?? '/', async () => {
      const claims = await finishSignIn(deps, request.url.split('?')[1] ?? '', trip);
      const session = await openExternalSession(ctxFor(deps, system, request.id), claims, clientOf(request));
      await handOver(deps, session, reply);
      return trip?.next ?? '/';
    });
  });
}

/** Goes where `work` says. A person stands here, not a program: what went wrong is told by the sign-in page, which keeps the way on. */
async function orBackToSignIn(reply: FastifyReply, next: string, work: () => Promise<string>): Promise<FastifyReply> {
  try {
    return await reply.redirect(await work());
  } catch (error) {
    if (!(error instanceof PiperError)) throw error;
    const to = safePath(next);
    const query = new URLSearchParams({ error: error.code, ...(to !== '/' && { to }) });
    return reply.redirect(`/sign-in?${query.toString()}`);
  }
}

function requireProvider({ env }: Deps, provider: string): void {
  const isServed = provider === oauthProvider && env.auth.external?.clientId !== undefined;
  if (!isServed) fail('not_found', 'There is no such way to sign in here.');
}
