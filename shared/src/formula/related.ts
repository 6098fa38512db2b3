/** The options of lookups and rollups, read from a definition. */
import type { DataModel, Field } from '../data-model.ts';
import { hasValue } from '../data-model.ts';
import type { Filter } from '../filter/filter.ts';
import type { ModelSource } from '../filter/path.ts';

export const rollupFunctions = ['count', 'countDistinct', 'sum', 'avg', 'min', 'max', 'and', 'or', 'concat'] as const;
export type RollupFunction = (typeof rollupFunctions)[number];

/** What a lookup or rollup computes over. */
export interface Related {
  relation: Field;
  /** Whether the relation leads to one record at most. */
  isOne: boolean;
  target: DataModel;
  /** The target's field; a rollup that counts records has none. */
  field?: Field;
}

export interface Rollup extends Related {
  function: RollupFunction;
  filter?: Filter;
}

/** The text of a formula field. */
export const formulaOf = (field: Field): string => textOf(field, 'formula') ?? '';

const textOf = (field: Field, name: string): string | undefined => {
  const value = field.options?.[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

const named = (model: DataModel, reference: string): Field | undefined =>
  model.fields.find((field) => field.id === reference) ?? model.fields.find((field) => field.key === reference);

/** What a lookup reads; or what is wrong with it, as a sentence. */
export function lookupOf(field: Field, model: DataModel, models: ModelSource): (Related & { field: Field }) | string {
  const related = relatedOf(field, model, models);
  if (typeof related === 'string') return related;
  return related.field ? { ...related, field: related.field } : `Choose the field of ${related.target.label} to show.`;
}

/** What a rollup computes; or what is wrong with it, as a sentence. */
export function rollupOf(field: Field, model: DataModel, models: ModelSource): Rollup | string {
  const related = relatedOf(field, model, models);
  if (typeof related === 'string') return related;
  const name = rollupFunctions.find((each) => each === field.options?.['function']);
  if (!name) return `Choose a function: ${rollupFunctions.join(', ')}.`;
  if (!related.field && name !== 'count') return `Choose the field of ${related.target.label} of which to take the ${name}.`;
  const filter = field.options?.['filter'];
  if (filter === undefined || filter === null) return { ...related, function: name };
  if (typeof filter !== 'object' || Array.isArray(filter)) return 'The filter must be an object of conditions.';
  return { ...related, function: name, filter: filter as Filter };
}

function relatedOf(field: Field, model: DataModel, models: ModelSource): Related | string {
  const relation = named(model, textOf(field, 'relation') ?? '');
  if (!relation?.relation || relation.secret) return `Choose a relation of ${model.label}.`;
  if (relation.relation.kind === 'any') return `${relation.label} leads to several models; choose a relation to one.`;
  const target = models.find(relation.relation.target);
  if (!target) return `${relation.label} leads to a model that is not there.`;
  const related = { relation, target, isOne: relation.relation.kind === 'many-to-one' };
  const reference = textOf(field, 'field');
  if (reference === undefined) return related;
  const chosen = named(target, reference);
  if (!chosen || chosen.secret || !hasValue(chosen)) return `${target.label} has no such field to compute with.`;
  return { ...related, field: chosen };
}

/** Types of which a lookup can show no value of its own: their values are read over a relation. */
const unreadable = new Set(['any-relation']);
const asIds = new Set(['relation', 'user', 'file', 'image']);
const asLists = new Set(['files', 'images']);

/** The type of what a lookup shows; or what is wrong, as a sentence. `typeName`: that of the field looked up. */
export function lookupResult({ isOne, field }: { isOne: boolean; field: Field }, typeName: string): { result: string } | string {
  if (unreadable.has(typeName)) return `${field.label} leads to several models, which a lookup can't show.`;
  if (!isOne || asLists.has(typeName)) return { result: 'json' };
  return { result: asIds.has(typeName) ? 'uuid' : typeName };
}

const wholeNumbers = new Set(['integer', 'rating', 'duration', 'auto-number']);
const decimals = new Set(['decimal', 'currency', 'percent']);
const texts = new Set(['text', 'long-text', 'select', 'email', 'url', 'phone', 'colour']);
const ordered = new Set([...wholeNumbers, ...decimals, ...texts, 'date', 'date-time', 'time']);
const uncountable = new Set(['json', 'rich-text', 'geo-point']);

/** By function: the type it gives of values of that type; undefined where it can't be taken of them. */
const rollupTypes: Record<RollupFunction, (typeName: string) => string | undefined> = {
  count: () => 'integer',
  countDistinct: (typeName) => (uncountable.has(typeName) ? undefined : 'integer'),
  sum: (typeName) => (wholeNumbers.has(typeName) ? 'integer' : decimals.has(typeName) ? 'decimal' : undefined),
  avg: (typeName) => (wholeNumbers.has(typeName) || decimals.has(typeName) ? 'decimal' : undefined),
  min: (typeName) => (ordered.has(typeName) ? typeName : undefined),
  max: (typeName) => (ordered.has(typeName) ? typeName : undefined),
  and: (typeName) => (typeName === 'boolean' ? 'boolean' : undefined),
  or: (typeName) => (typeName === 'boolean' ? 'boolean' : undefined),
  concat: (typeName) => (texts.has(typeName) ? 'text' : undefined),
};

/** The type of what a rollup gives; or what is wrong, as a sentence. `typeName`: that of the field it is taken of. */
export function rollupResult(rollup: Rollup, typeName: string | undefined): { result: string } | string {
  const { function: name, field } = rollup;
  if (!field || typeName === undefined) return { result: 'integer' };
  const result = rollupTypes[name](typeName);
  return result === undefined ? `The ${name} of ${field.label} can't be taken: it is of the type ${typeName}.` : { result };
}
