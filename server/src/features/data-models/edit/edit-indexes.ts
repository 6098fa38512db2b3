/** Indexes over several fields. Those over one field are the field's own matter. */
import type { ModelAction, ModelDefinition } from '@piper/shared/data-models';
import { fail } from '@piper/shared/errors';
import { limits } from '@piper/shared/limits';
import { at, fieldIn, modelIn, speakOf, type Draft } from './draft.ts';
import { isIndexable, isUniquable } from './indexable.ts';
import { refuse } from './refuse.ts';

/** Adds an index. */
export function createIndex(draft: Draft, { model: reference, index }: Extract<ModelAction, { do: 'create-index' }>): void {
  const model = modelIn(draft, reference);
  model.indexes ??= [];
  if (model.indexes.length >= limits.indexesPerModel)
    refuse('', `is more than the ${limits.indexesPerModel} indexes a data model may have`);
  const id = index.id ?? draft.newId();
  if (model.indexes.some((other) => other.id === id)) refuse('id', 'is that of another index');
  const fields = fieldsOf(draft, model, index);
  const same = model.indexes.find(
    (other) => other.fields.join() === fields.join() && (other.unique === true) === (index.unique === true),
  );
  if (same)
    fail('already_exists', 'There is already such an index.', [{ path: 'fields', message: 'have such an index already' }]);
  model.indexes.push({ id, fields, ...(index.unique ? { unique: true } : {}) });
  speakOf(draft, id);
}

function fieldsOf(draft: Draft, model: ModelDefinition, index: { fields: string[]; unique?: boolean }): string[] {
  if (index.fields.length === 0) refuse('fields', 'needs at least one field');
  if (index.fields.length > limits.fieldsPerIndex) refuse('fields', `must name at most ${limits.fieldsPerIndex} fields`);
  const ids = index.fields.map((name, i) =>
    at(draft, `fields[${i}]`, () => {
      const field =
        model.fields.find((other) => other.id === name || other.key === name) ?? refuse('', `names no field of ${model.label}`);
      if (!(index.unique ? isUniquable(field) : isIndexable(field) && isUniquable(field)))
        refuse('', `is of the type ${field.type}, which such an index can't hold`);
      return field.id;
    }),
  );
  if (new Set(ids).size < ids.length) refuse('fields', 'names a field twice');
  return ids;
}

/** Takes an index away. */
export function deleteIndex(draft: Draft, { model: reference, index: id }: Extract<ModelAction, { do: 'delete-index' }>): void {
  const model = modelIn(draft, reference);
  const index = model.indexes?.find((other) => other.id === id) ?? fail('not_found', `${model.label} has no such index.`);
  if (model.isJunction && index.unique) refuse('', `keeps records of ${model.label} from being joined twice`);
  model.indexes = model.indexes!.filter((other) => other !== index);
}

/** Which fields an index is over, for people. */
export const describeIndex = (model: ModelDefinition, fields: readonly string[]): string =>
  fields.map((id) => fieldIn(model, id).label).join(', ');
