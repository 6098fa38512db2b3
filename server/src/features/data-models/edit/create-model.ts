import type { ModelAction, ModelDefinition } from '@piper/shared/data-models';
import { bareModel } from './bare-model.ts';
import { createField } from './create-field.ts';
import type { Draft } from './draft.ts';

/** Adds a data model with its fields. */
export function createModel(draft: Draft, { model: input }: Extract<ModelAction, { do: 'create-model' }>): void {
  const model = bareModel(draft, input);
  draft.models.push(model);
  for (const field of input.fields ?? []) createField(draft, { do: 'create-field', model: model.id, field });
  model.titleField = input.titleField ?? titleOf(model);
  model.search =
    input.search ?? model.fields.filter((field) => ['text', 'email', 'long-text'].includes(field.type)).map((field) => field.key);
}

const titleOf = (model: ModelDefinition): string =>
  (
    model.fields.find((field) => field.type === 'text') ??
    model.fields.find((field) => field.type === 'email') ??
    model.fields[0]!
  ).key;
