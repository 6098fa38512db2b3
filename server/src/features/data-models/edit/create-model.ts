import type { ModelAction, ModelDefinition } from '@piper/shared/data-models';
import { bareModel } from './bare-model.ts';
import { createField } from './create-field.ts';
import { createIndex } from './edit-indexes.ts';
import { addModel, at, speakOf, type Draft } from './draft.ts';
import { setRules } from './set-rules.ts';

const searched = new Set(['text', 'email', 'long-text']);
/** Each costs every search; who wants more says so. */
const searchedAtFirst = 10;

/** Adds a data model with its fields. */
export function createModel(draft: Draft, { model: input }: Extract<ModelAction, { do: 'create-model' }>): void {
  const model = bareModel(draft, input);
  const { id } = model;
  addModel(draft, model);
  speakOf(draft, id);
  input.fields?.forEach((field, i) =>
    at(draft, `fields[${i}]`, () => createField(draft, { do: 'create-field', model: id, field })),
  );
  model.titleField = input.titleField ?? titleOf(model);
  model.search = input.search ?? searchableOf(model).slice(0, searchedAtFirst);
  if (input.defaultSort) model.defaultSort = input.defaultSort;
  input.indexes?.forEach((index, i) =>
    at(draft, `indexes[${i}]`, () => createIndex(draft, { do: 'create-index', model: id, index })),
  );
  if (input.rules) setRules(draft, { do: 'set-rules', model: id, rules: input.rules });
}

const searchableOf = (model: ModelDefinition): string[] =>
  model.fields.filter((field) => searched.has(field.type)).map((field) => field.key);

/** The key of the field that names a record best. */
export const titleOf = (model: ModelDefinition): string =>
  (
    model.fields.find((field) => field.type === 'text') ??
    model.fields.find((field) => field.type === 'email') ??
    model.fields[0]!
  ).key;
