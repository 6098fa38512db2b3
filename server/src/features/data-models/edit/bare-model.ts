import type { ModelDefinition, NewModel } from '@piper/shared/data-models';
import { fail } from '@piper/shared/errors';
import { checkKey, keyFromLabel, physicalName, schemaOf } from '../names.ts';
import { defaultRules, engineSettings, idField, stampFields } from '../system-fields.ts';
import type { Draft } from './draft.ts';

/** A data model with nothing but the fields every one has. Throws for a label or key that will not do. */
export function bareModel(draft: Draft, input: NewModel): ModelDefinition {
  const label = input.label.trim();
  if (label === '') fail('validation_failed', 'Not valid: "label" is required.', [{ path: 'label', message: 'is required' }]);
  const taken = new Set(draft.models.filter((model) => model.deletedAt === undefined).map((model) => model.key));
  if (input.key !== undefined) checkKey(input.key, 'key');
  if (input.key !== undefined && taken.has(input.key))
    fail('already_exists', `There is already a data model "${input.key}".`, [{ path: 'key', message: 'is already taken' }]);
  const id = input.id ?? draft.newId();
  const key = input.key ?? keyFromLabel(input.labelPlural ?? label, taken, 'model');
  const schema = schemaOf(draft.projectId);
  const tables = new Set(draft.models.map((model) => model.table.slice(schema.length + 1)));
  return {
    id,
    key,
    table: `${schema}.${physicalName(key, id, tables)}`,
    label,
    labelPlural: input.labelPlural ?? label,
    description: input.description ?? '',
    icon: input.icon ?? 'table-2',
    titleField: 'id',
    fields: [structuredClone(idField), ...structuredClone(stampFields)],
    rules: input.rules ?? defaultRules(draft.newId),
    search: [],
    defaultSort: input.defaultSort ?? ['-createdAt'],
    verbs: input.verbs ?? ['list', 'read', 'create', 'update', 'delete'],
    indexes: [],
    bin: [],
    ...(input.isJunction ? { isJunction: true } : {}),
    ...engineSettings(draft.projectId, id),
  };
}
