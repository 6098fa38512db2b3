/** Deletes a record, with a way back. */
import { messageOf } from '../../platform/api-error.ts';
import { request } from '../../platform/http.ts';
import { deleteRecord, recordsPath, type AnyRecord, type VisibleModel } from '../../platform/records.ts';
import { showToast, showUndo } from '../../ui/toast.tsx';
import { deleteLater } from '../shell/delete-later.ts';
import { refreshModel } from './record-form.tsx';

/** A project's records wait in a bin on the server; of Piper's own the deletion itself waits. */
export function deleteOne(model: VisibleModel, { id }: AnyRecord, title: string): void {
  const path = recordsPath(model);
  const text = `Deleted “${title}”.`;
  const refresh = (): Promise<void> => refreshModel(model);
  if (model.project === undefined) return deleteLater({ id, text, run: () => deleteRecord(path, id), refresh });
  const fail = (error: unknown): void => showToast(messageOf(error), { tone: 'danger' });
  const restore = (): void => {
    request('POST', `/api/${path}/${id}/restore`, { body: {} }).catch(fail).finally(refresh);
  };
  deleteRecord(path, id)
    .then(() => showUndo(text, restore))
    .catch(fail)
    .finally(refresh);
}
