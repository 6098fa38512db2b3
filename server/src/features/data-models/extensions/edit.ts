/** Edits of the fields added to Piper's own models: the actions of any change set, as far as they suit. */
import type { Definitions, ModelAction, ModelDefinition, NewField } from '@piper/shared/data-models';
import { fail } from '@piper/shared/errors';
import { fieldTypes } from '@piper/shared/fields/index';
import { findSystemModel } from '@piper/shared/system-models/index';
import { extensionPrefix } from '#platform/records/extensions';
import { applyActions, settleDefinitions } from '../edit/index.ts';
import { at, draftOf, fieldIn, keysOf, modelIn, type Draft, type DraftOptions } from '../edit/draft.ts';
import { refuse } from '../edit/refuse.ts';
import { keyFromLabel } from '../names.ts';
import { extendable, isAdded, whole, withoutDeclared } from './stored.ts';

/** The stored definitions after these actions, whole and checked. */
export function editExtensions(
  before: Definitions,
  actions: readonly ModelAction[],
  options: Omit<DraftOptions, 'roles'>,
): ModelDefinition[] {
  const models = before.models.map(whole);
  const draft: Draft = { ...draftOf({ ...before, models }, '', options), extends: true };
  applyActions(draft, actions, (action) => admit(draft, action));
  return withoutDeclared(draft.models, { before: models, stored: before.models });
}

/** The stored definitions that came about otherwise than by actions, checked as those are. */
export function settleExtensions(
  before: Definitions,
  after: readonly ModelDefinition[],
  options: Omit<DraftOptions, 'roles'>,
): ModelDefinition[] {
  const models = before.models.map(whole);
  const wanted = after.map((model, i) => (model === before.models[i] ? models[i]! : whole(model)));
  const settled = settleDefinitions({ ...before, models }, wanted, { ...options, projectId: '', extends: true });
  return withoutDeclared(settled, { before: models, stored: before.models });
}

/** The action as it suits Piper's own models. Throws for what does not suit them at all. */
function admit(draft: Draft, action: ModelAction): ModelAction {
  if (action.do === 'create-model' || action.do === 'restore-model')
    fail('forbidden', 'Data models belong to projects: name one with "project".');
  requireExtendable(action.model);
  switch (action.do) {
    case 'create-field':
      return { ...action, field: at(draft, 'field', () => admitField(draft, action.model, action.field)) };
    case 'update-field':
      requireAdded(draft, action);
      at(draft, 'changes', () => {
        if (action.changes.key !== undefined) requirePrefix(action.changes.key);
        requireSuitable(action.changes);
      });
      return action;
    case 'delete-field':
      requireAdded(draft, action);
      return action;
    case 'restore-field':
    case 'order-fields':
      return action;
    default:
      return fail('forbidden', "Of Piper's own models only fields that were added can be changed.");
  }
}

/** Throws `forbidden`, saying which of Piper's own models can take fields. */
export function requireExtendable(reference: string): void {
  if (extendable.some((model) => model.id === reference)) return;
  const model = findSystemModel(reference) ?? fail('not_found', 'There is no such model.');
  const others = extendable.map(({ key }) => key).join(', ');
  fail('forbidden', `${model.labelPlural} are kept by Piper alone, so no fields can be added. They can to: ${others}.`);
}

function requireAdded(draft: Draft, { model, field }: { model: string; field: string }): void {
  const found = fieldIn(modelIn(draft, model), field);
  if (!isAdded(found)) fail('forbidden', `The field "${found.key}" is Piper's own; it can't be changed or deleted.`);
}

function requirePrefix(key: string): void {
  if (!key.startsWith(extensionPrefix))
    refuse('key', `must begin with ${extensionPrefix}, which keeps it apart from Piper's own`);
}

function admitField(draft: Draft, model: string, input: NewField): NewField {
  requireSuitable(input);
  if (input.key !== undefined) {
    requirePrefix(input.key);
    return input;
  }
  const label = input.label ?? fieldTypes.get(input.type)?.label ?? 'field';
  const key = `${extensionPrefix}${keyFromLabel(label, new Set(), 'field')}`;
  return { ...input, key: keyFromLabel(key, keysOf(modelIn(draft, model)), 'field'), label };
}

/** Computed over relations: of Piper's own records too much hangs on each other. */
const unsuitable = new Set(['lookup', 'rollup']);

function requireSuitable({ required, type }: { required?: boolean; type?: string }): void {
  if (required === true) refuse('required', "can't be asked of a field that Piper does not know when it creates records itself");
  if (type !== undefined && unsuitable.has(type)) refuse('type', `suits only data models of a project: ${type}`);
}
