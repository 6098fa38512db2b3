/**
 * Where definitions speak of fields and models by their key: rules, formulas, the filters of rollups, searched fields, order and
 * title. Everything else names by id and needs nothing when a key changes.
 */
import type { DataModel, Field, Rule } from '@piper/shared/data-model';
import type { ModelDefinition } from '@piper/shared/data-models';
import type { Filter } from '@piper/shared/filter/filter';
import { findPath, type ModelSource } from '@piper/shared/filter/parse';
import { rewriteReferences } from '@piper/shared/formula/index';
import { sourceOf, replaceModel, toChange, type Draft } from './draft.ts';

/** What holds the reference. */
export type Spot =
  | { in: 'title' | 'search' | 'sort' }
  | { in: 'rule'; rule: Rule; part: 'filter' | 'check' | 'fields' | 'presets' }
  | { in: 'field'; field: Field };

export interface Visitor {
  /** What `word`, which names the field, becomes; undefined takes it away where it is one of a list. */
  field(word: string, of: { model: DataModel; field: Field; spot: Spot }): string | undefined;
  /** What a word that names the model becomes. */
  model?(model: DataModel): string;
}

interface Walk {
  models: ModelSource;
  visitor: Visitor;
  spot: Spot;
}

/** The model with every reference as the visitor wants it; the same object when nothing differs. */
export function mapReferences(model: ModelDefinition, models: ModelSource, visitor: Visitor): ModelDefinition {
  const walk = (spot: Spot): Walk => ({ models, visitor, spot });
  const fields = mapSame(model.fields, (field) => mapField(field, model, walk({ in: 'field', field })));
  const bin = mapSame(model.bin ?? [], (binned) => {
    const field = mapField(binned.field, model, walk({ in: 'field', field: binned.field }));
    return field === binned.field ? binned : { ...binned, field };
  });
  const mapped = {
    titleField: mapWord(model.titleField, model, walk({ in: 'title' })) ?? model.titleField,
    search: mapList(model.search, model, walk({ in: 'search' })),
    defaultSort: mapSame(model.defaultSort, (path) => mapSort(path, model, walk({ in: 'sort' }))),
    rules: mapSame(model.rules, (rule) => mapRule(rule, model, (part) => walk({ in: 'rule', rule, part }))),
    fields,
    ...(model.bin ? { bin: bin.length === 0 ? model.bin : bin } : {}),
  };
  const differs = Object.entries(mapped).some(([key, value]) => value !== model[key as keyof ModelDefinition]);
  return differs ? { ...model, ...mapped } : model;
}

/** Leaves out what becomes undefined; the same list when nothing differs. */
function mapSame<T>(list: T[], map: (item: T) => T | undefined): T[] {
  const mapped = list.map(map).filter((item) => item !== undefined);
  return mapped.length === list.length && mapped.every((item, i) => item === list[i]) ? list : mapped;
}

function mapWord(word: string, model: DataModel, { visitor, spot }: Walk): string | undefined {
  const found = findPath(model, word);
  return found ? visitor.field(word, { model, field: found.field, spot }) : word;
}

const mapList = (words: string[], model: DataModel, walk: Walk): string[] => mapSame(words, (word) => mapWord(word, model, walk));

/** `-customer.name` */
function mapSort(path: string, model: DataModel, walk: Walk): string | undefined {
  const sign = path.startsWith('-') ? '-' : '';
  const words = mapPath(path.slice(sign.length).split('.'), model, walk);
  return words && sign + words.join('.');
}

function mapPath(path: string[], model: DataModel, walk: Walk): string[] | undefined {
  const words: string[] = [];
  let place: DataModel | undefined = model;
  for (const word of path) {
    const mapped: string | undefined = place ? mapWord(word, place, walk) : word;
    if (mapped === undefined) return undefined;
    words.push(mapped);
    place = place && targetOf(findPath(place, word)?.field, walk.models);
  }
  return words;
}

const targetOf = (field: Field | undefined, models: ModelSource): DataModel | undefined =>
  field?.relation?.target === undefined ? undefined : models.find(field.relation.target);

function mapField(field: Field, model: DataModel, walk: Walk): Field {
  const formula = field.options?.['formula'];
  if (field.type === 'formula' && typeof formula === 'string') {
    const text = rewriteReferences(formula, (path) => mapPath(path, model, walk) ?? path);
    return text === formula ? field : { ...field, options: { ...field.options, formula: text } };
  }
  const filter = field.type === 'rollup' ? field.options?.['filter'] : undefined;
  if (!isFilter(filter)) return field;
  const relation = model.fields.find(({ id, key }) => id === field.options?.['relation'] || key === field.options?.['relation']);
  const target = targetOf(relation, walk.models);
  const mapped = target ? mapFilter(filter, target, walk) : filter;
  return mapped === filter ? field : { ...field, options: { ...field.options, filter: mapped } };
}

function mapRule(rule: Rule, model: DataModel, walk: (part: 'filter' | 'check' | 'fields' | 'presets') => Walk): Rule {
  const filter = mapFilter(rule.filter, model, walk('filter'));
  const check = rule.check && mapFilter(rule.check, model, walk('check'));
  const fields = rule.fields === '*' ? rule.fields : mapList(rule.fields, model, walk('fields'));
  const presets = rule.presets && mapPresets(rule.presets, model, walk('presets'));
  if (filter === rule.filter && check === rule.check && fields === rule.fields && presets === rule.presets) return rule;
  return { ...rule, filter, fields, ...(check ? { check } : {}), ...(presets ? { presets } : {}) };
}

function mapPresets(presets: Record<string, unknown>, model: DataModel, walk: Walk): Record<string, unknown> {
  const entries = Object.entries(presets);
  const mapped = mapSame(entries, (entry): [string, unknown] | undefined => {
    const word = mapWord(entry[0], model, walk);
    if (word === entry[0]) return entry;
    return word === undefined ? undefined : [word, entry[1]];
  });
  return mapped === entries ? presets : Object.fromEntries(mapped);
}

const isFilter = (value: unknown): value is Filter => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A word of a filter: `status`, `year(created)`, `subject:customers`. */
const wordForm = /^(?<before>[a-z]+\()?(?<word>[^():]+)(?::(?<target>[^():]+))?(?<after>\))?$/;

function mapFilter<F extends Filter>(filter: F, model: DataModel, walk: Walk): F {
  let differs = false;
  const entries = Object.entries(filter).map(([word, inner]): [string, unknown] => {
    const { name, target } = mapFilterWord(word, model, walk);
    const value = mapInner(inner, target, walk);
    differs ||= name !== word || value !== inner;
    return [name, value];
  });
  return differs ? (Object.fromEntries(entries) as F) : filter;
}

function mapInner(inner: unknown, target: DataModel | undefined, walk: Walk): unknown {
  if (!target) return inner;
  if (Array.isArray(inner)) return mapSame(inner as unknown[], (item) => mapInner(item, target, walk));
  return isFilter(inner) ? mapFilter(inner, target, walk) : inner;
}

const joining = new Set(['_and', '_or', '_some', '_none', '_every']);

/** The word as it will be, and the model what stands below it speaks of. */
function mapFilterWord(word: string, model: DataModel, walk: Walk): { name: string; target: DataModel | undefined } {
  if (joining.has(word)) return { name: word, target: model };
  const groups = wordForm.exec(word)?.groups;
  const field = groups && findPath(model, groups['word']!)?.field;
  if (!field) return { name: word, target: undefined };
  const { before = '', target: named, after = '' } = groups;
  const key = mapWord(groups['word']!, model, walk) ?? groups['word']!;
  const target = named === undefined ? { suffix: '', model: targetOf(field, walk.models) } : mapTarget(named, walk);
  return { name: `${before}${key}${target.suffix}${after}`, target: target.model };
}

/** Of a polymorphic relation: which of its targets is meant. */
function mapTarget(named: string, { models, visitor }: Walk): { suffix: string; model: DataModel | undefined } {
  const model = models.find(named);
  return { model, suffix: `:${(model && visitor.model?.(model)) ?? named}` };
}

/** Changes what all definitions say, those in the bin too. */
export function follow(draft: Draft, visitor: Visitor): void {
  const models = sourceOf(draft);
  for (const model of draft.models) {
    const mapped = mapReferences(model, models, visitor);
    if (mapped !== model) replaceModel(draft, mapped);
  }
}

/** Gives a field another key, everywhere. `model` is the draft's own. */
export function renameField(draft: Draft, { id }: ModelDefinition, { id: fieldId, key: old }: Field, key: string): void {
  follow(draft, { field: (word, { model, field }) => (model.id === id && field.id === fieldId ? key : word) });
  const model = toChange(draft, { id });
  const field = model.fields.find((other) => other.id === fieldId)!;
  field.key = key;
  if (field.relation?.kind === 'many-to-one' && field.relation.as === old) field.relation.as = key;
}

/** Gives a model another key, everywhere. */
export function renameModel(draft: Draft, { id }: ModelDefinition, key: string): void {
  follow(draft, { field: (word) => word, model: (other) => (other.id === id ? key : other.key) });
  toChange(draft, { id }).key = key;
}
