/** What projects do beyond being records: slugs, their first owner, deletion that can be undone, invitations. */
import { fail } from '@piper/shared/errors';
import type { ProjectRole } from '@piper/shared/system-models/roles';
import { userIdOf } from '#platform/actor';
import type { Ctx, TxCtx } from '#platform/ctx';
import { inTx } from '#platform/db/tx';
import type { Deps } from '#platform/deps';
import { appendEvents } from '#platform/events/append';
import type { WriteHooks } from '#platform/records/hooks';
import { createInvitation, recordSecurity, requirePerson } from '#features/identity';
import { findRole, listMemberIds } from './members.repo.ts';
import { addMember, raiseToOwner } from './members.service.ts';
import { accessDeletedProject, accessProject, resolveProject } from './projects.access.ts';
import {
  findProject,
  listDeletedOf,
  listOpenRuns,
  lockExpired,
  markDeleted,
  removeProject,
  type ProjectRow,
} from './projects.repo.ts';
import { keepFormerSlug } from './slugs.repo.ts';
import { chooseSlug, claimSlug } from './slugs.ts';

/** How long a deleted project can be restored. */
export const undoMs = 24 * 3_600_000;

/** A project gets its slug from its name and its creator as owner; a rename moves the slug, and the former one keeps working. */
export const projectHooks: WriteHooks = {
  async beforeCreate(ctx, values) {
    const given = values['slug'];
    const slug = typeof given === 'string' ? await claimSlug(ctx.db, given) : await chooseSlug(ctx.db, String(values['name']));
    return { ...values, slug };
  },
  async afterCreate(ctx, record) {
    const userId = userIdOf(ctx.actor);
    if (userId !== undefined) await addMember(ctx, { projectId: String(record['id']), userId, role: 'owner' });
  },
  async beforeUpdate(ctx, before, changes) {
    const id = String(before['id']);
    if (typeof changes['slug'] === 'string') return { ...changes, slug: await claimSlug(ctx.db, changes['slug'], id) };
    if (typeof changes['name'] !== 'string' || changes['name'] === before['name']) return changes;
    return { ...changes, slug: await chooseSlug(ctx.db, changes['name'], id) };
  },
  async afterUpdate(ctx, before, after) {
    const [former, present] = [String(before['slug']), String(after['slug'])];
    if (former !== present) await keepFormerSlug(ctx.db, String(before['id']), { former, present });
  },
  resolveId: (ctx, reference) => resolveProject(ctx.db, reference),
};

/** Hides the project at once, stops what runs in it, and lets its owner change their mind for a day. */
export async function deleteProject(ctx: Ctx, idOrSlug: string): Promise<ProjectRow> {
  const { id } = await accessProject(ctx, idOrSlug, 'own');
  return inTx(ctx, async (tx) => {
    const row = (await markDeleted(tx.db, id, ctx.deps.clock.now())) ?? fail('not_found');
    await announce(tx, 'project.deleted', id, { before: { name: row.name, slug: row.slug } });
    for (const runId of await listOpenRuns(tx.db, id)) await tx.deps.runs.cancel(tx, runId);
    return row;
  });
}

/** Brings a deleted project back. Throws `not_found` once the undo window is over. */
export async function restoreProject(ctx: Ctx, idOrSlug: string): Promise<ProjectRow> {
  const { id, row } = await accessDeletedProject(ctx, idOrSlug);
  if (row.deleted_at && row.deleted_at <= undoStart(ctx.deps)) fail('not_found');
  return inTx(ctx, async (tx) => {
    const restored = (await markDeleted(tx.db, id, null)) ?? fail('not_found');
    await announce(tx, 'project.restored', id, { after: { name: restored.name, slug: restored.slug } });
    return restored;
  });
}

/** The own projects that can still be restored. */
export async function listDeletedProjects(ctx: Ctx): Promise<ProjectRow[]> {
  const userId = userIdOf(ctx.actor) ?? fail('unauthenticated');
  return listDeletedOf(ctx.db, userId, undoStart(ctx.deps));
}

const undoStart = (deps: Deps): Date => new Date(deps.clock.now().getTime() - undoMs);

/** Tells whoever follows the project, and each member, whose list of projects changes with it. */
async function announce(ctx: TxCtx, type: string, id: string, data: Record<string, unknown>): Promise<void> {
  const members = await listMemberIds(ctx.db, id);
  const topics = [`project:${id}`, ...members.map((userId) => `user:${userId}`)];
  await appendEvents(
    ctx,
    topics.map((topic) => ({ topic, type, subject: id, projectId: id, data })),
  );
}

/** Makes an owner of the instance an owner of the project. They see no project otherwise, and its members learn of it and why. */
export async function takeOverProject(ctx: Ctx, idOrSlug: string, reason: string): Promise<ProjectRow> {
  const person = requirePerson(ctx);
  if (person.role !== 'OWNER') fail('not_found');
  const id = (await resolveProject(ctx.db, idOrSlug)) ?? fail('not_found');
  const project = (await findProject(ctx.db, id)) ?? fail('not_found');
  await inTx(ctx, async (tx) => {
    if ((await findRole(tx.db, id, person.userId)) === 'owner') return;
    await raiseToOwner(tx, { projectId: id, userId: person.userId });
    await announce(tx, 'project.taken_over', id, { by: person.userId, reason });
    await recordSecurity(tx, 'project.taken_over', id, { by: person.userId, reason });
  });
  return project;
}

/** Removes projects whose undo window is over, each in one step with all that is its own. Answers how many. */
export async function purgeDeletedProjects(ctx: Ctx): Promise<number> {
  return inTx(ctx, async (tx) => {
    const ids = await lockExpired(tx.db, undoStart(ctx.deps), 10);
    for (const id of ids) {
      await announce(tx, 'project.purged', id, {});
      await removeProject(tx.db, id);
    }
    return ids.length;
  });
}

/** Invites to a project; only owners invite owners. */
export async function inviteToProject(ctx: Ctx, idOrSlug: string, input: { email: string; role?: ProjectRole }) {
  const project = await accessProject(ctx, idOrSlug, 'manage');
  const role = input.role ?? 'member';
  if (role === 'owner' && project.role !== 'owner') fail('forbidden', 'Only owners of the project decide who else is one.');
  return inTx(ctx, (tx) => createInvitation(tx, { projectId: project.id, email: input.email, role, place: project.name }));
}

/** The name of a project that somebody is invited to; undefined when it is gone. */
export const nameOfProject = async (ctx: Ctx, id: string): Promise<string | undefined> => (await findProject(ctx.db, id))?.name;

/** What accepting an invitation to a project does. The project may be gone by then. */
export async function joinProject(ctx: TxCtx, join: { projectId: string; role: string; userId: string }): Promise<void> {
  if (!(await findProject(ctx.db, join.projectId)))
    fail('invitation_invalid', 'The project of this invitation no longer exists.');
  await addMember(ctx, { projectId: join.projectId, userId: join.userId, role: join.role as ProjectRole });
}
