/** Finds out who is asking, once per request, before the body is read: routes that are not public answer 401 without an actor. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { fail, PiperError } from '@piper/shared/errors';
import type { Actor } from '../actor.ts';
import type { Deps } from '../deps.ts';
import { contributed, type Feature } from '../feature.ts';
import type { Authenticate } from './authenticate.ts';
import { requireCsrfToken } from './csrf.ts';
import { closeRateLimits, countRequest, rateLimits } from './rate-limit.ts';
import { requireWriteScope } from '../key-scope.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: 'public' | 'signed-in';
  }
}

/** Hooks that limit, authenticate and guard every request, in this order. */
export function authenticateRequests(app: FastifyInstance, deps: Deps, features: readonly Feature[]): void {
  const authenticators = contributed(features, 'authenticate');
  app.addHook('onRequest', async (request) => {
    if (!isLimited(request)) return;
    countRequest(deps, rateLimits.address, request.ip);
    const isPublic = request.routeOptions.config.access === 'public';
    request.actor = await (isPublic ? authenticateIfPossible : authenticateWith)(authenticators, deps, request);
    if (!request.actor) return isPublic || request.routeOptions.config.access === undefined ? undefined : fail('unauthenticated');
    if (request.actor.kind !== 'system') countRequest(deps, rateLimits.user, request.actor.userId);
    if (!isPublic) guardChange(deps, request, request.actor);
  });
  app.addHook('onClose', () => closeRateLimits(deps));
}

/** Pages, scripts and health checks say nothing about anybody. */
function isLimited(request: FastifyRequest): boolean {
  // The route's own address where there is one: `/%61pi/…` leads to the same as `/api/…`.
  const { config, url = request.url } = request.routeOptions;
  return url.startsWith('/api/') || url.startsWith('/v1/') || request.url.startsWith('/api/') || config.access === 'signed-in';
}

async function authenticateWith(authenticators: Authenticate[], deps: Deps, request: FastifyRequest): Promise<Actor | undefined> {
  for (const authenticate of authenticators) {
    const actor = await authenticate(deps, { headers: request.headers, ip: request.ip });
    if (actor) return actor;
  }
  return undefined;
}

/** Who signs in or refreshes may still send an expired token along: on public routes that means nobody. */
async function authenticateIfPossible(
  authenticators: Authenticate[],
  deps: Deps,
  request: FastifyRequest,
): Promise<Actor | undefined> {
  try {
    return await authenticateWith(authenticators, deps, request);
  } catch (error) {
    if (error instanceof PiperError && error.status < 500) return undefined;
    throw error;
  }
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'SEARCH']);

/** A change by cookie needs the CSRF token (a header that foreign pages can't set proves as much); a key for reading changes nothing. */
function guardChange(deps: Deps, request: FastifyRequest, actor: Actor): void {
  if (safeMethods.has(request.method)) return;
  if (request.headers.authorization === undefined) requireCsrfToken(deps.env, request.headers);
  requireWriteScope({ actor });
}
