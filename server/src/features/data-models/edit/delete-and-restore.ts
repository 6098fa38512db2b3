/** Into the bin and out of it. */
import type { ModelAction } from '@piper/shared/data-models';
import { fail } from '@piper/shared/errors';
import { keyFromLabel } from '../names.ts';
import { requireOwn } from './edit-fields.ts';
import { fieldIn, modelIn, speakOf, toChange, type Draft } from './draft.ts';
import { labelOf, missingOf, putIntoBin, reconcile, takeFromBin } from './gone.ts';
import { modelKeysOf } from './keys.ts';
import { refuseJunction } from './relate.ts';

/** Puts a model into the bin, with the relations of other models that lead to it. */
export function deleteModel(draft: Draft, action: Extract<ModelAction, { do: 'delete-model' }>): void {
  const model = modelIn(draft, action.model);
  refuseJunction(model);
  const key = draft.parked.get(model.id)?.key ?? model.key;
  draft.parked.delete(model.id);
  putIntoBin(draft, model.label, { models: [model.id] });
  model.key = key;
}

/** Takes a model out of the bin, with the relations that went with it. */
export function restoreModel(draft: Draft, action: Extract<ModelAction, { do: 'restore-model' }>): void {
  const deleted = draft.models.filter((model) => model.deletedAt !== undefined);
  const found =
    deleted.find((model) => model.id === action.model) ??
    deleted.findLast((model) => model.key === action.model) ??
    fail('not_found', `There is no data model "${action.model.slice(0, 80)}" in the bin.`);
  refuseJunction(found);
  const model = toChange(draft, found);
  const taken = modelKeysOf(draft);
  if (taken.has(model.key)) model.key = keyFromLabel(model.key, taken, 'model');
  delete model.deletedAt;
  speakOf(draft, model.id);
  reconcile(draft);
}

/** Puts a field into the bin, with the list that leads back and with what joins two models. */
export function deleteField(draft: Draft, action: Extract<ModelAction, { do: 'delete-field' }>): void {
  const model = modelIn(draft, action.model);
  const field = requireOwn(model, fieldIn(model, action.field));
  field.key = draft.parked.get(field.id)?.key ?? field.key;
  draft.parked.delete(field.id);
  putIntoBin(draft, field.label, { fields: [field.id] });
}

/** Takes a field out of the bin, with its values. */
export function restoreField(draft: Draft, action: Extract<ModelAction, { do: 'restore-field' }>): void {
  const model = modelIn(draft, action.model);
  const bin = model.bin ?? [];
  const found =
    bin.find(({ field }) => field.id === action.field) ??
    bin.findLast(({ field }) => field.key === action.field) ??
    fail('not_found', `The bin of ${model.label} has no field "${action.field.slice(0, 80)}".`);
  const missing = missingOf(draft, found.field);
  if (missing !== undefined)
    fail('conflict', `"${found.field.label}" needs "${labelOf(draft, missing)}", which is in the bin. Restore that first.`);
  takeFromBin(draft, model, found);
  speakOf(draft, found.field.id);
  reconcile(draft);
}
