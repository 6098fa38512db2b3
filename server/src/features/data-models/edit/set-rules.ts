import type { ModelAction } from '@piper/shared/data-models';
import { limits } from '@piper/shared/limits';
import { modelIn, speakOf, type Draft } from './draft.ts';
import { refuse } from './refuse.ts';

/** Replaces the rules of a model. A rule that brings no id gets one. What they name is checked with the whole. */
export function setRules(draft: Draft, { model: reference, rules }: Extract<ModelAction, { do: 'set-rules' }>): void {
  const model = modelIn(draft, reference);
  if (rules.length > limits.rulesPerModel) refuse('rules', `are more than the ${limits.rulesPerModel} a data model may have`);
  const ids = rules.flatMap((rule) => rule.id ?? []);
  if (new Set(ids).size < ids.length) refuse('rules', 'have an id twice');
  model.rules = rules.map((rule) => ({ id: draft.newId(), ...structuredClone(rule) }));
  speakOf(draft, `rules of ${model.id}`);
}
