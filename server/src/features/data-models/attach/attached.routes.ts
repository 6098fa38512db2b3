/** Routes of attached databases. */
import type { FastifyInstance } from 'fastify';
import * as contract from '@piper/shared/attached-databases';
import type { Deps } from '#platform/deps';
import { serve } from '#platform/http/serve';
import {
  attachDatabase,
  detachDatabase,
  listDatabases,
  previewDatabase,
  readDatabase,
  resumeDatabase,
} from './attached.service.ts';

export function serveAttachedDatabases(app: FastifyInstance, deps: Deps): void {
  serve(app, deps, contract.previewDatabase, async (ctx, { params, body }) => ({
    data: await previewDatabase(ctx, params.project, body),
  }));
  serve(app, deps, contract.attachDatabase, async (ctx, { params, body }) => ({
    data: await attachDatabase(ctx, params.project, body),
  }));
  serve(app, deps, contract.listDatabases, async (ctx, { params }) => ({ data: await listDatabases(ctx, params.project) }));
  serve(app, deps, contract.readDatabase, async (ctx, { params }) => ({
    data: await readDatabase(ctx, params.project, params.id),
  }));
  serve(app, deps, contract.resumeDatabase, async (ctx, { params, body }) => ({
    data: await resumeDatabase(ctx, params.project, params.id, body),
  }));
  serve(app, deps, contract.detachDatabase, async (ctx, { params }) => {
    await detachDatabase(ctx, params.project, params.id);
    return {};
  });
}
