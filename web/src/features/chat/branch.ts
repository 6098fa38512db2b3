/** The branch of a thread as far as it was read; pure. */
import type { MessagePart } from '@piper/shared/stream/parts';
import type { BranchMessage as WireMessage } from '@piper/shared/threads';

export type ChatMessage = Omit<WireMessage, 'parts'> & { parts: MessagePart[] };

/** The part of a branch that was read so far, oldest first. `before` is null when the start of the thread is reached. */
export interface Branch {
  messages: ChatMessage[];
  before: string | null;
  leafId: string | null;
}

/** The newest page in front of the older ones that were read before, when they still belong to the same branch. */
export function mergeTail(old: Branch | undefined, tail: Branch): Branch {
  const first = tail.messages[0];
  const at = first && old ? old.messages.findIndex(({ id }) => id === first.id) : -1;
  if (!old || at <= 0) return tail;
  return { ...tail, messages: [...old.messages.slice(0, at), ...tail.messages], before: old.before };
}

/** The other branch, behind what both have in common. */
export function mergeSwitched(old: Branch | undefined, next: Branch): Branch {
  const first = next.messages[0];
  if (!old || !first) return next;
  const at = old.messages.findIndex(({ id }) => id === first.id);
  return at > 0 ? { ...next, messages: [...old.messages.slice(0, at), ...next.messages], before: old.before } : next;
}
