/** The only way to a thread: found, visible and allowed, or refused. What the actor may not see does not exist for them. */
import { fail } from '@piper/shared/errors';
import { editors } from '@piper/shared/system-models/roles';
import { userIdOf, type Actor } from '#platform/actor';
import type { Ctx } from '#platform/ctx';
import { isInScope, requireWriteScope } from '#platform/key-scope';
import { findMemberRole, findSeenThread, type SeenThread } from './threads.repo.ts';

/** `read`: see it. `write`: say something or rearrange it. `delete`: delete or restore it, its creator's right. */
export type ThreadVerb = 'read' | 'write' | 'delete';

/** The thread, for this verb. Throws `not_found` when the actor may not see it, `forbidden` or `scope_insufficient` when only the verb is refused. */
export async function accessThread(ctx: Ctx, id: string, verb: ThreadVerb, options: { deleted?: boolean } = {}): Promise<SeenThread> {
  const userId = requireUser(ctx.actor);
  const thread = await findSeenThread(ctx.db, userId, id, options);
  if (!thread || !isInScope(ctx.actor, thread.project_id)) fail('not_found', 'There is no such thread, or you may not see it.');
  if (verb === 'read') return thread;
  requireWriteScope(ctx.actor);
  if (verb === 'delete' && thread.created_by !== userId) fail('forbidden', 'Only who started a thread may delete it.');
  if (verb === 'write' && !editors.includes(thread.member_role)) fail('forbidden', 'As a viewer of this project you may read, not write.');
  return thread;
}

/** Makes sure that the actor may start threads in this project. Throws like accessThread. */
export async function accessProjectForThreads(ctx: Ctx, projectId: string): Promise<void> {
  const role = await findMemberRole(ctx.db, requireUser(ctx.actor), projectId);
  if (!role || !isInScope(ctx.actor, projectId)) fail('not_found', 'There is no such project, or you may not see it.');
  requireWriteScope(ctx.actor);
  if (!editors.includes(role)) fail('forbidden', 'As a viewer of this project you may read, not write.');
}

/** The user on whose behalf the actor writes; threads have no place for Piper itself. */
export function requireUser(actor: Actor): string {
  return userIdOf(actor) ?? fail('forbidden', 'Only a user can take part in threads.');
}
