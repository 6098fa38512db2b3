/** The form of any model: its settable fields, with the server's refusals beside them. */
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { fieldUiOf } from '../../fields/index.ts';
import { plainValue } from '../../fields/targets.ts';
import { fieldErrors, messageOf } from '../../platform/api-error.ts';
import { queryClient } from '../../platform/cache.ts';
import {
  createRecord,
  recordsPath,
  updateRecord,
  type AnyRecord,
  type VisibleField,
  type VisibleModel,
} from '../../platform/records.ts';
import { Button } from '../../ui/button.tsx';
import { Notice } from '../../ui/notice.tsx';
import { showToast, showUndo } from '../../ui/toast.tsx';

interface RecordFormProps {
  model: VisibleModel;
  /** Undefined: a new one is made. */
  record: AnyRecord | undefined;
  onClose: () => void;
  onSaved: (record: AnyRecord) => void;
}

/** Reads everything again that shows records of a model. */
export async function refreshModel(model: VisibleModel): Promise<void> {
  const path = recordsPath(model);
  await Promise.all([
    queryClient.invalidateQueries({ queryKey: ['records', path] }),
    queryClient.invalidateQueries({ queryKey: ['record', path] }),
    queryClient.invalidateQueries({ queryKey: [path] }),
  ]);
}

/** Lists of a many-to-many relation are written with the record; those of a one-to-many belong to the other side. */
export const isEditable = (field: VisibleField, record: AnyRecord | undefined): boolean =>
  !field.hidden && ((record ? field.updatable : field.creatable) || field.relation?.kind === 'many-to-many');

export function RecordForm({ model, record, onClose, onSaved }: RecordFormProps) {
  const path = recordsPath(model);
  const fields = model.fields.filter((field) => isEditable(field, record));
  // As it was when the form was opened: what others change meanwhile must not look like a change made here.
  const [before] = useState(() => record && plainRecord(model, record));
  const [values, setValues] = useState<Record<string, unknown>>(() =>
    Object.fromEntries(fields.map((field) => [field.key, before ? before[field.key] : field.default])),
  );
  const save = useMutation({
    mutationFn: () =>
      before ? updateRecord(path, before.id, changed(values, before), before.version) : createRecord(path, given(values)),
    onSuccess: async (saved) => {
      announce(model, before, saved);
      onClose();
      await refreshModel(model);
      onSaved(saved);
    },
  });
  const errors = fieldErrors(save.error);
  const isUnchanged = before !== undefined && Object.keys(changed(values, before)).length === 0;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      {fields.map((field) => {
        const { Input } = fieldUiOf(field);
        return (
          <Input
            key={field.key}
            field={field}
            value={values[field.key]}
            error={errors[field.key]}
            onChange={(value) => setValues((old) => ({ ...old, [field.key]: value }))}
          />
        );
      })}
      {save.error && Object.keys(errors).length === 0 ? <Notice tone="danger">{messageOf(save.error)}</Notice> : null}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" isBusy={save.isPending} disabled={isUnchanged || save.isPending}>
          {record ? 'Save' : 'Create'}
        </Button>
      </div>
    </form>
  );
}

const plainRecord = (model: VisibleModel, record: AnyRecord): AnyRecord => ({
  ...record,
  ...Object.fromEntries(model.fields.map((field) => [field.key, plainValue(field, record[field.key])])),
});

const changed = (values: Record<string, unknown>, record: AnyRecord): Record<string, unknown> =>
  Object.fromEntries(Object.entries(values).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(record[key])));

const given = (values: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== ''));

/** A change can be taken back as long as nobody changed the record again. */
function announce(model: VisibleModel, before: AnyRecord | undefined, saved: AnyRecord): void {
  if (!before) return showToast(`${model.label} created.`);
  const old = Object.fromEntries(
    Object.keys(before)
      .filter(
        (key) =>
          model.fields.some((field) => field.key === key && field.updatable) &&
          JSON.stringify(before[key]) !== JSON.stringify(saved[key]),
      )
      .map((key) => [key, before[key]]),
  );
  if (Object.keys(old).length === 0) return showToast('Saved.');
  const undo = (): void => {
    updateRecord(recordsPath(model), saved.id, old, saved.version)
      .then(() => refreshModel(model))
      .catch((error: unknown) => showToast(messageOf(error), { tone: 'danger' }));
  };
  showUndo('Saved.', undo);
}
