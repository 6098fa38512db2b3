import type { ModelAction } from '@piper/shared/data-models';
import { addField, bareField } from './bare-field.ts';
import { resolveOptions } from './computed-options.ts';
import { modelIn, speakOf, type Draft } from './draft.ts';
import { refuse } from './refuse.ts';
import { refuseJunction, relate } from './relate.ts';

/** Adds a field; a relation adds what it needs on the other side too. */
export function createField(
  draft: Draft,
  { model: reference, field: input }: Extract<ModelAction, { do: 'create-field' }>,
): void {
  const model = modelIn(draft, reference);
  refuseJunction(model);
  const field = bareField(draft, model, input);
  speakOf(draft, field.id);
  const isRelation = field.type === 'relation' || field.type === 'any-relation';
  if (isRelation !== (input.relation !== undefined))
    refuse('relation', isRelation ? 'is required' : `does not suit a field of type ${field.type}`);
  // First, so that what comes on the other side of a relation to itself finds its key taken.
  addField(model, field);
  if (input.relation) relate(draft, { model, field, input: input.relation });
  resolveOptions(draft, model, field);
}
