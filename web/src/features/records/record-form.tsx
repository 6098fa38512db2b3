/** The form of any model: its settable fields, with the server's refusals beside them. */
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { labelOf } from '../../fields/field-ui.ts';
import { fieldUiOf } from '../../fields/index.ts';
import { useTargetsOf, wholeRecord } from '../../fields/targets.ts';
import { ApiError, fieldErrors, messageOf } from '../../platform/api-error.ts';
import { queryClient } from '../../platform/cache.ts';
import {
  createRecord,
  readRecord,
  recordsPath,
  updateRecord,
  type AnyRecord,
  type VisibleField,
  type VisibleModel,
} from '../../platform/records.ts';
import { Button } from '../../ui/button.tsx';
import { useFormFocus } from '../../ui/form-focus.ts';
import { Notice } from '../../ui/notice.tsx';
import { showToast, showUndo } from '../../ui/toast.tsx';
import { bodyOf, decided, draftOf, plainRecord, rebased, undoOf, valueIn, withEdit, type Draft } from './record-draft.ts';

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
  const fields = model.fields.filter((field) => isEditable(field, record));
  // As it was when the form was opened: what others change meanwhile must not look like a change made here.
  const [draft, setDraft] = useState(() => draftOf(model, record));
  const save = useSave(model, { draft, setDraft }, async (saved) => {
    onClose();
    await refreshModel(model);
    onSaved(saved);
  });
  const errors = fieldErrors(save.error);
  const form = useFormFocus(save.error);
  const isUnchanged = draft.base !== undefined && Object.keys(draft.edits).length === 0;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form ref={form} onSubmit={submit} className="flex flex-col gap-4">
      {fields.map((field) => {
        const { Input } = fieldUiOf(field);
        return (
          <div key={field.key} data-field={field.key} className="flex flex-col gap-2">
            <Input
              field={field}
              value={valueIn(draft, field)}
              record={draft.base}
              error={errors[field.key]}
              onChange={(value) => setDraft((old) => withEdit(old, field.key, value))}
            />
            {draft.base && draft.conflicts.includes(field.key) ? (
              <Theirs
                field={field}
                record={draft.base}
                isFirst={draft.conflicts[0] === field.key}
                onChoose={(choice) => setDraft((old) => decided(old, field.key, choice))}
              />
            ) : null}
          </div>
        );
      })}
      <Refusal error={save.error} fields={fields} hasConflicts={draft.conflicts.length > 0} />
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" isBusy={save.isPending} disabled={isUnchanged || draft.conflicts.length > 0}>
          {record ? 'Save' : 'Create'}
        </Button>
      </div>
    </form>
  );
}

interface DraftState {
  draft: Draft;
  setDraft: (draft: Draft) => void;
}

/** Saves the draft. What somebody else saved meanwhile is kept: only fields that both changed are left to decide. */
function useSave(model: VisibleModel, { draft, setDraft }: DraftState, onSaved: (saved: AnyRecord) => Promise<void>) {
  const path = recordsPath(model);
  const targets = useTargetsOf(model) ?? [];
  const write = (from: Draft): Promise<AnyRecord> =>
    from.base
      ? updateRecord(path, from.base.id, bodyOf(model, from), from.base.version)
      : createRecord(path, bodyOf(model, from));
  return useMutation({
    mutationFn: async (): Promise<{ written: Draft; saved: AnyRecord } | undefined> => {
      try {
        return { written: draft, saved: await write(draft) };
      } catch (error) {
        if (!draft.base || !isOutdated(error)) throw error;
        const now = plainRecord(model, await readRecord(path, draft.base.id, wholeRecord(model, targets)));
        const next = rebased(model, draft, now);
        setDraft(next);
        if (next.conflicts.length > 0) return undefined;
        return { written: next, saved: Object.keys(next.edits).length === 0 ? now : await write(next) };
      }
    },
    onSuccess: async (done) => {
      if (!done) return;
      announce(model, done.written, done.saved);
      await onSaved(done.saved);
    },
  });
}

/** The record was changed meanwhile, or what is to be unlinked is so already. */
const isOutdated = (error: unknown): boolean => error instanceof ApiError && (error.status === 412 || error.status === 404);

interface TheirsProps {
  field: VisibleField;
  /** As it is now. */
  record: AnyRecord;
  isFirst: boolean;
  onChoose: (choice: 'mine' | 'theirs') => void;
}

/** What somebody else made of a field that was changed here too. */
function Theirs({ field, record, isFirst, onChoose }: TheirsProps) {
  const { Cell, View } = fieldUiOf(field);
  // The whole of it, to compare; but no link that would lead away from the form.
  const Show = field.relation ? Cell : View;
  const choices = (
    <span className="flex gap-2">
      <Button size="sm" className="bg-surface" autoFocus={isFirst} onClick={() => onChoose('mine')}>
        Keep mine
      </Button>
      <Button size="sm" className="bg-surface" onClick={() => onChoose('theirs')}>
        Take theirs
      </Button>
    </span>
  );
  return (
    <section aria-label={`${labelOf(field)}: changed by somebody else`}>
      <Notice tone="warning" action={choices}>
        <p className="text-[0.8125rem]">Somebody else changed it meanwhile to</p>
        <Show field={field} value={record[field.key]} record={record} />
      </Notice>
    </section>
  );
}

interface RefusalProps {
  error: Error | null;
  fields: readonly VisibleField[];
  hasConflicts: boolean;
}

/** What does not stand beside a field. */
function Refusal({ error, fields, hasConflicts }: RefusalProps) {
  if (hasConflicts) {
    return (
      <Notice tone="warning">
        You and somebody else changed the same fields. Choose above what shall stay, then save again.
      </Notice>
    );
  }
  if (!error) return null;
  const all = Object.entries(fieldErrors(error));
  const others = all.filter(([key]) => !fields.some((field) => field.key === key));
  if (all.length > 0 && others.length === 0) return null;
  return <Notice tone="danger">{others.map(([key, text]) => `${key}: ${text}`).join(' · ') || messageOf(error)}</Notice>;
}

/** A change can be taken back as long as nobody changed the record again. */
function announce(model: VisibleModel, written: Draft, saved: AnyRecord): void {
  if (!written.base) return showToast(`${model.label} created.`);
  const undo = (): void => {
    updateRecord(recordsPath(model), saved.id, undoOf(model, written), saved.version)
      .then(() => refreshModel(model))
      .catch((error: unknown) => showToast(messageOf(error), { tone: 'danger' }));
  };
  if (Object.keys(written.edits).length === 0) return showToast('Saved.');
  showUndo('Saved.', undo);
}
