/** A new field, or a change of one: name, type with its options, where a relation leads, and what its values must be like. */
import { useState, type FormEvent } from 'react';
import { fieldErrors } from '../../platform/api-error.ts';
import { Button } from '../../ui/button.tsx';
import { SwitchField, TextField } from '../../ui/field.tsx';
import { TypeOptions } from './computed-options.tsx';
import { changesOf, draftOf, isComputed, isList, newFieldOf, type FieldDraft } from './field-draft.ts';
import { DefaultInput, FillInput } from './field-values.tsx';
import type { DesignedField, DesignedModel, ModelAction } from './models.ts';
import { RelationForm } from './relation-form.tsx';
import { SaveProblem, useSave } from './save-form.tsx';
import { TypePicker } from './type-picker.tsx';

interface FieldFormProps {
  model: DesignedModel;
  field: DesignedField | undefined;
  onClose: () => void;
}

export function FieldForm({ model, field, onClose }: FieldFormProps) {
  const save = useSave(model, onClose);
  const [draft, setDraft] = useState(() => draftOf(field));
  const set = (part: Partial<FieldDraft>): void => setDraft((old) => ({ ...old, ...part }));
  const actions = (): ModelAction[] =>
    field
      ? [{ do: 'update-field', model: model.id, field: field.id, changes: changesOf(draft, field) }]
      : [{ do: 'create-field', model: model.id, field: newFieldOf(draft) }];
  const isUnchanged = field !== undefined && Object.keys(changesOf(draft, field)).length === 0;
  const errors = errorsOf(save.error);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate({ actions: actions(), done: field ? 'Field changed.' : `“${draft.label.trim()}” is there.` });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <Words draft={draft} onChange={set} errors={errors} isNew={!field} isTwin={isTwin(model, field, draft.label)} />
      <TypePicker value={draft.type} onChange={(type) => set({ type, options: {}, default: undefined })} error={errors['type']} />
      <RelationForm
        type={draft.type}
        value={draft.relation}
        stage={field === undefined ? 'new' : field.type === draft.type ? 'kept' : 'becomes'}
        onChange={(relation) => set({ relation })}
        errors={errors}
      />
      <TypeOptions
        model={model}
        type={draft.type}
        value={draft.options}
        onChange={(options) => set({ options })}
        errors={errors}
      />
      <Demands draft={draft} field={field} onChange={set} errors={errors} />
      <SaveProblem error={save.error} isShown={isShown} />
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" isBusy={save.isPending} disabled={isUnchanged}>
          {field ? 'Save' : 'Create field'}
        </Button>
      </div>
    </form>
  );
}

/** Two of one name could not be told apart on screen. */
const isTwin = (model: DesignedModel, field: DesignedField | undefined, label: string): boolean =>
  model.fields.some((other) => other.id !== field?.id && same(other.label, label));
const same = (a: string, b: string): boolean => a.trim().toLowerCase() === b.trim().toLowerCase();

/** By the field's own words: `actions[0].changes.key` is about `key`. */
const errorsOf = (error: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries(fieldErrors(error)).map(([path, message]) => [path.replace(/^actions\[0\]\.(field|changes)\./, ''), message]),
  );

/** Whether a part of the form tells what is wrong at this path itself. */
const isShown = (path: string): boolean =>
  /^actions\[0\]\.(?:field|changes)\.(?:label|key|help|type|default|fill|options.*|relation\.(?:kind|target|targets.*|onDelete|reverse\.label))$/.test(
    path,
  );

interface PartProps {
  draft: FieldDraft;
  onChange: (part: Partial<FieldDraft>) => void;
  errors: Readonly<Record<string, string>>;
}

function Words({ draft, onChange, errors, isNew, isTwin }: PartProps & { isNew: boolean; isTwin: boolean }) {
  return (
    <>
      <TextField
        label="Name"
        required
        autoFocus={isNew}
        value={draft.label}
        onChange={(event) => onChange({ label: event.target.value })}
        error={errors['label']}
        help={isTwin ? `Another field is called “${draft.label.trim()}” too; on screen nobody could tell them apart.` : undefined}
      />
      <TextField
        label="Key"
        required={!isNew}
        placeholder="Made from the name"
        value={draft.key}
        onChange={(event) => onChange({ key: event.target.value })}
        error={errors['key']}
        help={isNew ? 'The word in the API and in formulas.' : 'Rules, formulas and filters follow when it changes.'}
      />
      <TextField
        label="Help"
        value={draft.help}
        onChange={(event) => onChange({ help: event.target.value })}
        error={errors['help']}
      />
    </>
  );
}

function Demands({ draft, field, onChange, errors }: PartProps & { field: DesignedField | undefined }) {
  if (isComputed(draft.type) || isList(draft)) return null;
  return (
    <>
      <DefaultInput draft={draft} onChange={(value) => onChange({ default: value })} error={errors['default']} />
      <SwitchField label="Required" checked={draft.required} onChange={(required) => onChange({ required })} />
      {draft.required && field && !field.required ? (
        <FillInput draft={draft} onChange={(fill) => onChange({ fill })} error={errors['fill']} />
      ) : null}
      <SwitchField
        label="Unique"
        help="Each value may exist once."
        checked={draft.unique}
        onChange={(unique) => onChange({ unique })}
      />
      <SwitchField
        label="Index"
        help="Makes lists quick that filter or sort by it."
        checked={draft.index}
        onChange={(index) => onChange({ index })}
      />
    </>
  );
}
