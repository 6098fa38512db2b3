/**
 * Undo and redo: the definitions as they were before a change set, with nothing of what is stored now left behind. What
 * was not there then goes to the bin; what went to the bin comes back from it, with its values.
 */
import type { BinnedField, Field } from '@piper/shared/data-model';
import type { Definitions, ModelDefinition } from '@piper/shared/data-models';
import { fail } from '@piper/shared/errors';
import type { Touched } from './change-sets.tables.ts';
import { replacedFields } from './plan/settle-names.ts';

export interface Reverting {
  before: Touched;
  after: Touched;
  newId(): string;
  /** ISO 8601. */
  now: string;
}

/** `current` with the touched models as they were. Throws `conflict` when values that would come back are gone for good. */
export function revertDefinitions(current: Definitions, change: Reverting): ModelDefinition[] {
  const now = new Map(current.models.map((model) => [model.id, model]));
  const reverted = new Map<string, ModelDefinition>();
  for (const [id, before] of Object.entries(change.before)) {
    const model = now.get(id);
    if (before === null) {
      if (model) reverted.set(id, { ...structuredClone(model), deletedAt: change.now });
      continue;
    }
    if (!model && before.deletedAt !== undefined) continue;
    if (!model) fail('conflict', `The bin was emptied since: "${before.label}" can't come back.`);
    reverted.set(id, revertModel(model, { ...change, model: before, left: change.after[id] ?? null }));
  }
  return current.models.map((model) => reverted.get(model.id) ?? model);
}

interface RevertingModel extends Reverting {
  /** As it was. */
  model: ModelDefinition;
  /** As the change left it. */
  left: ModelDefinition | null;
}

function revertModel(current: ModelDefinition, change: RevertingModel): ModelDefinition {
  const target = structuredClone(change.model);
  const replaced = change.left ? replacedFields(change.model, change.left) : new Map<string, string>();
  const fields = new Map(current.fields.map((field) => [field.id, field]));
  const stored = new Map([...fields, ...(current.bin ?? []).map(({ field }) => [field.id, field] as const)]);
  for (const field of target.fields) if (field.column !== undefined && !stored.has(field.id)) refuseGone(target, field);
  target.bin = target.bin?.filter(({ field }) => stored.has(field.id)) ?? [];
  keepLoose(target, fields, change.left);
  // What lies in the bin since stays there, and so does what a change of type replaced.
  const wanted = new Map([...target.fields, ...target.bin.map((entry) => entry.field)].map((field) => [field.id, field]));
  const kept = (current.bin ?? []).filter(({ field }) => !wanted.has(field.id));
  target.bin = [...target.bin, ...kept, ...binned(current, { wanted, replaced, change })];
  if (target.deletedAt === undefined) return target;
  return { ...target, deletedAt: change.now };
}

/** A field that could not be required when it came back stays so, unless it was this change that let it be empty. */
function keepLoose(target: ModelDefinition, now: ReadonlyMap<string, Field>, left: ModelDefinition | null): void {
  const required = new Set(left?.fields.flatMap((field) => (field.required ? field.id : [])));
  for (const field of target.fields) if (required.has(field.id) && now.get(field.id)?.required === false) field.required = false;
}

/** Live fields that go: those that were not there then, and the columns of those whose type goes back, or that are computed again. */
function binned(
  current: ModelDefinition,
  {
    wanted,
    replaced,
    change,
  }: { wanted: ReadonlyMap<string, Field>; replaced: ReadonlyMap<string, string>; change: RevertingModel },
): BinnedField[] {
  return current.fields.flatMap((field): BinnedField[] => {
    const then = wanted.get(field.id);
    if (!then) return [{ field: structuredClone(field), deletedAt: change.now, because: 'deleted' }];
    const becomesComputed = then.column === undefined;
    if ((!replaced.has(field.id) && !becomesComputed) || field.column === undefined) return [];
    const own = { ...structuredClone(field), id: change.newId() };
    return [{ field: own, deletedAt: change.now, because: { replacedBy: field.id } }];
  });
}

const refuseGone = (model: ModelDefinition, field: Field): never =>
  fail('conflict', `The bin was emptied since: "${field.label}" of "${model.label}" can't come back.`);
