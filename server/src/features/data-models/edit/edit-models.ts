/** Changes of a data model itself. */
import type { ModelAction } from '@piper/shared/data-models';
import { modelIn, speakOf, type Draft } from './draft.ts';
import { rekeyModel } from './keys.ts';
import { checkLabel, checkText } from './labels.ts';
import { refuseJunction } from './relate.ts';

/** Changes how a model is called and shown. What its keys name is checked with the whole. */
export function updateModel(draft: Draft, action: Extract<ModelAction, { do: 'update-model' }>): void {
  const model = modelIn(draft, action.model);
  refuseJunction(model);
  const { key, label, labelPlural, description, ...rest } = action.changes;
  if (key !== undefined) rekeyModel(draft, model, key);
  if (label !== undefined) model.label = checkLabel(label, 'label');
  if (labelPlural !== undefined) model.labelPlural = checkLabel(labelPlural, 'labelPlural');
  if (description !== undefined) model.description = checkText(description, 'description');
  Object.assign(model, structuredClone(rest));
  speakOf(draft, model.id);
}
