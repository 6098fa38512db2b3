/** Who belongs to a project: only owners make and unmake owners, and one always remains. */
import { fail } from '@piper/shared/errors';
import type { ProjectRole } from '@piper/shared/system-models/roles';
import { userIdOf } from '#platform/actor';
import type { TxCtx } from '#platform/ctx';
import { appendEvents } from '#platform/events/append';
import { newId } from '#platform/ids';
import type { WriteHooks } from '#platform/records/hooks';
import { findRole, insertMember, listUnknownRoles, lockOwners, makeOwner } from './members.repo.ts';

/** Adds somebody; who is a member already stays what they are. */
export async function addMember(ctx: TxCtx, member: { projectId: string; userId: string; role: ProjectRole }): Promise<void> {
  const { projectId, userId, role } = member;
  const id = newId();
  const created_by = userIdOf(ctx.actor) ?? null;
  if (!(await insertMember(ctx.db, { id, project_id: projectId, user_id: userId, role, created_by }))) return;
  const event = { type: 'member.created', subject: id, projectId, data: { after: { id, projectId, userId, role } } };
  await appendEvents(ctx, [
    { ...event, topic: `project:${projectId}` },
    { ...event, topic: `user:${userId}` },
  ]);
}

/** Makes somebody an owner, whether they belong to the project already or not. */
export async function raiseToOwner(ctx: TxCtx, { projectId, userId }: { projectId: string; userId: string }): Promise<void> {
  const before = await findRole(ctx.db, projectId, userId);
  if (before === undefined) return addMember(ctx, { projectId, userId, role: 'owner' });
  const member = await makeOwner(ctx.db, projectId, userId);
  if (!member) return;
  const data = { before: { role: before }, after: { role: 'owner', version: member.version } };
  const event = { type: 'member.updated', subject: member.id, projectId, data };
  await appendEvents(ctx, [
    { ...event, topic: `project:${projectId}` },
    { ...event, topic: `user:${userId}` },
  ]);
}

/** The rules of membership that a filter can't say; the engine's rules have let only managers (and those who leave) through. */
export const memberHooks: WriteHooks = {
  async beforeCreate(ctx, values) {
    if (values['role'] === 'owner') await requireOwner(ctx, String(values['projectId']));
    await requireRoles(ctx, String(values['projectId']), values['roles']);
    return values;
  },
  async beforeUpdate(ctx, before, changes) {
    const { id, projectId, role } = memberOf(before);
    const isOwnership = role === 'owner' || changes['role'] === 'owner';
    if (isOwnership) await requireOwner(ctx, projectId);
    if (role === 'owner' && changes['role'] !== undefined && changes['role'] !== 'owner')
      await requireOtherOwner(ctx, projectId, id);
    await requireRoles(ctx, projectId, changes['roles']);
    return changes;
  },
  async beforeDelete(ctx, before) {
    const { id, projectId, role } = memberOf(before);
    if (role !== 'owner') return;
    await requireOwner(ctx, projectId);
    await requireOtherOwner(ctx, projectId, id);
  },
};

const memberOf = (values: Record<string, unknown>) => ({
  id: String(values['id']),
  projectId: String(values['projectId']),
  role: values['role'] as ProjectRole,
});

async function requireOwner(ctx: TxCtx, projectId: string): Promise<void> {
  const userId = userIdOf(ctx.actor);
  if (userId === undefined) return;
  if ((await findRole(ctx.db, projectId, userId)) !== 'owner')
    fail('forbidden', 'Only owners of the project decide who else is one.');
}

/** Custom roles are those of the project, by key. */
async function requireRoles(ctx: TxCtx, projectId: string, roles: unknown): Promise<void> {
  if (!Array.isArray(roles) || roles.length === 0) return;
  const [unknown] = await listUnknownRoles(ctx.db, projectId, roles as string[]);
  if (unknown === undefined) return;
  const message = `holds "${unknown}", which is no custom role of the project`;
  fail('validation_failed', `Not valid: "roles" ${message}.`, [{ path: 'roles', message }]);
}

async function requireOtherOwner(ctx: TxCtx, projectId: string, memberId: string): Promise<void> {
  const owners = await lockOwners(ctx.db, projectId);
  if (!owners.some((id) => id !== memberId)) fail('last_owner');
}
