/** The only way to obtain a project on somebody's behalf. */
import { fail } from '@piper/shared/errors';
import type { ProjectVerb } from '@piper/shared/projects';
import type { ProjectRole } from '@piper/shared/system-models/roles';
import type { Actor } from '#platform/actor';
import type { Ctx } from '#platform/ctx';
import type { Db } from '#platform/db/db';
import { isUuid } from '#platform/ids';
import { requireWriteScope } from '#platform/key-scope';
import { findIdBySlug, findProject, findProjectOfMember, type ProjectRow } from './projects.repo.ts';

export interface AccessedProject {
  id: string;
  slug: string;
  name: string;
  description: string;
  /** Of the actor; Piper itself acts as owner. */
  role: ProjectRole;
  row: ProjectRow;
}

const verbsOf: Record<ProjectRole, readonly ProjectVerb[]> = {
  viewer: ['read'],
  member: ['read', 'write'],
  admin: ['read', 'write', 'manage'],
  owner: ['read', 'write', 'manage', 'own'],
};

/** What a role may do with its project. */
export const mayInProject = (role: ProjectRole, verb: ProjectVerb): boolean => verbsOf[role].includes(verb);

/** The project, if the actor may do `verb` with it: `not_found` when they may not see it, `forbidden` when they see it but may not. */
export async function accessProject(ctx: Ctx, idOrSlug: string, verb: ProjectVerb): Promise<AccessedProject> {
  const found = await load(ctx, idOrSlug, false);
  requireVerb(ctx.actor, found.role, verb);
  return found;
}

/** A deleted project that its owner may restore. */
export async function accessDeletedProject(ctx: Ctx, idOrSlug: string): Promise<AccessedProject> {
  const found = await load(ctx, idOrSlug, true);
  requireVerb(ctx.actor, found.role, 'own');
  return found;
}

/** The id that an id or a present or former slug means. */
export async function resolveProject(db: Db, reference: string): Promise<string | undefined> {
  return isUuid(reference) ? reference : findIdBySlug(db, reference);
}

async function load(ctx: Ctx, idOrSlug: string, deleted: boolean): Promise<AccessedProject> {
  const id = (await resolveProject(ctx.db, idOrSlug)) ?? fail('not_found');
  const { actor } = ctx;
  if (actor.kind === 'key' && actor.projectId !== undefined && actor.projectId !== id) fail('not_found');
  const row =
    actor.kind === 'system'
      ? await findAsSystem(ctx.db, id)
      : await findProjectOfMember(ctx.db, { id, userId: actor.userId, deleted });
  if (!row) fail('not_found');
  return { id: row.id, slug: row.slug, name: row.name, description: row.description, role: row.role, row };
}

async function findAsSystem(db: Db, id: string): Promise<(ProjectRow & { role: ProjectRole }) | undefined> {
  const row = await findProject(db, id);
  return row && { ...row, role: 'owner' };
}

function requireVerb(actor: Actor, role: ProjectRole, verb: ProjectVerb): void {
  if (!mayInProject(role, verb)) fail('forbidden');
  if (verb !== 'read') requireWriteScope({ actor });
}
