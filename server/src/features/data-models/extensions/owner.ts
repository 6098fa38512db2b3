/** Who may add fields to Piper's own models. */
import { fail } from '@piper/shared/errors';
import type { Ctx } from '#platform/ctx';
import { mayWrite } from '#platform/key-scope';

/** Whether the instance's owner acts; by an API key only if it reaches the whole instance. */
export function isInstanceOwner({ actor }: Ctx): boolean {
  if (actor.kind === 'system') return true;
  return actor.role === 'OWNER' && !(actor.kind === 'key' && actor.projectId !== undefined);
}

/** Throws `forbidden` unless it is they; `scope_insufficient` for a key that may only read. */
export function requireInstanceOwner(ctx: Ctx, verb: 'read' | 'change'): void {
  if (!isInstanceOwner(ctx)) fail('forbidden', "Only the instance's owner may shape Piper's own models.");
  if (verb === 'change' && !mayWrite(ctx)) fail('scope_insufficient');
}
