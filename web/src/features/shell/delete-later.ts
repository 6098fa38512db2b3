/** Deleting with a way back where the server knows none: it is done once the time to undo is over, or when the page is left. */
import { messageOf } from '../../platform/api-error.ts';
import { showToast } from '../../ui/toast.tsx';

const undoSeconds = 8;

interface LateDeletion {
  /** "Deleted “Draft”." */
  text: string;
  run: () => Promise<unknown>;
  /** Called when it was undone, done or refused: what is shown must be read again. */
  refresh: () => unknown;
}

export function deleteLater({ text, run, refresh }: LateDeletion): void {
  const stop = (): void => {
    clearTimeout(timer);
    removeEventListener('pagehide', finish);
  };
  const finish = (): void => {
    stop();
    run()
      .catch((error: unknown) => showToast(messageOf(error), { tone: 'danger' }))
      .finally(refresh);
  };
  const undo = (): void => {
    stop();
    refresh();
  };
  const timer = setTimeout(finish, undoSeconds * 1000);
  addEventListener('pagehide', finish);
  showToast(text, { action: { label: 'Undo', run: undo }, seconds: undoSeconds - 1 });
}
