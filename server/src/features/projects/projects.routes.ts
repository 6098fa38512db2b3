import type { FastifyInstance } from 'fastify';
import * as contract from '@piper/shared/projects';
import type { Deps } from '#platform/deps';
import { serve } from '#platform/http/serve';
import { toInvitation } from '#features/identity';
import type { ProjectRow } from './projects.repo.ts';
import {
  deleteProject,
  inviteToProject,
  listDeletedProjects,
  restoreProject,
  takeOverProject,
  undoMs,
} from './projects.service.ts';

export function serveProjects(app: FastifyInstance, deps: Deps): void {
  serve(app, deps, contract.deleteProject, async (ctx, { params }) => ({ data: toDeleted(await deleteProject(ctx, params.id)) }));
  serve(app, deps, contract.restoreProject, async (ctx, { params }) => ({
    data: toProject(await restoreProject(ctx, params.id)),
  }));
  serve(app, deps, contract.takeOverProject, async (ctx, { params, body }) => ({
    data: toProject(await takeOverProject(ctx, params.id, body.reason)),
  }));
  serve(app, deps, contract.listDeletedProjects, async (ctx) => ({ data: (await listDeletedProjects(ctx)).map(toDeleted) }));
  serve(app, deps, contract.inviteToProject, async (ctx, { params, body }) => ({
    data: toInvitation(await inviteToProject(ctx, params.id, body)),
  }));
}

function toProject(row: ProjectRow): contract.Project {
  const { id, slug, name, description, version } = row;
  const times = { createdAt: row.created_at.toISOString(), updatedAt: row.updated_at.toISOString() };
  return { id, slug, name, description, ...times, createdBy: row.created_by, version };
}

function toDeleted(row: ProjectRow) {
  const at = row.deleted_at ?? row.updated_at;
  return { ...toProject(row), deletedAt: at.toISOString(), restorableUntil: new Date(at.getTime() + undoMs).toISOString() };
}
