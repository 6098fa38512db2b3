/** All routes of a project's records. */
import type { FastifyInstance } from 'fastify';
import type { Deps } from '#platform/deps';
import { serveBatch } from './batch.routes.ts';
import { serveComments } from './comments.routes.ts';
import { serveDocuments } from './documents/documents.routes.ts';
import { serveItems } from './items.routes.ts';
import { serveRevisions } from './revisions.routes.ts';

export function serveRecordRoutes(app: FastifyInstance, deps: Deps): void {
  serveItems(app, deps);
  serveRevisions(app, deps);
  serveComments(app, deps);
  serveBatch(app, deps);
  serveDocuments(app, deps);
}
