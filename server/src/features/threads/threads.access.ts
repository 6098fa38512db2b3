/**
 * The way to a thread for reading its branches and talking in it, in one statement that also brings its row. It agrees with
 * the thread's rules (shared/system-models), except that a viewer of the project may not talk.
 */
import { fail } from '@piper/shared/errors';
import { editors } from '@piper/shared/system-models/roles';
import { userIdOf, type Actor } from '#platform/actor';
import type { Ctx } from '#platform/ctx';
import { isInScope, requireWriteScope } from '#platform/key-scope';
import { findMemberRole, findSeenThread, type SeenThread } from './threads.repo.ts';

/** `read`: see it. `write`: say something in it. Changing and deleting the thread itself is the records engine's. */
export type ThreadVerb = 'read' | 'write';

/** The thread, for this verb. Throws `not_found` when the actor may not see it, `forbidden` or `scope_insufficient` when only the verb is refused. */
export async function accessThread(ctx: Ctx, id: string, verb: ThreadVerb): Promise<SeenThread> {
  const userId = requireUser(ctx.actor);
  const thread = await findSeenThread(ctx.db, userId, id);
  if (!thread || !isInScope(ctx, thread.project_id)) fail('not_found', 'There is no such thread, or you may not see it.');
  if (verb === 'read') return thread;
  requireWriteScope(ctx);
  if (!editors.includes(thread.member_role)) fail('forbidden', 'As a viewer of this project you may read, not write.');
  return thread;
}

/** Makes sure that the actor may start threads in this project. Throws like accessThread. */
export async function accessProjectForThreads(ctx: Ctx, projectId: string): Promise<void> {
  const role = await findMemberRole(ctx.db, requireUser(ctx.actor), projectId);
  if (!role || !isInScope(ctx, projectId)) fail('not_found', 'There is no such project, or you may not see it.');
  requireWriteScope(ctx);
  if (!editors.includes(role)) fail('forbidden', 'As a viewer of this project you may read, not write.');
}

/** The user on whose behalf the actor writes; threads have no place for Piper itself. */
export function requireUser(actor: Actor): string {
  return userIdOf(actor) ?? fail('forbidden', 'Only a user can take part in threads.');
}
