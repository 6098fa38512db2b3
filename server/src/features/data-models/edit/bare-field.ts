/** New fields, before it is known where they lead. */
import type { Field, Relation } from '@piper/shared/data-model';
import type { ModelDefinition, NewField } from '@piper/shared/data-models';
import { fieldTypes } from '@piper/shared/fields/index';
import { isComputed } from '@piper/shared/formula/index';
import { limits } from '@piper/shared/limits';
import { keyFromLabel } from '../names.ts';
import { idField, isSystemField } from '../system-fields.ts';
import { keysOf, type Draft } from './draft.ts';
import { claimFieldKey } from './keys.ts';
import { checkLabel, checkText } from './labels.ts';
import { refuse } from './refuse.ts';

/** Adds a field before the stamps, which close every model. */
export function addField(model: ModelDefinition, field: Field): void {
  if (model.fields.length >= limits.fieldsPerModel)
    refuse('', `is more than the ${limits.fieldsPerModel} fields a data model may have`);
  const end = model.fields.findIndex((other) => isSystemField(other) && other.id !== idField.id);
  model.fields.splice(end < 0 ? model.fields.length : end, 0, field);
}

const toPiper: Record<string, Relation> = {
  user: { kind: 'many-to-one', target: 'users', as: '', onDelete: 'set-null' },
  file: { kind: 'many-to-one', target: 'files', as: '', onDelete: 'set-null' },
  image: { kind: 'many-to-one', target: 'files', as: '', onDelete: 'set-null' },
  files: { kind: 'id-list', target: 'files' },
  images: { kind: 'id-list', target: 'files' },
};

/** Where a field of this type leads by itself. */
export function fixedRelation(type: string, key: string): Relation | undefined {
  const relation = toPiper[type];
  return relation?.kind === 'many-to-one' ? { ...relation, as: key } : relation && { ...relation };
}

/** A field with everything but where it leads. */
export function bareField(draft: Draft, model: ModelDefinition, input: NewField): Field {
  if (!fieldTypes.has(input.type)) refuse('type', 'is no field type');
  if (input.key !== undefined) claimFieldKey(draft, model, input.key);
  const label = checkLabel(input.label ?? input.key ?? fieldTypes.get(input.type)!.label, 'label');
  const id = input.id ?? draft.newId();
  if (draft.models.some((other) => other.fields.some((field) => field.id === id))) refuse('id', 'is that of another field');
  const key = input.key ?? keyFromLabel(label, keysOf(model), 'field');
  const { relation: _relation, ...rest } = input;
  const relation = fixedRelation(input.type, key);
  return {
    ...rest,
    ...(input.help === undefined ? {} : { help: checkText(input.help, 'help') }),
    id,
    key,
    label,
    // settle.ts gives the column its name, and a computed field its result.
    ...(isComputed({ ...rest, id, key, label }) ? { readOnly: true } : { column: key }),
    ...(input.type === 'rollup' ? { onDemand: true } : {}),
    ...(relation ? { relation } : {}),
  };
}
