/** Reads the query dialect (Directus'): from a query string in JSON or bracket form, or from code. */
import { fail } from '@piper/shared/errors';
import { limits } from '@piper/shared/limits';

export type RawQuery = Readonly<Record<string, unknown>>;

export const aggregateFunctions = ['count', 'countDistinct', 'sum', 'avg', 'min', 'max'] as const;
export type AggregateFunction = (typeof aggregateFunctions)[number];

export interface RecordQuery {
  filter: unknown;
  /** Undefined: `*`. */
  fields: string[] | undefined;
  sort: string[] | undefined;
  limit: number;
  offset: number;
  cursor: string | undefined;
  search: string | undefined;
  aggregate: [AggregateFunction, string][] | undefined;
  groupBy: string[];
  meta: ReadonlySet<'total_count' | 'filter_count'>;
}

const known = new Set([
  'filter',
  'fields',
  'sort',
  'limit',
  'offset',
  'page',
  'cursor',
  'search',
  'aggregate',
  'groupBy',
  'meta',
]);

/** Parses and bounds a query. Throws `validation_failed`, naming the parameter. */
export function parseQuery(raw: RawQuery): RecordQuery {
  const query = unbracket(raw);
  for (const key of Object.keys(query)) if (!known.has(key)) refuse(key.slice(0, 80), 'is no parameter of this list');
  const limit = limitOf(query['limit']);
  return {
    filter: jsonOf('filter', query['filter']),
    fields: namesOf('fields', query['fields'], limits.fieldPaths),
    sort: namesOf('sort', query['sort'], limits.sortFields),
    limit,
    offset: offsetOf(query['page'], query['offset'], limit),
    cursor: textOf('cursor', query['cursor']),
    search: searchOf(query['search']),
    aggregate: aggregateOf(jsonOf('aggregate', query['aggregate'])),
    groupBy: namesOf('groupBy', query['groupBy'], limits.sortFields) ?? [],
    meta: metaOf(namesOf('meta', query['meta'], 10) ?? []),
  };
}

function refuse(name: string, problem: string): never {
  fail('validation_failed', `Not valid: "${name}" ${problem}.`, [{ path: name, message: problem }]);
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
    if (words.length > limits.filterDepth * 2) refuse(key.slice(0, 80), 'is nested too deeply');
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
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return node;
  const entries = Object.entries(node).map(([key, value]) => [key, listsIn(value)] as const);
  const isList = entries.length > 0 && entries.every(([key]) => key === '' || /^\d{1,4}$/.test(key));
  return isList ? entries.flatMap(([, value]) => value) : Object.fromEntries(entries);
}

function jsonOf(name: string, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (value === '') return undefined;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return refuse(name, 'is not valid JSON');
  }
}

function textOf(name: string, value: unknown): string | undefined {
  if (value === undefined || value === '') return undefined;
  return typeof value === 'string' ? value : refuse(name, 'must be a text');
}

function namesOf(name: string, value: unknown, max: number): string[] | undefined {
  if (value === undefined || value === '') return undefined;
  const listed = typeof value === 'string' && value.startsWith('[') ? jsonOf(name, value) : value;
  const parts = (Array.isArray(listed) ? listed : [listed]) as unknown[];
  if (!parts.every((part) => typeof part === 'string')) refuse(name, 'must be a list of names');
  const names = parts
    .flatMap((part) => part.split(','))
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (names.length > max) refuse(name, `has more than ${max} names`);
  return names;
}

function wholeOf(name: string, value: unknown): number | undefined {
  if (value === undefined || value === '') return undefined;
  const number = typeof value === 'string' && /^-?\d{1,12}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : refuse(name, 'must be a whole number');
}

function limitOf(value: unknown): number {
  const limit = wholeOf('limit', value) ?? limits.defaultPageSize;
  if (limit < -1) refuse('limit', 'must be -1 (as many as allowed) or more');
  return limit === -1 ? limits.pageSize : Math.min(limit, limits.pageSize);
}

function offsetOf(page: unknown, offset: unknown, limit: number): number {
  const skipped = wholeOf('offset', offset) ?? 0;
  const number = wholeOf('page', page);
  if (skipped < 0) refuse('offset', 'must not be negative');
  if (number !== undefined && number < 1) refuse('page', 'counts from 1');
  return number === undefined ? skipped : (number - 1) * limit;
}

function searchOf(value: unknown): string | undefined {
  const text = textOf('search', value)?.trim();
  if (text === undefined || text === '') return undefined;
  if (text.length > limits.searchText) refuse('search', `must have at most ${limits.searchText} characters`);
  if (text.includes('\0') || !text.isWellFormed()) refuse('search', 'holds characters that cannot be searched for');
  return text;
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

function aggregateOf(value: unknown): [AggregateFunction, string][] | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'object' || Array.isArray(value)) refuse('aggregate', 'must be an object such as {"count":"*"}');
  const wanted = Object.entries(value).flatMap(([name, fields]) => {
    if (!aggregateFunctions.includes(name as AggregateFunction)) refuse('aggregate', `knows no "${name.slice(0, 80)}"`);
    return (namesOf('aggregate', fields, limits.fieldPaths) ?? []).map((field): [AggregateFunction, string] => [
      name as AggregateFunction,
      field,
    ]);
  });
  if (wanted.length > limits.fieldPaths) refuse('aggregate', `asks for more than ${limits.fieldPaths} values`);
  return wanted.length === 0 ? refuse('aggregate', 'names no field') : wanted;
}
