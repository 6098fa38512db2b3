/** What builds on a field, so that deleting it can be refused with a list, or what names it only for convenience can let go of it. */
import type { DataModel, Field } from '@piper/shared/data-model';
import type { ModelDefinition } from '@piper/shared/data-models';
import { fail } from '@piper/shared/errors';
import { fieldTypeOf } from '@piper/shared/fields/index';
import { titleOf } from './create-model.ts';
import { follow, mapReferences, type Spot } from './references.ts';
import { liveModels, sourceOf, toChange, type Draft } from './draft.ts';

/** Things that are to go, by id. */
export interface Gone {
  fields: ReadonlySet<string>;
  models?: ReadonlySet<string>;
}

/** What uses one of them. */
interface Use {
  /** Keys, as in `invoices.total`. */
  path: string;
  message: string;
}

/** Throws `still_used`, which lists what builds on them. `only: 'lists'` asks just for the other ends of relations. */
export function requireUnused(draft: Draft, what: string, gone: Gone & { only?: 'lists' }): void {
  const models = sourceOf(draft);
  const rest = liveModels(draft).filter((model) => gone.models?.has(model.id) !== true);
  const lists = rest.flatMap((model) => usesByLists(model, gone));
  const uses =
    gone.only === 'lists'
      ? lists
      : [...lists, ...rest.flatMap((model) => [...usesById(model, gone), ...usesByKey(model, models, gone)])];
  if (uses.length === 0) return;
  const shown = uses.slice(0, 5).map(({ message }) => message);
  const more = uses.length > shown.length ? ` and ${uses.length - shown.length} more` : '';
  fail('still_used', `"${what}" is still used by ${shown.join(', ')}${more}. Change or delete these first.`, uses.slice(0, 100));
}

const pathOf = (model: DataModel, field?: Field): string => (field ? `${model.key}.${field.key}` : model.key);

function usesByLists(model: ModelDefinition, { fields }: Gone): Use[] {
  return model.fields
    .filter((field) => !fields.has(field.id) && field.relation?.kind === 'one-to-many' && fields.has(field.relation.by))
    .map((field) => ({ path: pathOf(model, field), message: `the list "${field.label}" of ${model.label}` }));
}

/** Lookups, rollups and indexes. */
function usesById(model: ModelDefinition, { fields }: Gone): Use[] {
  const computed = model.fields
    .filter(({ id, type }) => !fields.has(id) && (type === 'lookup' || type === 'rollup'))
    .filter(({ options }) => [options?.['relation'], options?.['field']].some((id) => typeof id === 'string' && fields.has(id)))
    .map((field) => ({ path: pathOf(model, field), message: `the ${field.type} "${field.label}" of ${model.label}` }));
  const indexes = (model.indexes ?? [])
    .filter((index) => index.fields.some((id) => fields.has(id)))
    .map((index) => {
      const labels = index.fields.map((id) => model.fields.find((field) => field.id === id)?.label ?? id).join(', ');
      return { path: pathOf(model), message: `the index over ${labels} of ${model.label}` };
    });
  return [...computed, ...indexes];
}

/** Rules and formulas. */
function usesByKey(model: ModelDefinition, models: ReturnType<typeof sourceOf>, gone: Gone): Use[] {
  const uses = new Map<string, Use>();
  const add = (use: Use | undefined): void => void (use && uses.set(`${use.path} ${use.message}`, use));
  mapReferences(model, models, {
    field(word, { field, spot }) {
      if (gone.fields.has(field.id)) add(useIn(model, spot, gone));
      return word;
    },
    model: (other) => {
      // A word such as subject:customers stands only in rules.
      if (gone.models?.has(other.id)) add({ path: `${model.key}.rules`, message: `a rule of ${model.label}` });
      return other.key;
    },
  });
  return [...uses.values()];
}

function useIn(model: ModelDefinition, spot: Spot, { fields }: Gone): Use | undefined {
  if (spot.in === 'rule') {
    if (spot.part !== 'filter' && spot.part !== 'check') return undefined;
    const number = model.rules.indexOf(spot.rule) + 1;
    return { path: `${model.key}.rules[${number - 1}].${spot.part}`, message: `rule ${number} of ${model.label}` };
  }
  if (spot.in !== 'field' || fields.has(spot.field.id) || !model.fields.includes(spot.field)) return undefined;
  return { path: pathOf(model, spot.field), message: `the ${spot.field.type} "${spot.field.label}" of ${model.label}` };
}

/** Takes the fields out of where they stand only for convenience: search, order, what rules grant and preset. */
export function letGo(draft: Draft, { fields }: Gone): void {
  takeOut(draft, fields, (spot) => spot.in !== 'rule' || spot.part === 'fields' || spot.part === 'presets');
}

/** Takes fields that got another type out of searches and orders they don't suit any more. */
export function letGoAfterChange(draft: Draft): void {
  for (const field of liveModels(draft).flatMap((model) => model.fields)) {
    const was = draft.retyped.get(field.id);
    if (was === undefined) continue;
    const { operators, sortable } = fieldTypeOf(field);
    const isPath = was === 'relation' || was === 'user';
    const spots = new Set([...(operators.includes('_icontains') ? [] : ['search']), ...(sortable && !isPath ? [] : ['sort'])]);
    takeOut(draft, new Set([field.id]), (spot) => spots.has(spot.in));
  }
}

function takeOut(draft: Draft, fields: ReadonlySet<string>, from: (spot: Spot) => boolean): void {
  follow(draft, { field: (word, { field, spot }) => (fields.has(field.id) && from(spot) ? undefined : word) });
}

/** Gives models whose title went another one. */
export function mendTitles(draft: Draft): void {
  for (const model of liveModels(draft))
    if (!model.fields.some((field) => field.key === model.titleField)) {
      const own = toChange(draft, model);
      own.titleField = titleOf(own);
    }
}
