/** A project's definitions while they are edited: pure data, no database. What an edit can't do it refuses with a sentence. */
import type { Field } from '@piper/shared/data-model';
import type { Definitions, ModelDefinition } from '@piper/shared/data-models';
import { fail } from '@piper/shared/errors';
import { systemModels } from '@piper/shared/system-models/index';

export interface Draft {
  projectId: string;
  models: ModelDefinition[];
  newId(): string;
  /** ISO 8601. */
  now: string;
}

/** A copy that edits may change in place. */
export const draftOf = (definitions: Definitions, projectId: string, { newId, now }: Pick<Draft, 'newId' | 'now'>): Draft => ({
  projectId,
  models: structuredClone(definitions.models),
  newId,
  now,
});

/** The model of this id or key, unless it is in the bin. Throws `not_found`. */
export function modelIn(draft: Draft, reference: string): ModelDefinition {
  const live = draft.models.filter((model) => model.deletedAt === undefined);
  return (
    live.find((model) => model.id === reference) ??
    live.find((model) => model.key === reference) ??
    fail('not_found', `There is no data model "${reference.slice(0, 80)}".`)
  );
}

/** The field of this id or key. Throws `not_found`. */
export function fieldIn(model: ModelDefinition, reference: string): Field {
  return (
    model.fields.find((field) => field.id === reference) ??
    model.fields.find((field) => field.key === reference) ??
    fail('not_found', `${model.label} has no field "${reference.slice(0, 80)}".`)
  );
}

/** What a relation may lead to: a model of the project or one of Piper's own. Throws `not_found`. */
export function targetIn(draft: Draft, reference: string): { id: string; label: string; model?: ModelDefinition } {
  const own = systemModels.find((model) => model.key === reference);
  if (own) return { id: own.id, label: own.label };
  const model = modelIn(draft, reference);
  return { id: model.id, label: model.label, model };
}

export const keysOf = (model: ModelDefinition): Set<string> => new Set(model.fields.map((field) => field.key));
/** Physical names that are taken, those of the bin too. */
export const columnsOf = (model: ModelDefinition): Set<string> =>
  new Set([...model.fields, ...(model.bin ?? []).map(({ field }) => field)].flatMap((field) => field.column ?? []));
