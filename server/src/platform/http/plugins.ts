/** The framework's plugins, with the headers that keep browsers safe. */
import compress from '@fastify/compress';
import cookie from '@fastify/cookie';
import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import type { Deps } from '../deps.ts';
import { secureReplies } from './security-headers.ts';

export async function registerPlugins(app: FastifyInstance, deps: Deps): Promise<void> {
  secureReplies(app, { https: deps.env.http.publicUrl.startsWith('https:') });
  await app.register(cors, {
    origin: deps.env.http.corsOrigins,
    credentials: true,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'SEARCH'],
    exposedHeaders: ['x-request-id', 'retry-after', 'etag', 'idempotent-replayed'],
  });
  await app.register(cookie);
  await app.register(compress, { global: true, threshold: 1024, encodings: ['br', 'gzip', 'identity'] });
}
