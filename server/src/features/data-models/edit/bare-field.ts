/** New fields, before it is known where they lead. */
import type { Field, Relation } from '@piper/shared/data-model';
import type { ModelDefinition, NewField } from '@piper/shared/data-models';
import { fieldTypes } from '@piper/shared/fields/index';
import { isComputed } from '@piper/shared/formula/index';
import { limits } from '@piper/shared/limits';
import { keyFromLabel } from '../names.ts';
import { idField, isSystemField } from '../system-fields.ts';
import { keysOf, takenFieldIds, type Draft } from './draft.ts';
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
  const type = fieldTypes.get(input.type) ?? refuse('type', 'is no field type');
  if (input.key !== undefined) claimFieldKey(draft, model, input.key);
  const label = checkLabel(input.label ?? input.key ?? type.label, 'label');
  const key = input.key ?? keyFromLabel(label, keysOf(model), 'field');
  const { relation: _relation, ...rest } = input;
  if (input.help !== undefined) checkText(input.help, 'help');
  return { ...rest, id: idFor(draft, input), key, label, ...ofType(input.type, key) };
}

function idFor(draft: Draft, input: NewField): string {
  const id = input.id ?? draft.newId();
  if (input.id !== undefined && takenFieldIds(draft).has(id)) refuse('id', 'is that of another field');
  draft.fieldIds?.add(id);
  return id;
}

/** What the type alone says. settle.ts gives the column its name, and a computed field its result. */
function ofType(type: string, key: string): Partial<Field> {
  const relation = fixedRelation(type, key);
  const readOnly = isSetByServer(type) ? { readOnly: true } : {};
  if (isComputedType(type)) return { ...readOnly, ...(type === 'rollup' ? { onDemand: true } : {}) };
  return { ...readOnly, column: key, ...(relation ? { relation } : {}) };
}

/** Whether nobody but the server sets values of this type. */
export const isSetByServer = (type: string): boolean => type === 'auto-number' || isComputedType(type);

const isComputedType = (type: string): boolean => isComputed({ id: '', key: '', label: '', type });
