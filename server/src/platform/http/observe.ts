/** Measures and logs every request. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { httpRequests } from '../metrics.ts';

export function observeRequests(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id);
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    httpRequests.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
    logRequest(request, reply.statusCode, reply.elapsedTime);
  });
}

/** Successful reads are the bulk and say little: they are logged at `debug`. */
function logRequest(request: FastifyRequest, status: number, ms: number): void {
  const quiet = status < 400 && (request.method === 'GET' || request.method === 'HEAD');
  const line = { method: request.method, url: request.url.split('?')[0], status, ms: Math.round(ms * 10) / 10 };
  if (quiet) request.log.debug(line, 'request');
  else request.log.info(line, 'request');
}
