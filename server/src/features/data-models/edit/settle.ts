/** What follows from an edit, once all of it is done: physical names, and what computed fields yield. */
import type { Field } from '@piper/shared/data-model';
import type { ModelDefinition } from '@piper/shared/data-models';
import { isComputed, resolveComputed, type ComputedProblem } from '@piper/shared/formula/index';
import { physicalName, schemaOf } from '../names.ts';
import { baseModel, isLive, liveModels, toChange, type Draft } from './draft.ts';

/** Gives tables and columns their names. What keeps its key keeps its name; what is in the bin has a name of the bin's (plan/physical.ts). */
export function namePhysically(draft: Draft): void {
  const before = new Map(draft.before.map((model) => [model.id, model]));
  const changed = draft.models.filter((model) => draft.copied.has(model.id));
  for (const model of changed) nameColumns(model, before.get(model.id));
  nameTables(draft, changed, before);
}

function nameTables(draft: Draft, changed: readonly ModelDefinition[], before: ReadonlyMap<string, ModelDefinition>): void {
  const prefix = `${schemaOf(draft.projectId)}.`;
  const isNew = (model: ModelDefinition): boolean => {
    const old = before.get(model.id);
    return !old || !isLive(old) || old.key !== model.key;
  };
  const open = changed.filter((model) => isLive(model) && isNew(model));
  const taken = new Set(
    liveModels(draft)
      .filter((model) => !open.includes(model))
      .map((model) => model.table.slice(prefix.length)),
  );
  for (const model of open) {
    const name = physicalName(model.key, model.id, taken);
    taken.add(name);
    model.table = prefix + name;
  }
}

function nameColumns(model: ModelDefinition, before: ModelDefinition | undefined): void {
  const old = new Map(before?.fields.map((field) => [field.id, field]));
  const keeps = (field: Field): boolean => {
    const was = old.get(field.id);
    return was?.column !== undefined && was.key === field.key;
  };
  const stored = model.fields.filter((field) => field.column !== undefined);
  const open = stored.filter((field) => !keeps(field) && field.id !== field.key);
  for (const field of stored) if (keeps(field)) field.column = old.get(field.id)!.column!;
  const taken = new Set(stored.filter((field) => !open.includes(field)).map((field) => field.column!));
  for (const field of open) {
    field.column = physicalName(field.key, field.id, taken);
    taken.add(field.column);
  }
}

/** Finds what each computed field yields. Returns what is wrong with them. */
export function settleComputed(draft: Draft): ComputedProblem[] {
  const live = liveModels(draft);
  if (!live.some((model) => model.fields.some(isComputed))) return [];
  const { results, problems } = resolveComputed(live, { find: (key) => baseModel(draft, key) });
  for (const model of live)
    for (const [i, field] of model.fields.entries()) {
      const result = results.get(field.id);
      if (isComputed(field) && result !== undefined && result !== field.result) toChange(draft, model).fields[i]!.result = result;
    }
  return problems;
}
