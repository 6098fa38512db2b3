/** Serves the built web app from the same origin; every address that is not the API's opens it. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { PiperError } from '@piper/shared/errors';
import { answerError } from './errors.ts';

export const webDist = fileURLToPath(new URL('../../../../web/dist', import.meta.url));

/** For a process that serves no pages. */
export function answerUnknown(app: FastifyInstance): void {
  app.setNotFoundHandler((request, reply) => answerError(new PiperError('route_not_found'), request, reply));
}

/** Files are looked up when asked for, not listed at start: a rebuilt app is served at once. */
export async function serveWebApp(app: FastifyInstance): Promise<void> {
  if (!existsSync(`${webDist}/index.html`)) return answerUnknown(app);
  const { default: fastifyStatic } = await import('@fastify/static');
  await app.register(fastifyStatic, { root: webDist, serve: false, cacheControl: false });
  app.get<{ Params: { '*': string } }>('/assets/*', { schema: { hide: true }, config: { access: 'public' } }, (request, reply) =>
    reply.header('cache-control', 'public, max-age=31536000, immutable').sendFile(`assets/${request.params['*']}`),
  );
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? '/';
    if (!isPage(request.method, path)) return answerError(new PiperError('route_not_found'), request, reply);
    void reply.header('cache-control', 'no-cache');
    const file = path.slice(1);
    return reply.sendFile(rootFile.test(file) && existsSync(`${webDist}/${file}`) ? file : 'index.html');
  });
}

/** A file beside index.html: icons, the manifest. */
const rootFile = /^[\w-]+\.[a-z0-9]+$/;
const apiPaths = /^\/(api|v1|health|ready|metrics|assets)(\/|$)/;
const isPage = (method: string, path: string): boolean => (method === 'GET' || method === 'HEAD') && !apiPaths.test(path);
