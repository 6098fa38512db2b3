import type { Field, Relation } from '@piper/shared/data-model';
import type { ModelAction, ModelDefinition, NewField, NewRelation } from '@piper/shared/data-models';
import { fail } from '@piper/shared/errors';
import { checkKey, keyFromLabel, physicalName } from '../names.ts';
import { idField, isSystemField } from '../system-fields.ts';
import { bareModel } from './bare-model.ts';
import { columnsOf, keysOf, modelIn, targetIn, type Draft } from './draft.ts';

/** Adds a field; a relation adds what it needs on the other side too. */
export function createField(
  draft: Draft,
  { model: reference, field: input }: Extract<ModelAction, { do: 'create-field' }>,
): void {
  const model = modelIn(draft, reference);
  const field = bareField(draft, model, input);
  if (input.relation) relate(draft, model, field, input.relation);
  else if (field.type === 'relation')
    fail('validation_failed', 'Not valid: "relation" is required.', [{ path: 'relation', message: 'is required' }]);
  addField(model, field);
}

/** Before the stamps, which close every model. */
function addField(model: ModelDefinition, field: Field): void {
  const at = model.fields.findIndex((other) => isSystemField(other) && other.id !== idField.id);
  model.fields.splice(at < 0 ? model.fields.length : at, 0, field);
}

const toPeople: Record<string, Relation> = {
  user: { kind: 'many-to-one', target: 'users', as: '' },
  file: { kind: 'many-to-one', target: 'files', as: '' },
  image: { kind: 'many-to-one', target: 'files', as: '' },
  files: { kind: 'id-list', target: 'files' },
  images: { kind: 'id-list', target: 'files' },
};

function bareField(draft: Draft, model: ModelDefinition, input: NewField): Field {
  const taken = keysOf(model);
  if (input.key !== undefined) checkKey(input.key, 'key');
  if (input.key !== undefined && taken.has(input.key))
    fail('already_exists', `${model.label} already has a field "${input.key}".`, [{ path: 'key', message: 'is already taken' }]);
  const id = input.id ?? draft.newId();
  const label = input.label?.trim() || (input.key ?? 'Field');
  const key = input.key ?? keyFromLabel(label, taken, 'field');
  const { relation: _relation, id: _id, key: _key, label: _label, ...rest } = input;
  const fixed = toPeople[input.type];
  const relation = fixed?.kind === 'many-to-one' ? { ...fixed, as: key } : fixed;
  const hasColumn = !['formula', 'lookup', 'rollup'].includes(input.type);
  return {
    ...rest,
    id,
    key,
    label,
    ...(hasColumn ? { column: physicalName(key, id, columnsOf(model)) } : {}),
    ...(relation ? { relation } : {}),
  };
}

// oxlint-disable-next-line max-params -- the field and both ends of its relation
function relate(draft: Draft, model: ModelDefinition, field: Field, input: NewRelation): void {
  if (input.kind === 'any') {
    field.relation = { kind: 'any', targets: input.targets.map((target) => targetIn(draft, target).id) };
    return;
  }
  const target = targetIn(draft, input.target);
  const onDelete = input.onDelete ?? 'set-null';
  if (input.kind === 'many-to-one') {
    field.relation = { kind: 'many-to-one', target: target.id, as: field.key, onDelete };
    if (input.reverse && target.model) addField(target.model, reverseOf(draft, model, target.model, { input, by: field.id }));
    return;
  }
  delete field.column;
  field.readOnly = false;
  field.onDemand = true;
  if (!target.model)
    fail('validation_failed', `${target.label} belongs to Piper: only a field of the kind many-to-one can lead there.`);
  if (input.kind === 'one-to-many') {
    const by = pointer(draft, target.model, {
      to: model,
      label: input.reverse?.label ?? model.label,
      onDelete,
      ...(input.reverse?.key === undefined ? {} : { key: input.reverse.key }),
    });
    addField(target.model, by);
    field.relation = { kind: 'one-to-many', target: target.id, by: by.id };
    return;
  }
  join(draft, model, field, { target: target.model, input });
}

/** A many-to-one field that leads to `to`. */
function pointer(
  draft: Draft,
  model: ModelDefinition,
  of: { to: ModelDefinition; label: string; key?: string; onDelete: 'set-null' | 'restrict' | 'cascade'; required?: boolean },
): Field {
  const field = bareField(draft, model, {
    type: 'relation',
    label: of.label,
    index: true,
    ...(of.key === undefined ? {} : { key: of.key }),
    ...(of.required ? { required: true } : {}),
  });
  field.relation = { kind: 'many-to-one', target: of.to.id, as: field.key, onDelete: of.onDelete };
  return field;
}

/** The list on the other side of a many-to-one field. */
function reverseOf(
  draft: Draft,
  model: ModelDefinition,
  target: ModelDefinition,
  of: { input: NewRelation & { reverse?: { key?: string; label?: string } }; by: string },
): Field {
  const { reverse } = of.input;
  const field = bareField(draft, target, {
    type: 'relation',
    label: reverse?.label ?? model.labelPlural,
    ...(reverse?.key === undefined ? {} : { key: reverse.key }),
  });
  delete field.column;
  return { ...field, onDemand: true, relation: { kind: 'one-to-many', target: model.id, by: of.by } };
}

// oxlint-disable-next-line max-params -- the field and both ends of its relation
function join(
  draft: Draft,
  model: ModelDefinition,
  field: Field,
  { target, input }: { target: ModelDefinition; input: Extract<NewRelation, { kind: 'many-to-many' }> },
): void {
  const junction = bareModel(draft, { label: `${model.label} ${field.label}`, isJunction: true });
  draft.models.push(junction);
  const here = pointer(draft, junction, { to: model, label: model.label, onDelete: 'cascade', required: true });
  addField(junction, here);
  const there = pointer(draft, junction, { to: target, label: target.label, onDelete: 'cascade', required: true });
  addField(junction, there);
  junction.indexes = [{ id: draft.newId(), fields: [here.id, there.id], unique: true }];
  field.relation = { kind: 'many-to-many', target: target.id, through: junction.id, by: here.id, to: there.id };
  if (!input.reverse) return;
  const back = bareField(draft, target, {
    type: 'relation',
    label: input.reverse.label ?? model.labelPlural,
    ...(input.reverse.key === undefined ? {} : { key: input.reverse.key }),
  });
  delete back.column;
  addField(target, {
    ...back,
    onDemand: true,
    relation: { kind: 'many-to-many', target: model.id, through: junction.id, by: there.id, to: here.id },
  });
}
