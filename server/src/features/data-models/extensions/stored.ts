/**
 * Fields that the instance owner adds to Piper's own models, as they are stored: a definition per model that holds nothing but the
 * added fields and the bin. What Piper itself declares is never stored, so that every release brings its own.
 */
import { createHash } from 'node:crypto';
import type { Field } from '@piper/shared/data-model';
import type { Definitions, ModelDefinition } from '@piper/shared/data-models';
import { systemModels } from '@piper/shared/system-models/index';
import { extensionPrefix, isExtendable } from '#platform/records/extensions';

export const extendable: readonly ModelDefinition[] = systemModels.filter(isExtendable);

export const isAdded = (field: Pick<Field, 'key'>): boolean => field.key.startsWith(extensionPrefix);

/** What Piper declares of a model, without its fields; and what was added. */
const withAdded = (declared: ModelDefinition, stored: Pick<ModelDefinition, 'fields' | 'bin'>): ModelDefinition => ({
  ...declared,
  fields: stored.fields,
  bin: stored.bin ?? [],
  rules: [],
  search: [],
  defaultSort: [],
  indexes: [],
});

/** The stored definitions of every model that can take fields, those without any too. */
export function withEveryModel(stored: readonly ModelDefinition[]): ModelDefinition[] {
  const byId = new Map(stored.map((model) => [model.id, model]));
  return extendable.map((declared) => withAdded(declared, byId.get(declared.id) ?? { fields: [] }));
}

/** With the declared fields, among which the added ones are edited. */
export const whole = (stored: ModelDefinition): ModelDefinition => {
  const declared = extendable.find((model) => model.id === stored.id)!;
  return { ...stored, fields: [...declared.fields, ...stored.fields] };
};

/** Back to what is stored; models that no edit concerned are the same objects as in `stored`. */
export function withoutDeclared(
  edited: readonly ModelDefinition[],
  { before, stored }: { before: readonly ModelDefinition[]; stored: readonly ModelDefinition[] },
): ModelDefinition[] {
  return edited.map((model, i) =>
    model === before[i] ? stored[i]! : { ...stored[i]!, fields: model.fields.filter(isAdded), bin: model.bin ?? [] },
  );
}

/** Throws unless they are of the same models as before: nothing but fields is added to or taken from Piper's own tables. */
export function requireSameModels({ models }: Definitions, after: readonly ModelDefinition[]): void {
  const isSame = (model: ModelDefinition, i: number): boolean =>
    model.id === models[i]?.id && model.table === models[i].table && model.deletedAt === undefined;
  const columns = after.flatMap((model) => model.fields.flatMap(({ column }) => column ?? []));
  if (after.length !== models.length || !after.every(isSame) || !columns.every((column) => column.startsWith(extensionPrefix)))
    throw new Error("a change set of the instance may only touch added fields of Piper's own models");
}

/** The id of the row that holds the added fields of a model: always the same, since Piper's models are known by their key. */
export function rowIdOf(key: string): string {
  const hex = createHash('sha256').update(`piper:${key}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const ownRows = new Set(systemModels.map(({ key }) => rowIdOf(key)));
/** Whether the id stands, now or later, for the fields added to one of Piper's own models. */
export const isRowOfPipers = (id: string): boolean => ownRows.has(id);
