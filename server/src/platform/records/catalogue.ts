/**
 * The definitions the engine serves, with what was compiled from them. Piper's own models make one catalogue; a project's
 * models make one on top of it. The engine knows definitions only through a catalogue, never by name.
 */
import type { DataModel, Relation } from '@piper/shared/data-model';
import { fail } from '@piper/shared/errors';
import { fieldTypeOf } from '@piper/shared/fields/index';
import type { ModelSource } from '@piper/shared/filter/parse';
import { system } from '../actor.ts';
import type { Ctx } from '../ctx.ts';
import { classOf, openActorRules, type ActorRules, type Who } from './actor-rules.ts';
import { boundedCache, type BoundedCache } from './bounded-cache.ts';
import { columnTypeOf } from './fields/index.ts';
import type { SystemModel } from './hooks.ts';

export interface Catalogue extends ModelSource {
  entry(key: string): SystemModel | undefined;
  list(): readonly SystemModel[];
  rulesOf(who: Who): ActorRules;
  /** Compiled statements by shape, shared by all actors of a class. */
  plans: BoundedCache<unknown>;
}

declare module '../deps.ts' {
  interface Deps {
    catalogue: Catalogue;
  }
}

const maxPlans = 2_000;
/** Classes of actors: combinations of roles. */
const maxClasses = 500;

/** Opens a catalogue, on top of another one if given. A later entry replaces an earlier one of the same key. Throws when a definition is broken. */
export function openCatalogue(entries: readonly SystemModel[], base?: Catalogue): Catalogue {
  const byKey = new Map(
    [...(base?.list() ?? []), ...entries].flatMap((entry) => [
      [entry.model.key, entry] as const,
      [entry.model.id, entry] as const,
    ]),
  );
  // A former key leads to the model that had it, unless another one has it now.
  for (const entry of entries) for (const key of entry.model.formerKeys ?? []) if (!byKey.has(key)) byKey.set(key, entry);
  const rules = boundedCache<ActorRules>(maxClasses);
  const catalogue: Catalogue = {
    find: (key) => byKey.get(key)?.model,
    entry: (key) => byKey.get(key),
    list: () => [...new Set(byKey.values())],
    plans: boundedCache(maxPlans),
    rulesOf(who) {
      const key = classOf(who);
      const found = rules.get(key) ?? openActorRules(who, catalogue);
      rules.set(key, found);
      return found;
    },
  };
  for (const { model } of entries) checkModel(model, catalogue);
  return catalogue;
}

/** The definitions this context works with: of its project, or Piper's own. */
export const catalogueOf = (ctx: Pick<Ctx, 'deps' | 'project'>): Catalogue => ctx.project?.catalogue ?? ctx.deps.catalogue;

/** Characters of a plan's key: what is asked in so many words is hardly asked again, and would fill the memory. */
const maxPlanKey = 8_000;

/** The plan of this shape; made once, unless it is too special to be kept. */
export function planOf<P>(plans: BoundedCache<unknown>, key: string, make: () => P): P {
  const found = plans.get(key) as P | undefined;
  if (found) return found;
  const made = make();
  if (key.length <= maxPlanKey) plans.set(key, made);
  return made;
}

/** The entry of a model of the context's catalogue; `not_found` when there is none. */
export function entryOf(ctx: Ctx, modelKey: string): SystemModel {
  return catalogueOf(ctx).entry(modelKey) ?? fail('not_found', 'There is no such model.');
}

/** Finds what would otherwise break a request later: unknown types, relations into the void, rules that don't parse. */
function checkModel(model: DataModel, catalogue: Catalogue): void {
  for (const field of model.fields) {
    fieldTypeOf(field);
    columnTypeOf(field);
    if (field.relation) checkRelation(`${model.key}.${field.key}`, field.relation, catalogue);
  }
  const unbound = catalogue.rulesOf({ actor: system });
  for (const rule of model.rules) {
    unbound.parse(rule.filter, model);
    if (rule.check) unbound.parse(rule.check, model);
  }
  if (model.scope) unbound.parse(model.scope, model);
}

function checkRelation(name: string, relation: Relation, catalogue: Catalogue): void {
  // Of several models, those that are not there (any more) are passed over.
  if (relation.kind === 'any') return;
  if (!catalogue.find(relation.target)) throw new Error(`${name} leads to ${relation.target}, which is not there`);
  if (relation.kind === 'one-to-many') checkColumn(catalogue, relation.target, relation.by);
  if (relation.kind === 'many-to-many')
    for (const end of [relation.by, relation.to]) checkColumn(catalogue, relation.through, end);
}

function checkColumn(catalogue: Catalogue, modelId: string, reference: string): void {
  const found = catalogue.find(modelId)?.fields.find(({ id, key }) => id === reference || key === reference);
  if (found?.column === undefined) throw new Error(`${modelId} has no field ${reference}`);
}
