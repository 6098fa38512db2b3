/** Who may use a verb of identity at all; what they may do with which record is asked where the record is loaded. */
import { fail } from '@piper/shared/errors';
import type { UserActor } from '#platform/actor';
import type { Ctx } from '#platform/ctx';

/** The person who is signed in. Keys and assistants act for a person, but may not change who that person is. */
export function requirePerson(ctx: Ctx): UserActor {
  if (ctx.actor.kind === 'user') return ctx.actor;
  return fail(ctx.actor.kind === 'system' ? 'unauthenticated' : 'scope_insufficient');
}

/** A person who administers the instance. */
export function requireAdministrator(ctx: Ctx): UserActor {
  const person = requirePerson(ctx);
  return person.role === 'MEMBER' ? fail('forbidden') : person;
}
