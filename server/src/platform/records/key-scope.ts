/** What an API key may do besides what its user may. The project it is held to is part of the rules (actor-rules.ts). */
import { fail } from '@piper/shared/errors';
import type { Ctx } from '../ctx.ts';

/** An API key that may only read is told so when it tries to write. */
export function refuseReadOnlyKey(ctx: Ctx): void {
  if (ctx.actor.kind === 'key' && ctx.actor.access === 'read') fail('scope_insufficient', 'This API key may only read.');
}

export const mayWrite = (ctx: Ctx): boolean => ctx.actor.kind !== 'key' || ctx.actor.access === 'write';
