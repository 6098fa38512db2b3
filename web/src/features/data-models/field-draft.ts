/** A field as its form holds it, and what of it is sent: a new field, or the changes of one. */
import type { FieldChanges, NewField, NewRelation } from '@piper/shared/data-models';
import type { OnDelete } from '@piper/shared/data-model';
import { fieldTypes } from '@piper/shared/fields/index';
import { givenOptions, type Options } from '../../fields/options-form.tsx';
import type { DesignedField } from './models.ts';
import { emptyRelation, type RelationDraft } from './relation-form.tsx';

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

export function draftOf(field: DesignedField | undefined): FieldDraft {
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

export const isComputed = (type: string): boolean => fieldTypes.get(type)?.category === 'computed';
export const isList = ({ type, relation }: FieldDraft): boolean =>
  type === 'relation' && (relation.kind === 'one-to-many' || relation.kind === 'many-to-many');

const isBlank = (value: unknown): boolean => value === undefined || value === null || value === '';

export function newFieldOf(draft: FieldDraft): NewField {
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

export function changesOf(draft: FieldDraft, field: DesignedField): FieldChanges {
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
