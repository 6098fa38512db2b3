/** The only way to obtain a prompt: what the actor may not see does not exist, what it may not do is refused. */
import { fail } from '@piper/shared/errors';
import { userIdOf } from '#platform/actor';
import type { Ctx } from '#platform/ctx';
import { isInScope, requireWriteScope } from '#platform/key-scope';
import { findProjectWithRole, findPromptWithRole, type ProjectRole, type PromptRow } from './prompts.repo.ts';

export type PromptVerb = 'read' | 'create' | 'update' | 'delete';

/** The prompt, when the actor may do `verb` to it. Throws `not_found`, `forbidden` or `scope_insufficient`. */
export async function accessPrompt(ctx: Ctx, id: string, verb: PromptVerb): Promise<PromptRow> {
  const found = await findPromptWithRole(ctx.db, id, userIdOf(ctx.actor));
  if (!found) fail('not_found');
  const { member_role, ...prompt } = found;
  requireRole(ctx, { projectId: prompt.project_id, role: member_role }, verb);
  return prompt;
}

/** The id of the project (given by id or slug) in which the actor may do `verb` to prompts. */
export async function accessPromptsOf(ctx: Ctx, project: string, verb: PromptVerb): Promise<string> {
  const found = await findProjectWithRole(ctx.db, project, userIdOf(ctx.actor));
  if (!found) fail('not_found');
  requireRole(ctx, { projectId: found.id, role: found.member_role }, verb);
  return found.id;
}

function requireRole(ctx: Ctx, member: { projectId: string; role: ProjectRole | null }, verb: PromptVerb): void {
  if (ctx.actor.kind === 'system') return;
  if (member.role === null || !isInScope(ctx.actor, member.projectId)) fail('not_found');
  if (verb === 'read') return;
  requireWriteScope(ctx.actor);
  if (member.role === 'viewer') fail('forbidden', 'Viewers of a project may not change its prompts.');
}
