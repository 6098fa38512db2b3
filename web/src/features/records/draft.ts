/** What is being put together on the screen before the address says it. */
import { useState } from 'react';

interface Draft<T> {
  value: T;
  /** What the address said last. */
  stated: string;
  /** What the address was asked to say and has not said yet. */
  awaited: readonly string[];
}

/**
 * A draft of what the address states. It follows the address wherever that changes otherwise than by this draft: by a link, by the
 * Back button, by "Show all". `change` takes the new draft and, when the address is about to say it, what that will be.
 */
export function useDraft<T>(stated: string, read: () => T): [T, (value: T, willState?: string) => void] {
  const [draft, setDraft] = useState<Draft<T>>(() => ({ value: read(), stated, awaited: [] }));
  if (draft.stated !== stated) {
    const at = draft.awaited.indexOf(stated);
    setDraft({ value: at < 0 ? read() : draft.value, stated, awaited: at < 0 ? [] : draft.awaited.slice(at + 1) });
  }
  const change = (value: T, willState?: string): void =>
    setDraft((old) => {
      const isNew = willState !== undefined && willState !== (old.awaited.at(-1) ?? old.stated);
      return { ...old, value, awaited: isNew ? [...old.awaited, willState] : old.awaited };
    });
  return [draft.value, change];
}
