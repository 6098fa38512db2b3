/** To the issuer's page and back. These two are visited, not called: they answer with redirects. */
import type { FastifyInstance } from 'fastify';
import { fail, PiperError } from '@piper/shared/errors';
import { system } from '#platform/actor';
import { ctxFor } from '#platform/ctx';
import type { Deps } from '#platform/deps';
import { cookieNames, readCookie, setCookie } from '#platform/http/cookies';
import { countUse, rateLimits } from '#platform/http/rate-limit';
import { openExternalSession } from './external.service.ts';
import { beginSignIn, finishSignIn, oauthCookieSeconds, oauthProvider } from './oauth.service.ts';
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
      await countUse(deps, rateLimits.login, request.ip);
      requireProvider(request.params.provider);
      const { url, cookie } = await beginSignIn(deps, String(request.query.next ?? '/'));
      setCookie(reply, deps.env, { name: cookieNames.oauth, value: cookie, path, maxAge: oauthCookieSeconds });
      return reply.redirect(url);
    },
  );

  const end = {
    tags: ['auth'],
    summary: 'Where the external issuer sends people back to.',
    params: providerParams,
    security: [],
  };
  app.get<{ Params: { provider: string } }>(`${path}/:provider/callback`, { config, schema: end }, async (request, reply) => {
    requireProvider(request.params.provider);
    setCookie(reply, deps.env, { name: cookieNames.oauth, value: '', path, maxAge: 0 });
    try {
      const query = request.url.split('?')[1] ?? '';
      const { claims, next } = await finishSignIn(deps, query, readCookie(request.headers, cookieNames.oauth));
      const session = await openExternalSession(ctxFor(deps, system, request.id), claims, clientOf(request));
      await handOver(deps, session, reply);
      return await reply.redirect(next);
    } catch (error) {
      if (!(error instanceof PiperError)) throw error;
      // A person stands here, not a program: the sign-in page tells what happened.
      return reply.redirect(`/login?error=${encodeURIComponent(error.code)}`);
    }
  });
}

function requireProvider(provider: string): void {
  if (provider !== oauthProvider) fail('not_found', 'There is no such way to sign in here.');
}
