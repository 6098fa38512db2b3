import type { ModelDefinition, NewModel } from '@piper/shared/data-models';
import { limits } from '@piper/shared/limits';
import { systemModels } from '@piper/shared/system-models/index';
import { isRowOfPipers } from '../extensions/stored.ts';
import { keyFromLabel, schemaOf } from '../names.ts';
import { defaultRules, engineSettings, idField, stampFields } from '../system-fields.ts';
import type { Draft } from './draft.ts';
import { claimModelKey, modelKeysOf } from './keys.ts';
import { checkLabel, checkText } from './labels.ts';
import { refuse } from './refuse.ts';

/** A data model with nothing but the fields every one has. Throws for a label or key that will not do. */
export function bareModel(draft: Draft, input: NewModel): ModelDefinition {
  if (draft.models.length >= limits.modelsPerProject)
    refuse('', `is more than the ${limits.modelsPerProject} data models a project may have, those in the bin included`);
  const label = checkLabel(input.label, 'label');
  const labelPlural = input.labelPlural === undefined ? label : checkLabel(input.labelPlural, 'labelPlural');
  if (input.key !== undefined) claimModelKey(draft, input.key);
  const id = input.id === undefined ? draft.newId() : givenId(draft, input.id);
  const key = input.key ?? keyFromLabel(labelPlural, new Set([...modelKeysOf(draft), ...ownKeys]), 'model');
  return {
    id,
    key,
    // settle.ts gives it its name.
    table: `${schemaOf(draft.projectId)}.${key}`,
    label,
    labelPlural,
    description: checkText(input.description ?? '', 'description'),
    icon: input.icon ?? 'table-2',
    titleField: 'id',
    fields: [structuredClone(idField), ...structuredClone(stampFields)],
    rules: defaultRules(draft.newId),
    search: [],
    defaultSort: ['-createdAt'],
    verbs: input.verbs ?? ['list', 'read', 'create', 'update', 'delete'],
    indexes: [],
    bin: [],
    ...(input.isJunction ? { isJunction: true } : {}),
    ...engineSettings(draft.projectId, id),
  };
}

/** An id that somebody chose, as the database writes it. */
function givenId(draft: Draft, given: string): string {
  const id = given.toLowerCase();
  if (isRowOfPipers(id) || draft.models.some((model) => model.id === id)) refuse('id', 'is that of another data model');
  return id;
}

/** Keys that no model of a project can have. */
export const ownKeys = systemModels.map((model) => model.key);
