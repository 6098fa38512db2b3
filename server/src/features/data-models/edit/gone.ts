/**
 * What goes to the bin together and comes back together. A relation needs what it leads to: a list the field it lists by, both ends
 * of a many-to-many relation each other. What is there without what it needs goes to the bin; what went for that reason comes back
 * as soon as it is all there. So the state follows from what was deleted, in whatever order.
 */
import type { BinnedField, Field } from '@piper/shared/data-model';
import type { ModelDefinition } from '@piper/shared/data-models';
import { fail } from '@piper/shared/errors';
import { findSystemModel } from '@piper/shared/system-models/index';
import { keyFromLabel } from '../names.ts';
import { addField } from './bare-field.ts';
import { letGo, mendTitles, requireUnused } from './dependants.ts';
import { isLive, keysOf, liveModels, sourceOf, toChange, type Draft } from './draft.ts';

interface Going {
  models: Set<string>;
  fields: Set<string>;
}

/** What the field needs and does not have, by id; `going` counts as gone already. */
export function missingOf(draft: Draft, field: Field, going?: Going): string | undefined {
  const { relation } = field;
  if (!relation || relation.kind === 'any' || findSystemModel(relation.target)) return undefined;
  const target = draft.models.find((model) => model.id === relation.target);
  if (!target || !isLive(target) || going?.models.has(target.id)) return relation.target;
  if (relation.kind === 'one-to-many') return isThere(target, relation.by, going) ? undefined : relation.by;
  return relation.kind === 'many-to-many' ? deletedTwin(draft, field, relation.through, going) : undefined;
}

const isThere = (model: ModelDefinition, field: string, going?: Going): boolean =>
  going?.fields.has(field) !== true && model.fields.some(({ id }) => id === field);

/** The other end of the many-to-many relation, if somebody deleted it. */
function deletedTwin(draft: Draft, field: Field, through: string, going?: Going): string | undefined {
  const isTwin = (other: Field): boolean =>
    other.id !== field.id && other.relation?.kind === 'many-to-many' && other.relation.through === through;
  for (const model of draft.models) {
    const found =
      model.fields.find((other) => isTwin(other) && going?.fields.has(other.id)) ??
      model.bin?.find((binned) => binned.because === 'deleted' && isTwin(binned.field))?.field;
    if (found) return found.id;
  }
  return undefined;
}

/** Throws `still_used` when a relation is there without what it needs. */
export function requireEnds(draft: Draft): void {
  for (const model of liveModels(draft))
    for (const field of relationsOf(model)) {
      const missing = missingOf(draft, field);
      if (missing === undefined) continue;
      const message = `the relation "${field.label}" of ${model.label}`;
      const details = [{ path: `${model.key}.${field.key}`, message }];
      fail('still_used', `"${labelOf(draft, missing)}" is still used by ${message}. Change or delete it first.`, details);
    }
}

const relationsOf = (model: ModelDefinition): Field[] => (model.isJunction ? [] : model.fields.filter((field) => field.relation));

/** Adds to what goes everything that needs it. */
function withAllThatNeed(draft: Draft, going: Going): Going {
  for (let grew = true; grew;) {
    grew = false;
    for (const model of liveModels(draft).filter(({ id }) => !going.models.has(id)))
      for (const field of relationsOf(model)) {
        if (going.fields.has(field.id) || missingOf(draft, field, going) === undefined) continue;
        going.fields.add(field.id);
        grew = true;
      }
  }
  return going;
}

/** Puts models and fields into the bin, with what can't be without them. Throws `still_used` when others build on them. */
export function putIntoBin(draft: Draft, what: string, asked: { models?: string[]; fields?: string[] }): void {
  const own = new Set(asked.fields);
  const going = withAllThatNeed(draft, { models: new Set(asked.models), fields: new Set(own) });
  requireUnused(draft, what, going);
  letGo(draft, going);
  const reasons = new Map([...going.fields].map((id) => [id, reasonOf(draft, id, own, going)]));
  for (const id of going.models) toChange(draft, { id }).deletedAt = draft.now;
  for (const model of liveModels(draft))
    if (model.fields.some((field) => going.fields.has(field.id))) moveToBin(draft, toChange(draft, model), reasons);
  mendTitles(draft);
  settleJunctions(draft);
}

function reasonOf(draft: Draft, id: string, own: ReadonlySet<string>, going: Going): BinnedField['because'] {
  if (own.has(id)) return 'deleted';
  const field = liveModels(draft)
    .flatMap(relationsOf)
    .find((other) => other.id === id)!;
  return { goneWith: missingOf(draft, field, going)! };
}

function moveToBin(draft: Draft, model: ModelDefinition, reasons: ReadonlyMap<string, BinnedField['because']>): void {
  const going = model.fields.filter((field) => reasons.has(field.id));
  model.fields = model.fields.filter((field) => !reasons.has(field.id));
  model.bin = [...(model.bin ?? []), ...going.map((field) => ({ field, deletedAt: draft.now, because: reasons.get(field.id)! }))];
}

/** Takes a field out of the bin; if its key is taken by now, under another one. */
export function takeFromBin(draft: Draft, model: ModelDefinition, { field }: BinnedField): void {
  model.bin = model.bin!.filter((binned) => binned.field.id !== field.id);
  const taken = keysOf(model);
  const key = taken.has(field.key) ? keyFromLabel(field.key, taken, 'field') : field.key;
  const restored: Field = { ...field, key };
  if (restored.relation?.kind === 'many-to-one') restored.relation = { ...restored.relation, as: key };
  addField(model, restored);
}

/** After something came back: brings back what went for want of it, and puts away what now lacks something. */
export function reconcile(draft: Draft): void {
  for (let changed = true; changed;) {
    changed = false;
    for (const live of liveModels(draft)) {
      const back = (live.bin ?? []).filter(({ because, field }) => isGoneWith(because) && missingOf(draft, field) === undefined);
      const lost = new Map<string, BinnedField['because']>();
      for (const field of relationsOf(live)) {
        const goneWith = missingOf(draft, field);
        if (goneWith !== undefined) lost.set(field.id, { goneWith });
      }
      if (back.length === 0 && lost.size === 0) continue;
      changed = true;
      const model = toChange(draft, live);
      for (const binned of back) takeFromBin(draft, model, binned);
      moveToBin(draft, model, lost);
    }
  }
  settleJunctions(draft);
}

const isGoneWith = (because: BinnedField['because']): boolean => typeof because === 'object' && 'goneWith' in because;

/** What joins two models is there as long as a relation goes over it. */
function settleJunctions(draft: Draft): void {
  const used = new Set(
    liveModels(draft).flatMap((model) =>
      model.fields.flatMap(({ relation }) => (relation?.kind === 'many-to-many' ? relation.through : [])),
    ),
  );
  for (const junction of draft.models.filter((model) => model.isJunction)) {
    if (isLive(junction) === used.has(junction.id)) continue;
    const model = toChange(draft, junction);
    if (used.has(model.id)) delete model.deletedAt;
    else model.deletedAt = draft.now;
  }
}

/** What people call the thing of this id. */
export function labelOf(draft: Draft, id: string): string {
  const model = sourceOf(draft).find(id);
  if (model) return model.label;
  const fields = draft.models.flatMap((each) => [...each.fields, ...(each.bin ?? []).map(({ field }) => field)]);
  return fields.find((field) => field.id === id)?.label ?? id;
}
