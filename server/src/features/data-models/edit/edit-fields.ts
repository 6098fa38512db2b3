/** Changes of a field. */
import type { Field } from '@piper/shared/data-model';
import type { FieldChanges, ModelAction, ModelDefinition } from '@piper/shared/data-models';
import { fail } from '@piper/shared/errors';
import { isSystemField } from '../system-fields.ts';
import { changeType } from './change-type.ts';
import { resolveOptions } from './computed-options.ts';
import { fieldIn, modelIn, speakOf, type Draft } from './draft.ts';
import { rekeyField } from './keys.ts';
import { checkLabel, checkText } from './labels.ts';
import { refuse } from './refuse.ts';
import { onDeleteOf, refuseJunction, targetsOf } from './relate.ts';
import { findSystemModel } from '@piper/shared/system-models/index';

/** Changes a field: its names, its type, what it demands. */
export function updateField(draft: Draft, action: Extract<ModelAction, { do: 'update-field' }>): void {
  const { changes } = action;
  const model = modelIn(draft, action.model);
  const { id } = requireOwn(model, fieldIn(model, action.field));
  const current = (): Field => fieldIn(model, id);
  if (changes.key !== undefined) rekeyField(draft, model, current(), changes.key);
  speakOf(draft, id);
  const isRetyped = changes.type !== undefined && changes.type !== current().type;
  if (isRetyped) changeType(draft, model, current(), changes);
  else setOptions(current(), changes);
  describe(current(), changes);
  demand(current(), changes);
  if (!isRetyped && changes.relation) changeRelation(draft, current(), changes.relation);
  resolveOptions(draft, model, current());
}

/** Refuses fields that are Piper's own affair. */
export function requireOwn(model: ModelDefinition, field: Field): Field {
  if (isSystemField(field))
    fail('validation_failed', `Every data model has the field "${field.key}"; it can't be changed or deleted.`);
  refuseJunction(model);
  return field;
}

function setOptions(field: Field, { options }: FieldChanges): void {
  if (options === undefined) return;
  if (options === null) delete field.options;
  else field.options = structuredClone(options);
}

function describe(field: Field, { label, help }: FieldChanges): void {
  if (label !== undefined) field.label = checkLabel(label, 'label');
  if (help === null) delete field.help;
  else if (help !== undefined) field.help = checkText(help, 'help');
}

const flags = ['required', 'unique', 'index', 'readOnly', 'hidden'] as const;

function demand(field: Field, changes: FieldChanges): void {
  // What is not said is false: to say so changes nothing.
  const isNews = (flag: (typeof flags)[number]): boolean => (changes[flag] ?? field[flag] ?? false) !== (field[flag] ?? false);
  for (const flag of flags) if (isNews(flag)) field[flag] = changes[flag]!;
  if (changes.default === null) delete field.default;
  else if (changes.default !== undefined) field.default = structuredClone(changes.default);
  const { relation } = field;
  if (changes.required !== true || relation?.kind !== 'many-to-one' || changes.relation?.onDelete !== undefined) return;
  // Nothing could be put in the place of a deleted record any more.
  if (relation.onDelete === 'set-null')
    relation.onDelete = onDeleteOf(undefined, field, { model: !findSystemModel(relation.target) || undefined });
}

function changeRelation(draft: Draft, field: Field, asked: NonNullable<FieldChanges['relation']>): void {
  const { relation } = field;
  if (!relation) refuse('relation', `does not suit a field of type ${field.type}`);
  const instead = 'add a relation of the other kind, move the records over, then delete this one';
  if (asked.kind !== undefined && asked.kind !== relation.kind)
    refuse('relation.kind', `can't be changed from ${relation.kind} to ${asked.kind}: ${instead}`);
  if (asked.target !== undefined && asked.target !== relation.target)
    refuse('relation.target', `can't be changed, since records of the other data model have other ids: ${instead}`);
  if (asked.targets) {
    if (relation.kind !== 'any') refuse('relation.targets', 'suits only a relation to several data models');
    relation.targets = targetsOf(draft, asked.targets);
  }
  if (asked.onDelete === undefined) return;
  if (relation.kind !== 'many-to-one')
    refuse('relation.onDelete', 'is said by the field that holds the reference, on the other side of the relation');
  const isPipers = findSystemModel(relation.target) !== undefined;
  relation.onDelete = onDeleteOf(asked.onDelete, field, isPipers ? {} : { model: true });
}

/** Puts the fields in the order given; those it doesn't name follow as they were. */
export function orderFields(draft: Draft, action: Extract<ModelAction, { do: 'order-fields' }>): void {
  const model = modelIn(draft, action.model);
  const asked = action.fields.map((name, i) => {
    const field = model.fields.find((other) => other.id === name || other.key === name);
    return field ?? refuse(`fields[${i}]`, `names no field of ${model.label}`);
  });
  if (new Set(asked).size < asked.length) refuse('fields', 'names a field twice');
  const rank = (field: Field): number => {
    if (isSystemField(field)) return field.id === 'id' ? -1 : Infinity;
    const place = asked.indexOf(field);
    return place < 0 ? asked.length : place;
  };
  const ranks = new Map(model.fields.map((field) => [field, rank(field)]));
  model.fields = model.fields.toSorted((a, b) => compareRanks(ranks.get(a)!, ranks.get(b)!));
}

const compareRanks = (a: number, b: number): number => (a === b ? 0 : a - b);
