/** Relations: what a new one needs on the other side, and between the two. */
import type { Field, OnDelete } from '@piper/shared/data-model';
import type { ModelDefinition, NewRelation, Reverse } from '@piper/shared/data-models';
import { fail } from '@piper/shared/errors';
import { limits } from '@piper/shared/limits';
import { findSystemModel } from '@piper/shared/system-models/index';
import { addField, bareField } from './bare-field.ts';
import { bareModel } from './bare-model.ts';
import { addModel, at, modelIn, speakOf, type Draft } from './draft.ts';
import { cutLabel } from './labels.ts';
import { refuse } from './refuse.ts';

interface NewEnd {
  model: ModelDefinition;
  field: Field;
  input: NewRelation;
}

/** Piper's own models that records may point to. */
const linkable = new Set(['users', 'files', 'threads', 'prompts']);
/** What belongs to no project may point to one. */
const linkableFromPipers = new Set([...linkable, 'projects']);

interface Target {
  id: string;
  label: string;
  /** Absent: one of Piper's own. */
  model?: ModelDefinition;
}

/** What a relation may lead to: a model of the project or one of Piper's own. */
export function targetIn(draft: Draft, reference: string, path: string): Target {
  const own = findSystemModel(reference);
  if (own && (draft.extends ? linkableFromPipers : linkable).has(own.key)) return { id: own.id, label: own.label };
  if (own) refuse(path, `is one of Piper's own models to which records can't point: ${own.label}`);
  const model = findLive(draft, reference) ?? refuse(path, `names no data model: ${reference.slice(0, 80)}`);
  if (model.isJunction) refuse(path, `only joins two data models: ${model.label}`);
  return { id: model.id, label: model.label, model };
}

function findLive(draft: Draft, reference: string): ModelDefinition | undefined {
  const known = draft.models.some(({ id, key, deletedAt }) => deletedAt === undefined && (id === reference || key === reference));
  return known ? modelIn(draft, reference) : undefined;
}

/** Leads `field` where `input` says. */
export function relate(draft: Draft, end: NewEnd): void {
  const { field, input } = end;
  if ((field.type === 'any-relation') !== (input.kind === 'any'))
    refuse('relation.kind', `does not suit a field of type ${field.type}`);
  if (input.kind === 'any') {
    if ('reverse' in input)
      refuse(
        'relation.reverse',
        `can't be added: the records that mean one are listed by a filter, {"${field.key}:<model>": {"id": {"_eq": …}}}`,
      );
    field.relation = { kind: 'any', targets: targetsOf(draft, input.targets ?? []) };
    return;
  }
  if (input.target === undefined) refuse('relation.target', 'is required');
  const target = targetIn(draft, input.target, 'relation.target');
  if (input.kind === 'many-to-one') return point(draft, { ...end, input, target });
  const { model: other } = target;
  if (!other) refuse('relation.target', `belongs to Piper: only a relation of the kind many-to-one can lead to ${target.label}`);
  delete field.column;
  field.onDemand = true;
  if (input.kind === 'one-to-many') list(draft, { ...end, input, target: other });
  else join(draft, { ...end, input, target: other });
}

/** Ids of the targets of a polymorphic relation. */
export function targetsOf(draft: Draft, references: readonly string[]): string[] {
  const targets = references.map((reference, i) => targetIn(draft, reference, `relation.targets[${i}]`).id);
  if (targets.length === 0) refuse('relation.targets', 'needs at least one data model');
  if (targets.length > limits.relationTargets)
    refuse('relation.targets', `must name at most ${limits.relationTargets} data models`);
  return [...new Set(targets)];
}

type Pointing = NewEnd & { input: Extract<NewRelation, { kind: 'many-to-one' }>; target: Target };

function point(draft: Draft, { model, field, input, target }: Pointing): void {
  field.relation = { kind: 'many-to-one', target: target.id, as: field.key, onDelete: onDeleteOf(input.onDelete, field, target) };
  // What is looked up by it (lists of the other side, checks when the other is deleted) needs one.
  field.index = true;
  if (!input.reverse) return;
  if (!target.model) refuse('relation.reverse', `can't be added to ${target.label}, which belongs to Piper`);
  const list = end(draft, target.model, input.reverse, model.labelPlural);
  addField(target.model, { ...list, relation: { kind: 'one-to-many', target: model.id, by: field.id } });
}

/** What becomes of a record when the one it points to is deleted. Nothing may keep Piper's own records from being deleted. */
export function onDeleteOf(asked: OnDelete | undefined, field: Field, target: { model?: unknown }): OnDelete {
  if (!target.model && asked !== undefined && asked !== 'set-null')
    refuse('relation.onDelete', "can only be set-null where the relation leads to one of Piper's own models");
  if (target.model && field.required && asked === 'set-null')
    refuse('relation.onDelete', "can't be set-null where the field is required; take restrict or cascade");
  return asked ?? (target.model && field.required ? 'restrict' : 'set-null');
}

/** A new list on a model: the other end of a relation. */
function end(draft: Draft, model: ModelDefinition, reverse: Reverse, label: string): Field {
  const field = at(draft, 'relation.reverse', () => {
    const made = bareField(draft, model, {
      type: 'relation',
      label: reverse.label ?? label,
      ...(reverse.key === undefined ? {} : { key: reverse.key }),
    });
    speakOf(draft, made.id);
    return made;
  });
  delete field.column;
  return { ...field, onDemand: true };
}

type Listing = NewEnd & { input: Extract<NewRelation, { kind: 'one-to-many' }>; target: ModelDefinition };

function list(draft: Draft, { model, field, input, target }: Listing): void {
  const { reverse = {}, onDelete } = input;
  const by = at(draft, 'relation.reverse', () =>
    pointer(draft, target, {
      to: model,
      label: reverse.label ?? model.label,
      key: reverse.key,
      onDelete: onDelete ?? 'set-null',
    }),
  );
  field.relation = { kind: 'one-to-many', target: target.id, by: by.id };
}

interface Pointer {
  to: ModelDefinition;
  label: string;
  key?: string | undefined;
  onDelete: OnDelete;
  required?: boolean;
}

/** Adds a many-to-one field that leads to `to`. */
function pointer(draft: Draft, model: ModelDefinition, { to, label, key, onDelete, required }: Pointer): Field {
  const field = bareField(draft, model, {
    type: 'relation',
    label,
    index: true,
    ...(key === undefined ? {} : { key }),
    ...(required ? { required } : {}),
  });
  field.relation = { kind: 'many-to-one', target: to.id, as: field.key, onDelete };
  speakOf(draft, field.id);
  addField(model, field);
  return field;
}

type Joining = NewEnd & { input: Extract<NewRelation, { kind: 'many-to-many' }>; target: ModelDefinition };

/** Adds the model whose records join two others. */
function join(draft: Draft, { model, field, input, target }: Joining): void {
  const junction = bareModel(draft, { label: cutLabel(`${model.label} ${field.label}`), isJunction: true });
  addModel(draft, junction);
  speakOf(draft, junction.id);
  const here = pointer(draft, junction, { to: model, label: model.label, onDelete: 'cascade', required: true });
  const there = pointer(draft, junction, { to: target, label: target.label, onDelete: 'cascade', required: true });
  junction.indexes = [{ id: draft.newId(), fields: [here.id, there.id], unique: true }];
  field.relation = { kind: 'many-to-many', target: target.id, through: junction.id, by: here.id, to: there.id };
  if (!input.reverse) return;
  const back = end(draft, target, input.reverse, model.labelPlural);
  addField(target, {
    ...back,
    relation: { kind: 'many-to-many', target: model.id, through: junction.id, by: there.id, to: here.id },
  });
}

/** Refuses what nobody should change by itself: the model that joins two others. */
export function refuseJunction(model: ModelDefinition): void {
  if (model.isJunction)
    fail('validation_failed', `${model.label} only joins two data models: change or delete the relation instead.`);
}
