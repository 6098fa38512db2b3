/**
 * `deep`: which related records come, how many and in which order, at each relation that `fields` crosses:
 * `{"tags":{"_filter":{"name":{"_eq":"a"}},"_limit":3,"owner":{"teams":{"_sort":"name"}}}}`. And `alias`, other names for fields.
 */
import { limits } from '@piper/shared/limits';
import { shapeOf, type FilterShape, type ShapeBudget } from '@piper/shared/filter/shape';
import { jsonOf, limitOf, namesOf, objectOf, offsetOf, refuse, searchOf } from './query-values.ts';

/** What is asked at one level: names for its fields, and more about its relations. */
export interface RelatedLevel {
  /** Name in the reply → field. */
  alias: Readonly<Record<string, string>>;
  /** By the word under which `fields` crosses them. */
  relations: ReadonlyMap<string, RelatedQuery>;
}

export interface RelatedQuery extends RelatedLevel {
  /** All words that lead here; unique in its query. */
  path: string;
  filter: FilterShape | undefined;
  sort: string[] | undefined;
  limit: number | undefined;
  offset: number;
  search: string | undefined;
}

/** Equal for queries that differ only in values. */
export const levelKey = (level: RelatedLevel | undefined): unknown =>
  level && [level.alias, [...level.relations.values()].map(relationKey)];
const relationKey = (query: RelatedQuery): unknown => [
  query.path,
  query.filter?.key,
  query.sort,
  query.limit !== undefined,
  query.offset > 0,
  query.search !== undefined,
  levelKey(query),
];

interface Reading {
  /** Shared with the list's own filter. */
  budget: ShapeBudget;
  relations: number;
}

/** Parses and bounds `deep` and `alias`; undefined when neither is given. */
export function parseDeep(given: { deep: unknown; alias: unknown }, budget: ShapeBudget): RelatedLevel | undefined {
  const deep = objectOf('deep', given.deep);
  const alias = objectOf('alias', given.alias);
  if (!deep && !alias) return undefined;
  return levelOf(deep ?? {}, { alias, path: '', depth: 0 }, { budget, relations: 0 });
}

interface Where {
  alias: unknown;
  path: string;
  depth: number;
}

function levelOf(node: Record<string, unknown>, at: Where, reading: Reading): RelatedLevel {
  if (at.depth > limits.fieldDepth) refuse('deep', `crosses more than ${limits.fieldDepth} relations`);
  const relations = new Map<string, RelatedQuery>();
  for (const [word, value] of Object.entries(node)) {
    if (word.startsWith('_')) {
      // The list itself has parameters of its own.
      if (at.path === '' || !known.has(word)) refuse(nameAt(at.path, word), 'is no parameter of a relation');
      continue;
    }
    if (++reading.relations > limits.fieldRelations) refuse('deep', `names more than ${limits.fieldRelations} relations`);
    const path = at.path === '' ? word : `${at.path}.${word}`;
    relations.set(word, relatedQuery(objectOf(nameAt(path), value) ?? {}, { ...at, path }, reading));
  }
  return { alias: aliasOf(at.path === '' ? 'alias' : nameAt(at.path, '_alias'), at.alias), relations };
}

const known = new Set(['_filter', '_sort', '_limit', '_offset', '_page', '_search', '_alias']);
const nameAt = (...words: string[]): string => ['deep', ...words].filter((word) => word !== '').join('.');

function relatedQuery(node: Record<string, unknown>, at: Where, reading: Reading): RelatedQuery {
  const name = (parameter: string): string => nameAt(at.path, parameter);
  const filter = jsonOf(name('_filter'), node['_filter']);
  const bounds = { normal: limits.relatedPerRecord, max: limits.pageSize };
  const limit = limitOf(name('_limit'), node['_limit'], bounds);
  return {
    path: at.path,
    filter: filter === undefined || filter === null ? undefined : shapeOf(filter, reading.budget),
    sort: namesOf(name('_sort'), node['_sort'], limits.sortFields),
    limit: node['_limit'] === undefined ? undefined : limit,
    offset: offsetOf({ page: [name('_page'), node['_page']], offset: [name('_offset'), node['_offset']] }, limit),
    search: searchOf(name('_search'), node['_search']),
    ...levelOf(node, { alias: node['_alias'], path: at.path, depth: at.depth + 1 }, reading),
  };
}

/** Names that stand in a reply. */
const aliasForm = /^[A-Za-z_]\w{0,62}$/;

function aliasOf(name: string, value: unknown): Record<string, string> {
  const given = Object.entries(objectOf(name, value) ?? {});
  if (given.length > limits.fieldPaths) refuse(name, `gives more than ${limits.fieldPaths} names`);
  for (const [key, field] of given) {
    if (!aliasForm.test(key)) refuse(name, 'gives names of letters, digits and underscores only');
    if (typeof field !== 'string' || /[.:()*]/.test(field)) refuse(name, 'names fields of its own level');
  }
  // Without a prototype, so that no word means what every object has.
  return Object.assign(Object.create(null) as Record<string, string>, Object.fromEntries(given));
}
