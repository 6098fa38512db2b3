/** The only way to obtain a prompt on somebody's behalf; the rules are the model's (shared/system-models). */
import { fail } from '@piper/shared/errors';
import type { Ctx } from '#platform/ctx';
import { isUuid } from '#platform/ids';
import { access } from '#platform/records/records';
import { findPrompt, type PromptRow } from './prompts.repo.ts';

export type PromptVerb = 'read' | 'update' | 'delete';

/** The prompt, when the actor may do `verb` to it. Throws `not_found`, `forbidden` or `scope_insufficient`. */
export async function accessPrompt(ctx: Ctx, id: string, verb: PromptVerb): Promise<PromptRow> {
  if (!isUuid(id)) fail('not_found');
  await access(ctx, 'prompts', id, verb, ['id']);
  return (await findPrompt(ctx.db, id)) ?? fail('not_found');
}
