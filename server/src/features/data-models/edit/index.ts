/** Edits of a project's definitions: one pure function per action, then a look at the whole. */
import type { Definitions, ModelAction, ModelDefinition } from '@piper/shared/data-models';
import { limits } from '@piper/shared/limits';
import { checkDefinitions } from './check.ts';
import { createField } from './create-field.ts';
import { createModel } from './create-model.ts';
import { deleteField, deleteModel, restoreField, restoreModel } from './delete-and-restore.ts';
import { at, draftOf, fieldIn, modelIn, type Draft, type DraftOptions } from './draft.ts';
import { orderFields, updateField } from './edit-fields.ts';
import { createIndex, deleteIndex } from './edit-indexes.ts';
import { updateModel } from './edit-models.ts';
import { requireEnds } from './gone.ts';
import { requireKeysForAll, requireOwnKeys } from './keys.ts';
import { refuse, within } from './refuse.ts';
import { letGoOfRoles, setRules } from './set-rules.ts';
import { namePhysically } from './settle.ts';

type Edit<D extends ModelAction['do']> = (draft: Draft, action: Extract<ModelAction, { do: D }>) => void;

const edits: { [D in ModelAction['do']]: Edit<D> } = {
  'create-model': createModel,
  'update-model': updateModel,
  'delete-model': deleteModel,
  'restore-model': restoreModel,
  'create-field': createField,
  'update-field': updateField,
  'delete-field': deleteField,
  'restore-field': restoreField,
  'order-fields': orderFields,
  'create-index': createIndex,
  'delete-index': deleteIndex,
  'set-rules': setRules,
};

/** Under which word of an action stands what is asked for. */
const payloads: Partial<Record<ModelAction['do'], string>> = {
  'create-model': 'model',
  'update-model': 'changes',
  'create-field': 'field',
  'update-field': 'changes',
  'create-index': 'index',
};

/** Changes the draft by the actions, each as `admit` lets it, and looks at the whole. Throws what the person who asked can mend. */
export function applyActions(draft: Draft, actions: readonly ModelAction[], admit: (action: ModelAction) => ModelAction): void {
  if (actions.length > limits.actionsPerChangeSet)
    refuse('actions', `are more than the ${limits.actionsPerChangeSet} a change set may have`);
  actions.forEach((action, i) => at(draft, `actions[${i}]`, () => applyAction(draft, admit(action))));
  requireKeysForAll(draft);
  namePhysically(draft);
  letGoOfRoles(draft);
  checkDefinitions(draft);
}

function applyAction(draft: Draft, action: ModelAction): void {
  const edit = edits[action.do] as Edit<ModelAction['do']>;
  requireNamed(draft, action);
  at(draft, payloads[action.do] ?? '', () => edit(draft, action as never));
}

/** What the action names beside its payload is there; what is restored is looked for in the bin. */
function requireNamed(draft: Draft, action: ModelAction): void {
  if (action.do === 'create-model' || action.do === 'restore-model') return;
  const model = within('model', () => modelIn(draft, action.model));
  if (action.do === 'update-field' || action.do === 'delete-field') within('field', () => void fieldIn(model, action.field));
}

/** The definitions after these actions, whole and checked; models they don't concern are the same objects. Refusals name their place as `actions[0].field.key`. */
export function editDefinitions(
  before: Definitions,
  actions: readonly ModelAction[],
  options: DraftOptions & { projectId: string },
): ModelDefinition[] {
  const draft = draftOf(before, options.projectId, options);
  applyActions(draft, actions, (action) => action);
  return draft.models;
}

/** Definitions that came about otherwise than by actions, with their names, checked as those are. What differs from `before` must be a copy. */
export function settleDefinitions(
  before: Definitions,
  after: readonly ModelDefinition[],
  options: DraftOptions & { projectId: string; extends?: boolean },
): ModelDefinition[] {
  const known = new Map(before.models.map((model) => [model.id, model]));
  const copied = after.filter((model) => known.get(model.id) !== model).map(({ id }) => id);
  const draft: Draft = {
    ...draftOf(before, options.projectId, options),
    models: [...after],
    copied: new Set(copied),
    ...(options.extends ? { extends: true } : {}),
  };
  requireOwnKeys(draft);
  requireEnds(draft);
  letGoOfRoles(draft);
  checkDefinitions(draft);
  return draft.models;
}
