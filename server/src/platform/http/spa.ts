/** Serves the built web app from the same origin; every address that is not the API's opens it. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { PiperError } from '@piper/shared/errors';
import { answerError } from './errors.ts';

export const webDist = fileURLToPath(new URL('../../../../web/dist', import.meta.url));
const apiPaths = /^\/(api|v1|health|ready|metrics)(\/|\?|$)/;

/** For a process that serves no pages. */
export function answerUnknown(app: FastifyInstance): void {
  app.setNotFoundHandler((request, reply) => answerError(new PiperError('route_not_found'), request, reply));
}

export async function serveWebApp(app: FastifyInstance): Promise<void> {
  const built = existsSync(`${webDist}/index.html`);
  if (built) {
    const { default: fastifyStatic } = await import('@fastify/static');
    await app.register(fastifyStatic, {
      root: webDist,
      wildcard: false,
      index: false,
      cacheControl: false,
      setHeaders: (reply, path) => {
        void reply.header('cache-control', path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache');
      },
    });
  }
  app.setNotFoundHandler((request: FastifyRequest, reply: FastifyReply) => {
    const page = built && (request.method === 'GET' || request.method === 'HEAD') && !apiPaths.test(request.url) && !request.url.startsWith('/assets/');
    return page ? reply.sendFile('index.html') : answerError(new PiperError('route_not_found'), request, reply);
  });
}
