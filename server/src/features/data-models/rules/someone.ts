/** The context in which the engine acts as somebody else: a member of the project, or whoever has these roles. */
import { fail } from '@piper/shared/errors';
import { isBuiltInRole } from '@piper/shared/project-roles';
import type { Someone } from '@piper/shared/project-rules';
import type { InstanceRole, UserActor } from '#platform/actor';
import type { Ctx, ProjectPlace } from '#platform/ctx';
import type { Catalogue } from '#platform/records/records';
import { sql } from 'kysely';
import { listRoles } from '../roles.repo.ts';

export type PlacedCtx = Ctx & { project: ProjectPlace };

export interface Where {
  projectId: string;
  catalogue: Catalogue;
}

/** Nobody's id: no record belongs to them. */
const nobody = '00000000-0000-0000-0000-000000000000';

/** Acts as they would. Throws `validation_failed` when it is not said who, or names what is not there. */
export async function contextOfSomeone(ctx: Ctx, { projectId, catalogue }: Where, who: Someone): Promise<PlacedCtx> {
  if ((who.member === undefined) === (who.roles === undefined)) refuse('member', 'or "roles" must be given, and not both');
  const { actor, roles } =
    who.member === undefined ? await withRoles(ctx, projectId, who.roles!) : await asMember(ctx, projectId, who.member);
  return { ...ctx, actor, project: { id: projectId, catalogue, roles } };
}

function refuse(path: string, message: string): never {
  fail('validation_failed', `Not valid: "${path}" ${message}.`, [{ path, message }]);
}

interface Role {
  actor: UserActor;
  roles: readonly string[];
}

async function asMember(ctx: Ctx, projectId: string, userId: string): Promise<Role> {
  const { rows } = await sql<{ instance: InstanceRole; role: string; roles: string[] }>`
    select person.role as instance, member.role, member.roles from piper.members member join piper.users person on person.id = member.user_id
    where member.project_id = ${projectId} and member.user_id = ${userId}::uuid`.execute(ctx.db);
  const found = rows[0] ?? refuse('member', 'names nobody who belongs to the project');
  return { actor: userOf(userId, found.instance), roles: sorted([found.role, ...found.roles]) };
}

async function withRoles(ctx: Ctx, projectId: string, roles: readonly string[]): Promise<Role> {
  const known = new Set((await listRoles(ctx.db, projectId)).map((role) => role.key));
  const unknown = roles.find((role) => !isBuiltInRole(role) && !known.has(role));
  if (unknown !== undefined) refuse('roles', `names "${unknown.slice(0, 80)}", which is no role of the project`);
  return { actor: userOf(nobody, 'MEMBER'), roles: sorted(roles) };
}

const userOf = (userId: string, role: InstanceRole): UserActor => ({ kind: 'user', userId, role, sessionId: '' });
const sorted = (roles: readonly string[]): string[] => [...new Set(roles)].sort();
