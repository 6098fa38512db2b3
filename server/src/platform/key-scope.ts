/** What an API key's scope leaves of its user's rights; other actors have no scope. The engine holds keys to their project by rules (records/actor-rules.ts). */
import { fail } from '@piper/shared/errors';
import type { Actor } from './actor.ts';

interface Who {
  actor: Actor;
}

/** False for a key of another project: to it, things outside its project don't exist. */
export const isInScope = ({ actor }: Who, projectId: string): boolean =>
  actor.kind !== 'key' || actor.projectId === undefined || actor.projectId === projectId;

export const mayWrite = ({ actor }: Who): boolean => actor.kind !== 'key' || actor.access === 'write';

/** Throws `scope_insufficient` for a key that may only read. */
export function requireWriteScope(who: Who): void {
  if (!mayWrite(who)) fail('scope_insufficient', 'This API key may only read.');
}
