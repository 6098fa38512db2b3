/**
 * A project's definitions while they are edited: pure data, no database. The definitions it began with stay untouched: a data
 * model is copied when an edit first needs it, so what an edit did not concern is still the same object.
 */
import type { DataModel, Field } from '@piper/shared/data-model';
import type { Definitions, ModelDefinition } from '@piper/shared/data-models';
import { fail } from '@piper/shared/errors';
import type { ModelSource } from '@piper/shared/filter/parse';
import { findSystemModel } from '@piper/shared/system-models/index';
import { joinPath, within } from './refuse.ts';

export interface Draft {
  projectId: string;
  before: readonly ModelDefinition[];
  models: ModelDefinition[];
  newId(): string;
  /** ISO 8601. */
  now: string;
  /** Piper's own models with the fields added to them; without it, as they are declared. */
  base?: ModelSource | undefined;
  /** It is they that are edited. */
  extends?: boolean;
  /** Models without a record, of those asked about; absent: it doesn't matter whether there are any. */
  empty?: ReadonlySet<string> | undefined;
  /** Keys of the project's own roles, which rules may name. */
  roles: ReadonlySet<string>;
  /** Ids of the models that are copies already. */
  copied: Set<string>;
  /** Ids of all fields, those in the bin too; made when first needed. */
  fieldIds?: Set<string>;
  /** What had to give its key to something else and needs another one, by id. */
  parked: Map<string, Parked>;
  /** Fields that got another type, by id, with the old one. */
  retyped: Map<string, string>;
  /** Where in the request the edit is at the moment. */
  path: string;
  /** Where a model or a field was last spoken of, by id: to name the place of what turns out wrong in the end. */
  places: Map<string, string>;
}

export interface Parked {
  key: string;
  /** Where in the request it was taken. */
  path: string;
  /** Refuses whoever took it. */
  refuse(): never;
}

export type DraftOptions = Pick<Draft, 'newId' | 'now' | 'base' | 'empty'> & { roles?: Iterable<string> };

export const draftOf = (
  definitions: Definitions,
  projectId: string,
  { newId, now, roles, base, empty }: DraftOptions,
): Draft => ({
  projectId,
  before: definitions.models,
  models: [...definitions.models],
  newId,
  now,
  base,
  empty,
  roles: new Set(roles),
  copied: new Set(),
  parked: new Map(),
  retyped: new Map(),
  path: '',
  places: new Map(),
});

/** Does a part of an edit, which stands at `path` of what is being done. */
export function at<T>(draft: Draft, path: string, work: () => T): T {
  const outer = draft.path;
  draft.path = joinPath(outer, path);
  try {
    return within(path, work);
  } finally {
    draft.path = outer;
  }
}

/** Remembers where the request speaks of it. */
export const speakOf = (draft: Draft, id: string): void => void draft.places.set(id, draft.path);

export const isLive = (model: ModelDefinition): boolean => model.deletedAt === undefined;
export const liveModels = (draft: Draft): ModelDefinition[] => draft.models.filter(isLive);

const notThere = [{ path: '', message: 'is not there' }];

/** The model of this id or key, unless it is in the bin, ready to be changed. Throws `not_found`. */
export function modelIn(draft: Draft, reference: string): ModelDefinition {
  const live = liveModels(draft);
  const found =
    live.find((model) => model.id === reference) ??
    live.find((model) => model.key === reference) ??
    fail('not_found', `There is no data model "${reference.slice(0, 80)}".`, notThere);
  return toChange(draft, found);
}

/** The draft's own copy of a model. */
export function toChange(draft: Draft, { id }: Pick<ModelDefinition, 'id'>): ModelDefinition {
  const model = draft.models.find((other) => other.id === id)!;
  return draft.copied.has(id) ? model : replaceModel(draft, model);
}

/** Makes the model of this id be as `model` is. What is the draft's own already stays the same object. */
export function replaceModel(draft: Draft, model: ModelDefinition): ModelDefinition {
  const i = draft.models.findIndex(({ id }) => id === model.id);
  if (draft.copied.has(model.id)) return Object.assign(draft.models[i]!, model);
  draft.copied.add(model.id);
  return (draft.models[i] = structuredClone(model));
}

export function addModel(draft: Draft, model: ModelDefinition): void {
  draft.models.push(model);
  draft.copied.add(model.id);
}

/** The field of this id or key. Throws `not_found`. */
export function fieldIn(model: ModelDefinition, reference: string): Field {
  return (
    model.fields.find((field) => field.id === reference) ??
    model.fields.find((field) => field.key === reference) ??
    fail('not_found', `${model.label} has no field "${reference.slice(0, 80)}".`, notThere)
  );
}

/** Finds models by id, those in the bin too, or by key; Piper's own by their key, which no other model may have. */
export function sourceOf(draft: Pick<Draft, 'models' | 'base' | 'extends'>): ModelSource {
  const byName = new Map<string, DataModel>();
  for (const model of draft.models) {
    if (isLive(model)) byName.set(model.key, model);
    byName.set(model.id, model);
  }
  if (draft.extends) return { find: (name) => byName.get(name) ?? findSystemModel(name) };
  return { find: (name) => baseModel(draft, name) ?? byName.get(name) };
}

/** One of Piper's own models. */
export const baseModel = ({ base }: Pick<Draft, 'base'>, key: string): DataModel | undefined =>
  findSystemModel(key) && (base?.find(key) ?? findSystemModel(key));

/** Ids that no new field may have. */
export function takenFieldIds(draft: Draft): Set<string> {
  draft.fieldIds ??= new Set(
    draft.models.flatMap((model) => [...model.fields, ...(model.bin ?? []).map(({ field }) => field)].map(({ id }) => id)),
  );
  return draft.fieldIds;
}

export const keysOf = (model: ModelDefinition): Set<string> => new Set(model.fields.map((field) => field.key));
