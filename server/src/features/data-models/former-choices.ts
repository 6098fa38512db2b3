/** Choices that were removed: what records hold of them stays readable, and documents go on to name them. */
import type { Field } from '@piper/shared/data-model';
import type { ModelDefinition } from '@piper/shared/data-models';
import { choicesOf } from '@piper/shared/fields/select/index';
import { limits } from '@piper/shared/limits';

/** Notes in `after` what its selects offered before. What is as in `before` stays the same object. */
export function noteFormerChoices(before: readonly ModelDefinition[], after: readonly ModelDefinition[]): ModelDefinition[] {
  const old = new Map(before.map((model) => [model.id, model]));
  return after.map((model) => {
    const known = old.get(model.id);
    return !known || known === model ? model : { ...model, fields: noteInFields(known.fields, model.fields) };
  });
}

function noteInFields(before: readonly Field[], after: readonly Field[]): Field[] {
  const old = new Map(before.map((field) => [field.id, field]));
  return after.map((field) => {
    const was = old.get(field.id);
    if (!was) return field;
    const { formerChoices: _known, ...rest } = field;
    const formerChoices = was.type === field.type ? formerOf(was, field) : [];
    return formerChoices.length === 0 ? rest : { ...rest, formerChoices };
  });
}

function formerOf(before: Field, after: Field): string[] {
  const offered = new Set(choicesOf(after).map(({ value }) => value));
  const known = [...choicesOf(before).map(({ value }) => value), ...(before.formerChoices ?? [])];
  return [...new Set(known)].filter((value) => !offered.has(value)).slice(0, limits.choices);
}
