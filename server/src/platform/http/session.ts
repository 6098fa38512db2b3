/** Finds out who is asking, once per request, before the body is read: routes that are not public answer 401 without an actor. */
import type { FastifyInstance } from 'fastify';
import { fail } from '@piper/shared/errors';
import type { Deps } from '../deps.ts';
import { contributed, type Feature } from '../feature.ts';
import type {} from './authenticate.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: 'public' | 'signed-in';
  }
}

export function authenticateRequests(app: FastifyInstance, deps: Deps, features: readonly Feature[]): void {
  const authenticators = contributed(features, 'authenticate');
  app.addHook('onRequest', async (request) => {
    const access = request.routeOptions.config.access;
    for (const authenticate of authenticators) {
      request.actor = await authenticate(deps, { headers: request.headers, ip: request.ip });
      if (request.actor) return;
    }
    if (access === 'signed-in') fail('unauthenticated');
  });
}
