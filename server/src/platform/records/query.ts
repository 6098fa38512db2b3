/** Reads the query dialect (Directus'): from a query string in JSON or bracket form, or from code. */
import { shapeOf, shapeBudget, type FilterShape } from '@piper/shared/filter/shape';
import { limits } from '@piper/shared/limits';
import { parseDeep, type RelatedLevel } from './deep.ts';
import { jsonOf, limitOf, namesOf, objectOf, offsetOf, refuse, searchOf, textOf } from './query-values.ts';

export type RawQuery = Readonly<Record<string, unknown>>;

export const aggregateFunctions = [
  'count',
  'countAll',
  'countDistinct',
  'sum',
  'sumDistinct',
  'avg',
  'avgDistinct',
  'min',
  'max',
] as const;
export type AggregateFunction = (typeof aggregateFunctions)[number];

/** What a single record, too, is asked for. */
export interface ReadQuery {
  /** Undefined: `*`. */
  fields: string[] | undefined;
  /** `deep` and `alias`; undefined when neither is given. */
  deep: RelatedLevel | undefined;
}

export interface RecordQuery extends ReadQuery {
  filter: FilterShape;
  sort: string[] | undefined;
  limit: number;
  offset: number;
  cursor: string | undefined;
  search: string | undefined;
  aggregate: [AggregateFunction, string][] | undefined;
  groupBy: string[];
  meta: ReadonlySet<'total_count' | 'filter_count'>;
}

const ofRead = ['fields', 'deep', 'alias'];
const ofList = [...ofRead, 'filter', 'sort', 'limit', 'offset', 'page', 'cursor', 'search', 'aggregate', 'groupBy', 'meta'];

/** Parses and bounds the query of a list. Throws `validation_failed` or `bad_filter`, naming the parameter. */
export function parseQuery(raw: RawQuery): RecordQuery {
  const query = knownOf(raw, ofList, 'is no parameter of this list');
  const limit = limitOf('limit', query['limit'], { normal: limits.defaultPageSize, max: limits.pageSize });
  const budget = shapeBudget();
  return {
    filter: shapeOf(jsonOf('filter', query['filter']) ?? {}, budget),
    fields: namesOf('fields', query['fields'], limits.fieldPaths),
    deep: parseDeep({ deep: query['deep'], alias: query['alias'] }, budget),
    sort: namesOf('sort', query['sort'], limits.sortFields),
    limit,
    offset: offsetOf({ page: ['page', query['page']], offset: ['offset', query['offset']] }, limit),
    cursor: textOf('cursor', query['cursor']),
    search: searchOf('search', query['search']),
    aggregate: aggregateOf(objectOf('aggregate', query['aggregate'])),
    groupBy: namesOf('groupBy', query['groupBy'], limits.sortFields) ?? [],
    meta: metaOf(namesOf('meta', query['meta'], 10) ?? []),
  };
}

/** Parses and bounds the query of one record. */
export function parseReadQuery(raw: RawQuery): ReadQuery {
  const query = knownOf(raw, ofRead, 'is no parameter here');
  return {
    fields: namesOf('fields', query['fields'], limits.fieldPaths),
    deep: parseDeep({ deep: query['deep'], alias: query['alias'] }, shapeBudget()),
  };
}

function knownOf(raw: RawQuery, known: readonly string[], problem: string): Record<string, unknown> {
  const query = unbracket(raw);
  for (const key of Object.keys(query)) if (!known.includes(key)) refuse(key, problem);
  return query;
}

/** `filter[status][_eq]=open` becomes `{filter: {status: {_eq: 'open'}}}`; `a[]` and `a[0]` become lists. */
function unbracket(raw: RawQuery): Record<string, unknown> {
  const result = Object.create(null) as Record<string, unknown>;
  for (const [key, value] of Object.entries(raw)) {
    const at = key.indexOf('[');
    if (at <= 0) {
      result[key] = value;
      continue;
    }
    const words = key.slice(at + 1, key.endsWith(']') ? -1 : undefined).split('][');
    if (words.length > limits.filterDepth * 2) refuse(key, 'is nested too deeply');
    place(result, [key.slice(0, at), ...words], value);
  }
  for (const key of Object.keys(result)) result[key] = listsIn(result[key]);
  return result;
}

function place(into: Record<string, unknown>, words: string[], value: unknown): void {
  let node = into;
  for (const word of words.slice(0, -1)) {
    const next = node[word];
    if (typeof next === 'object' && next !== null && !Array.isArray(next)) node = next as Record<string, unknown>;
    else node = node[word] = Object.create(null) as Record<string, unknown>;
  }
  node[words.at(-1)!] = value;
}

function listsIn(node: unknown): unknown {
  if (typeof node !== 'object' || node === null || Array.isArray(node) || Object.getPrototypeOf(node) !== null) return node;
  const entries = Object.entries(node).map(([key, value]) => [key, listsIn(value)] as const);
  const isList = entries.length > 0 && entries.every(([key]) => key === '' || /^\d{1,4}$/.test(key));
  return isList ? entries.flatMap(([, value]) => value) : Object.fromEntries(entries);
}

function metaOf(names: string[]): Set<'total_count' | 'filter_count'> {
  const meta = new Set<'total_count' | 'filter_count'>();
  for (const name of names) {
    if (name === '*' || name === 'total_count') meta.add('total_count');
    if (name === '*' || name === 'filter_count') meta.add('filter_count');
    if (!['*', 'total_count', 'filter_count'].includes(name)) refuse('meta', `knows no "${name.slice(0, 80)}"`);
  }
  return meta;
}

function aggregateOf(given: Record<string, unknown> | undefined): [AggregateFunction, string][] | undefined {
  if (given === undefined) return undefined;
  const wanted = Object.entries(given).flatMap(([name, fields]) => {
    if (!aggregateFunctions.includes(name as AggregateFunction)) refuse('aggregate', `knows no "${name.slice(0, 80)}"`);
    return (namesOf('aggregate', fields, limits.fieldPaths) ?? []).map((field): [AggregateFunction, string] => [
      name as AggregateFunction,
      field,
    ]);
  });
  if (wanted.length > limits.fieldPaths) refuse('aggregate', `asks for more than ${limits.fieldPaths} values`);
  return wanted.length === 0 ? refuse('aggregate', 'names no field') : wanted;
}
