/** A new field, or a change of one: name, type with its options, where a relation leads, and what its values must be like. */
import type { FieldChanges, NewField, NewRelation } from '@piper/shared/data-models';
import type { OnDelete } from '@piper/shared/data-model';
import { fieldTypes } from '@piper/shared/fields/index';
import { useState, type FormEvent } from 'react';
import { givenOptions, type Options } from '../../fields/options-form.tsx';
import { fieldErrors } from '../../platform/api-error.ts';
import { Button } from '../../ui/button.tsx';
import { SwitchField, TextField } from '../../ui/field.tsx';
import { TypeOptions } from './computed-options.tsx';
import { DefaultInput, FillInput } from './field-values.tsx';
import type { DesignedField, DesignedModel, ModelAction } from './models.ts';
import { RelationForm, emptyRelation, type RelationDraft } from './relation-form.tsx';
import { SaveProblem, useSave } from './save-form.tsx';
import { TypePicker } from './type-picker.tsx';

export interface FieldDraft {
  label: string;
  key: string;
  help: string;
  type: string;
  options: Options;
  required: boolean;
  unique: boolean;
  index: boolean;
  default: unknown;
  /** Written where a field becomes required and records have no value. */
  fill: unknown;
  relation: RelationDraft;
}

interface FieldFormProps {
  model: DesignedModel;
  field: DesignedField | undefined;
  onClose: () => void;
}

const emptyDraft: FieldDraft = {
  label: '',
  key: '',
  help: '',
  type: 'text',
  options: {},
  required: false,
  unique: false,
  index: false,
  default: undefined,
  fill: undefined,
  relation: emptyRelation,
};

function draftOf(field: DesignedField | undefined): FieldDraft {
  if (!field) return emptyDraft;
  const known = Object.fromEntries(
    Object.keys(emptyDraft).flatMap((key) => (key in field ? [[key, field[key as 'label']]] : [])),
  );
  return { ...emptyDraft, ...known, relation: relationOf(field) };
}

function relationOf(field: DesignedField | undefined): RelationDraft {
  const { relation } = field ?? {};
  if (!relation) return emptyRelation;
  if (relation.kind === 'any') return { ...emptyRelation, kind: 'any', targets: relation.targets };
  const onDelete = relation.kind === 'many-to-one' ? (relation.onDelete ?? '') : '';
  return {
    ...emptyRelation,
    kind: relation.kind === 'id-list' ? 'many-to-one' : relation.kind,
    target: relation.target,
    onDelete,
  };
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

const isComputed = (type: string): boolean => fieldTypes.get(type)?.category === 'computed';
const isList = ({ type, relation }: FieldDraft): boolean =>
  type === 'relation' && (relation.kind === 'one-to-many' || relation.kind === 'many-to-many');

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

const isBlank = (value: unknown): boolean => value === undefined || value === null || value === '';

function newFieldOf(draft: FieldDraft): NewField {
  const { required, unique, index } = draft;
  const flags = isComputed(draft.type) || isList(draft) ? {} : { required, unique, index };
  const relation = newRelationOf(draft);
  const options = givenOptions(draft.options);
  return {
    label: draft.label.trim(),
    type: draft.type,
    ...flags,
    ...(draft.key.trim() ? { key: draft.key.trim() } : {}),
    ...(draft.help.trim() ? { help: draft.help.trim() } : {}),
    ...(options ? { options } : {}),
    ...(isBlank(draft.default) ? {} : { default: draft.default }),
    ...(relation ? { relation } : {}),
  };
}

/** User and file fields know where they lead. */
function newRelationOf({ type, relation }: FieldDraft): NewRelation | undefined {
  if (type === 'any-relation') return { kind: 'any', targets: relation.targets };
  if (type !== 'relation' || relation.kind === 'any') return undefined;
  const reverse = relation.reverse.trim() ? { reverse: { label: relation.reverse.trim() } } : {};
  const onDelete = relation.onDelete ? { onDelete: relation.onDelete as OnDelete } : {};
  return { kind: relation.kind, target: relation.target, ...reverse, ...onDelete };
}

const differs = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? null) !== JSON.stringify(b ?? null);

function changesOf(draft: FieldDraft, field: DesignedField): FieldChanges {
  const old = draftOf(field);
  const relation = relationChanges(draft, old);
  return { ...wordChanges(draft, old), ...valueChanges(draft, old), ...(relation ? { relation } : {}) };
}

function wordChanges(draft: FieldDraft, old: FieldDraft): FieldChanges {
  const changes: FieldChanges = {};
  for (const word of ['label', 'key', 'type'] as const) if (draft[word].trim() !== old[word]) changes[word] = draft[word].trim();
  for (const flag of ['required', 'unique', 'index'] as const) if (draft[flag] !== old[flag]) changes[flag] = draft[flag];
  if (draft.help.trim() !== old.help) changes.help = draft.help.trim() || null;
  return changes;
}

function valueChanges(draft: FieldDraft, old: FieldDraft): FieldChanges {
  const changes: FieldChanges = {};
  if (differs(draft.options, old.options)) changes.options = givenOptions(draft.options) ?? null;
  if (differs(draft.default, old.default)) changes.default = isBlank(draft.default) ? null : draft.default;
  if (!isBlank(draft.fill)) changes.fill = draft.fill;
  return changes;
}

function relationChanges({ type, relation }: FieldDraft, old: FieldDraft): FieldChanges['relation'] {
  if (type !== 'relation' && type !== 'any-relation') return undefined;
  const onDelete = relation.onDelete === '' ? {} : { onDelete: relation.onDelete as OnDelete };
  if (type !== old.type && type === 'relation') return { target: relation.target, ...onDelete };
  if (type !== old.type && type === 'any-relation') return { kind: 'any', targets: relation.targets };
  if (differs(relation.targets, old.relation.targets)) return { targets: relation.targets };
  return relation.onDelete === '' || relation.onDelete === old.relation.onDelete ? undefined : onDelete;
}
