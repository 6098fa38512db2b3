/** Deletes a record, with a way back; and what can be done with one that is deleted. */
import { messageOf } from '../../platform/api-error.ts';
import { deleteRecord, recordsPath, restoreRecord, type AnyRecord, type VisibleModel } from '../../platform/records.ts';
import { showToast, showUndo } from '../../ui/toast.tsx';
import { deleteLater } from '../shell/delete-later.ts';
import { refreshModel } from './record-form.tsx';

const fail = (error: unknown): void => showToast(messageOf(error), { tone: 'danger' });

/** A project's records wait in a bin on the server; of Piper's own the deletion itself waits. */
export function deleteOne(model: VisibleModel, { id }: AnyRecord, title: string): void {
  const path = recordsPath(model);
  const text = `Deleted “${title}”.`;
  const refresh = (): Promise<void> => refreshModel(model);
  if (model.project === undefined) return deleteLater({ id, text, run: () => deleteRecord(path, id), refresh });
  const restore = (): void => {
    restoreRecord(path, id).catch(fail).finally(refresh);
  };
  deleteRecord(path, id)
    .then(() => showUndo(text, restore))
    .catch(fail)
    .finally(refresh);
}

/** Takes a record out of the bin. */
export const restoreOne = (model: VisibleModel, { id }: AnyRecord, title: string): Promise<void> =>
  restoreRecord(recordsPath(model), id)
    .then(() => showToast(`Restored “${title}”.`))
    .catch(fail)
    .finally(() => refreshModel(model));

/** Empties a record out of the bin; the deletion waits until the time to undo is over. */
export const deleteForGood = (model: VisibleModel, { id }: AnyRecord, title: string): void =>
  deleteLater({
    id,
    text: `Deleted “${title}” for good.`,
    run: () => deleteRecord(recordsPath(model), id, { permanent: true }),
    refresh: () => refreshModel(model),
  });
