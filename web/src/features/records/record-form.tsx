/** The form of any model: its settable fields, with the server's refusals beside them. */
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { fieldUiOf } from '../../fields/index.ts';
import { fieldErrors, messageOf } from '../../platform/api-error.ts';
import { queryClient } from '../../platform/cache.ts';
import { createRecord, updateRecord, type AnyRecord, type VisibleModel } from '../../platform/records.ts';
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

export async function refreshModel(key: string): Promise<void> {
  await Promise.all([
    queryClient.invalidateQueries({ queryKey: ['records', key] }),
    queryClient.invalidateQueries({ queryKey: ['record', key] }),
    queryClient.invalidateQueries({ queryKey: [key] }),
  ]);
}

export function RecordForm({ model, record, onClose, onSaved }: RecordFormProps) {
  const fields = model.fields.filter((field) => (record ? field.updatable : field.creatable) && !field.hidden);
  const [values, setValues] = useState<Record<string, unknown>>(() =>
    Object.fromEntries(fields.map((field) => [field.key, record ? record[field.key] : field.default])),
  );
  const save = useMutation({
    mutationFn: () =>
      record
        ? updateRecord(model.key, record.id, changed(values, record), record.version)
        : createRecord(model.key, given(values)),
    onSuccess: async (saved) => {
      announce(model, record, saved);
      onClose();
      await refreshModel(model.key);
      onSaved(saved);
    },
  });
  const errors = fieldErrors(save.error);
  const isUnchanged = record !== undefined && Object.keys(changed(values, record)).length === 0;
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
    updateRecord(model.key, saved.id, old, saved.version)
      .then(() => refreshModel(model.key))
      .catch((error: unknown) => showToast(messageOf(error), { tone: 'danger' }));
  };
  showUndo('Saved.', undo);
}
