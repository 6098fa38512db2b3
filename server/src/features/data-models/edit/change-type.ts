/** A field becomes one of another type: it keeps its id and key and gets a new column; the old one waits in the bin. */
import type { Field } from '@piper/shared/data-model';
import type { FieldChanges, ModelDefinition } from '@piper/shared/data-models';
import { fieldTypes } from '@piper/shared/fields/index';
import { isComputed } from '@piper/shared/formula/index';
import { fixedRelation, isSetByServer } from './bare-field.ts';
import { requireUnused } from './dependants.ts';
import type { Draft } from './draft.ts';
import { refuse } from './refuse.ts';
import { onDeleteOf, targetIn } from './relate.ts';

/** Types whose values are all values of the other type too, in the same column. */
const plainTexts = new Set(['text', 'email', 'url', 'phone', 'colour', 'select']);
const keepsColumn = (from: string, to: string): boolean => plainTexts.has(from) && (to === 'text' || to === 'long-text');

/** Gives the field another type; its options start anew. `field` is the draft's own. */
export function changeType(draft: Draft, model: ModelDefinition, field: Field, changes: FieldChanges): void {
  const type = changes.type!;
  if (!fieldTypes.has(type)) refuse('type', 'is no field type');
  requireConvertible(draft, field, type);
  const old = structuredClone(field);
  const becomes: Field = { ...field, type };
  delete becomes.result;
  delete becomes.relation;
  delete becomes.options;
  delete becomes.onDemand;
  // A value of the old type would be none of the new one.
  delete becomes.default;
  if (changes.options) becomes.options = structuredClone(changes.options);
  lead(draft, becomes, changes);
  settleColumn(becomes, old);
  for (const key of Object.keys(field) as (keyof Field)[]) delete field[key];
  Object.assign(field, becomes);
  draft.retyped.set(field.id, old.type);
  if (old.column !== undefined && !keepsColumn(old.type, type)) putAside(draft, model, old);
}

function requireConvertible(draft: Draft, field: Field, type: string): void {
  const { relation } = field;
  if (relation && relation.kind !== 'many-to-one' && relation.kind !== 'id-list' && relation.kind !== 'any')
    refuse('type', "of a list of records can't be changed: add another field and delete this one");
  // What leads back by this field would lead back by none.
  if (relation?.kind === 'many-to-one') requireUnused(draft, field.label, { fields: new Set([field.id]), only: 'lists' });
  if (type === 'any-relation') refuse('type', "can't become any-relation: add a field of that type and delete this one");
}

/** Where the new type leads, if anywhere. */
function lead(draft: Draft, field: Field, { type, relation, required }: FieldChanges): void {
  const fixed = fixedRelation(type!, field.key);
  if (fixed) field.relation = fixed;
  if (type !== 'relation')
    return relation === undefined ? undefined : refuse('relation', `does not suit a field of type ${type}`);
  if (relation?.target === undefined) refuse('relation.target', 'is required');
  if (relation.kind !== undefined && relation.kind !== 'many-to-one')
    refuse('relation.kind', 'must be many-to-one where a field that holds values becomes a relation');
  const target = targetIn(draft, relation.target, 'relation.target');
  const onDelete = onDeleteOf(relation.onDelete, { ...field, required: required ?? field.required === true }, target);
  field.relation = { kind: 'many-to-one', target: target.id, as: field.key, onDelete };
  field.index = true;
}

function settleColumn(field: Field, old: Field): void {
  if (isSetByServer(old.type)) delete field.readOnly;
  if (isSetByServer(field.type)) field.readOnly = true;
  if (!isComputed(field)) {
    field.column ??= field.key;
    return;
  }
  for (const key of ['column', 'required', 'unique', 'index', 'default'] as const) delete field[key];
  if (field.type === 'rollup') field.onDemand = true;
}

/** Keeps the old column, as a field of its own in the bin. */
function putAside(draft: Draft, model: ModelDefinition, old: Field): void {
  model.bin ??= [];
  model.bin.push({ field: { ...old, id: draft.newId() }, deletedAt: draft.now, because: { replacedBy: old.id } });
}
