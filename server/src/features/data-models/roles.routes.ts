import type { FastifyInstance } from 'fastify';
import * as contract from '@piper/shared/project-roles';
import type { Ctx } from '#platform/ctx';
import type { Deps } from '#platform/deps';
import { serve } from '#platform/http/serve';
import { createRole, deleteRole, getRole, listRoles, updateRole, type RoleRow } from './roles.service.ts';

export function serveRoles(app: FastifyInstance, deps: Deps): void {
  serve(app, deps, contract.listRoles, async (ctx, { params }) => ({ data: (await listRoles(ctx, params.project)).map(toRole) }));
  serve(app, deps, contract.createRole, async (ctx, { params, body }) => ({
    data: toRole(await createRole(ctx, params.project, body)),
  }));
  serve(app, deps, contract.readRole, async (ctx, { params }) => ({
    data: toRole(await getRole(ctx, params.project, params.role)),
  }));
  const update = async (ctx: Ctx, { params, body }: Parameters<Parameters<typeof serve<typeof contract.updateRole>>[3]>[1]) => ({
    data: toRole(await updateRole(ctx, params.project, params.role, body)),
  });
  serve(app, deps, contract.updateRole, update);
  serve(app, deps, contract.replaceRole, update);
  serve(app, deps, contract.deleteRole, async (ctx, { params, query }) => {
    await deleteRole(ctx, params.project, params.role, query.detach === true);
    return {};
  });
}

function toRole(row: RoleRow): contract.CustomRole {
  const { id, key, name, description, members, version } = row;
  const times = { createdAt: row.created_at.toISOString(), updatedAt: row.updated_at.toISOString() };
  return { id, key, name, description, members, version, ...times };
}
