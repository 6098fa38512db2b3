/** Deleting with a way back where the server knows none: it is done once the time to undo is over, or when the page is left. */
import { useSyncExternalStore } from 'react';
import { messageOf } from '../../platform/api-error.ts';
import { showToast } from '../../ui/toast.tsx';

const undoSeconds = 8;

let doomed: ReadonlySet<string> = new Set();
const listeners = new Set<() => void>();

function setDoomed(next: ReadonlySet<string>): void {
  doomed = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Ids of what is about to be deleted: lists leave them out, whatever is read meanwhile. */
export const useDoomed = (): ReadonlySet<string> => useSyncExternalStore(subscribe, () => doomed);

interface LateDeletion {
  id: string;
  /** "Deleted “Draft”." */
  text: string;
  run: () => Promise<unknown>;
  /** Called when it was undone, done or refused: what is shown must be read again. */
  refresh: () => unknown;
}

export function deleteLater({ id, text, run, refresh }: LateDeletion): void {
  const settle = async (): Promise<void> => {
    await refresh();
    setDoomed(new Set([...doomed].filter((each) => each !== id)));
  };
  const stop = (): void => {
    clearTimeout(timer);
    removeEventListener('pagehide', finish);
  };
  const finish = (): void => {
    stop();
    run()
      .catch((error: unknown) => showToast(messageOf(error), { tone: 'danger' }))
      .finally(settle);
  };
  const undo = (): void => {
    stop();
    void settle();
  };
  const timer = setTimeout(finish, undoSeconds * 1000);
  addEventListener('pagehide', finish);
  setDoomed(new Set([...doomed, id]));
  showToast(text, { action: { label: 'Undo', run: undo }, seconds: undoSeconds - 1 });
}
