/** What an API key's scope leaves of its user's rights; other actors have no scope. */
import { fail } from '@piper/shared/errors';
import type { Actor } from './actor.ts';

/** False for a key of another project: to it, things outside its project don't exist. */
export function isInScope(actor: Actor, projectId: string | null): boolean {
  return actor.kind !== 'key' || actor.projectId === undefined || actor.projectId === projectId;
}

/** Throws `scope_insufficient` for a key that may only read. */
export function requireWriteScope(actor: Actor): void {
  if (actor.kind === 'key' && actor.access === 'read') fail('scope_insufficient');
}
