/** Lookups and rollups name fields by id; whoever asks may name them by key. */
import type { Field } from '@piper/shared/data-model';
import type { ModelDefinition } from '@piper/shared/data-models';
import { sourceOf, type Draft } from './draft.ts';

/** Makes the options name fields by id. What names nothing stays and is refused when the definitions are checked. */
export function resolveOptions(draft: Draft, model: ModelDefinition, field: Field): void {
  const { options } = field;
  if (!options || (field.type !== 'lookup' && field.type !== 'rollup')) return;
  const relation = named(model, options['relation']);
  const target = relation?.relation?.target === undefined ? undefined : sourceOf(draft).find(relation.relation.target);
  const behind = target && named(target, options['field']);
  field.options = { ...options, ...(relation ? { relation: relation.id } : {}), ...(behind ? { field: behind.id } : {}) };
}

const named = (model: Pick<ModelDefinition, 'fields'>, reference: unknown): Field | undefined =>
  model.fields.find((field) => field.id === reference) ?? model.fields.find((field) => field.key === reference);
