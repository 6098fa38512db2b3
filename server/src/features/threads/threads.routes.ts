import type { FastifyInstance } from 'fastify';
import { createThread, readBranch, restoreThread } from '@piper/shared/threads';
import type { Deps } from '#platform/deps';
import { serve } from '#platform/http/serve';
import * as threads from './threads.service.ts';

export function serveThreads(app: FastifyInstance, deps: Deps): void {
  serve(app, deps, createThread, async (ctx, { body }) => ({ data: await threads.createThread(ctx, body) }));
  serve(app, deps, restoreThread, async (ctx, { params }) => ({ data: await threads.restoreThread(ctx, params.id) }));
  serve(app, deps, readBranch, (ctx, { params, query }) => threads.readBranch(ctx, params.id, query));
}
