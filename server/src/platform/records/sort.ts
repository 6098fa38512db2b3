/** Sorting and keyset cursors: the order always ends in the id, so that every record has one place in it. */
import { hasValue, type DataModel, type Field } from '@piper/shared/data-model';
import { fail } from '@piper/shared/errors';
import { fieldTypeOf } from '@piper/shared/fields/index';
import { findPath, isCall, isToMany, sourceOf, splitPath, targetOf } from '@piper/shared/filter/path';
import { isAlways } from '@piper/shared/filter/ast';
import { mayRead } from './actor-rules.ts';
import { columnSql, idFieldOf, idSql, relatedSql, type Place } from './condition-sql.ts';
import { unknownField } from './field-tree.ts';
import { columnTypeOf } from './fields/index.ts';
import type { SqlWriter } from './sql-writer.ts';

export interface SortKey {
  field: Field;
  /** The value, before its collation. */
  sql: string;
  descending: boolean;
  nullable: boolean;
}

/** The keys of `['-createdAt', 'project.name']`, with the id added. Throws for what can't be sorted by. */
export function sortKeys(w: SqlWriter, sort: readonly string[], place: Place): SortKey[] {
  const keys = sort.map((entry) => sortKey(w, entry, place));
  const id = idSql(place.model, place.alias);
  if (keys.some(({ sql }) => sql === id)) return keys;
  const last = keys.at(-1);
  return [
    ...keys,
    {
      field: idFieldOf(place.model),
      sql: id,
      descending: last?.descending ?? false,
      nullable: false,
    },
  ];
}

/** The model's own order as far as the actor may read what it goes by: what nobody asked for is no reason to refuse. */
export const defaultSortOf = ({ model, rules, eyes }: Pick<Place, 'model' | 'rules' | 'eyes'>): readonly string[] =>
  eyes === 'actor'
    ? model.defaultSort.filter((entry) => isReadable(splitPath(entry.replace(/^[-+]/, '')), model, rules))
    : model.defaultSort;

function isReadable([word = '', ...rest]: readonly string[], model: DataModel, rules: Place['rules']): boolean {
  const found = findPath(model, word);
  if (!found || !mayRead(rules, model, found.field)) return false;
  const target = rest.length === 0 ? undefined : targetOf(found, rules.models);
  return rest.length === 0 || (target !== undefined && isReadable(rest, target, rules));
}

function sortKey(w: SqlWriter, entry: string, place: Place): SortKey {
  const path = splitPath(entry.replace(/^[-+]/, ''));
  if (path.length > 4) fail('validation_failed', 'Not valid: "sort" crosses more than 3 relations.');
  const { field, sql, nullable } = pathSql(w, path, place);
  if (!fieldTypeOf(field).sortable) fail('validation_failed', `Not valid: "sort" can't go by ${path.join('.').slice(0, 80)}.`);
  return { field, sql, descending: entry.startsWith('-'), nullable };
}

/** The value at a path over relations to one record, as the place's eyes see it. */
export function pathSql(w: SqlWriter, path: readonly string[], place: Place): { field: Field; sql: string; nullable: boolean } {
  const [word = '', ...rest] = path;
  const found = findPath(place.model, word);
  if (!found || (place.eyes === 'actor' && !mayRead(place.rules, place.model, found.field))) unknownField(path.join('.'));
  const { field } = found;
  if (!hasValue(field))
    fail('validation_failed', `Not valid: ${field.key} is a list, of which "count(${field.key})" is the only value.`);
  if (rest.length === 0) {
    if (field.key !== word && !isCall(field)) unknownField(path.join('.'));
    return { field, sql: columnSql(w, field, place), nullable: !isNeverNull(field, place) };
  }
  const target = found.crosses && !isToMany(field) ? targetOf(found, place.rules.models) : undefined;
  if (!target) unknownField(path.join('.'));
  const { there, from, where } = relatedSql(w, { field, target }, place);
  const inner = pathSql(w, rest, there);
  return { field: inner.field, sql: `(select ${inner.sql} from ${from} where ${where})`, nullable: true };
}

function isNeverNull(field: Field, place: Place): boolean {
  if (field.key !== 'id' && field.required !== true) return false;
  return place.eyes === 'rule' || isAlways(place.rules.fieldRule(place.model, sourceOf(field)));
}

export const orderSql = (keys: readonly SortKey[]): string =>
  keys.map((key) => `${columnTypeOf(key.field).order(key.sql)}${key.descending ? ' desc' : ''}`).join(', ');

/** Columns that carry a row's place in the order, in full precision. */
export const cursorColumns = (keys: readonly SortKey[]): string[] => keys.map((key, i) => `${key.sql}::text as "$k${i}"`);

/**
 * Rows after the place whose values are the inputs `k0`, `k1` …; `nulls` says which of them are null. Of the rows to come those
 * that have a first value, or have none, as the place has or has not: within them an index leads straight on. `restSql` says
 * what follows them.
 */
export function afterSql(w: SqlWriter, keys: readonly SortKey[], nulls: readonly boolean[]): string {
  const first = keys[0]!;
  if (nulls[0]) return `(${first.sql} is null and ${beyondSql(w, keys, { nulls, from: 1 })})`;
  if (keys.slice(1).every((key) => !key.nullable && key.descending === first.descending)) return rowAfterSql(w, keys, 0);
  const bound = `${orderedSql(first)} ${first.descending ? '<=' : '>='} ${keyValue(w, keys, 0)}`;
  return `(${bound} and ${beyondSql(w, keys, { nulls, from: 0 })})`;
}

/** What comes after all that `afterSql` finds: rows without a first value, or with one; undefined when nothing does. */
export function restSql([first]: readonly SortKey[], nulls: readonly boolean[]): string | undefined {
  // PostgreSQL's default: nulls last when ascending, first when descending.
  if (!first!.nullable || nulls[0] !== first!.descending) return undefined;
  return `${first!.sql} is ${nulls[0] ? 'not null' : 'null'}`;
}

const orderedSql = (key: SortKey): string => columnTypeOf(key.field).order(key.sql);
const keyValue = (w: SqlWriter, keys: readonly SortKey[], i: number): string =>
  w.input(`k${i}`, columnTypeOf(keys[i]!.field).cast);

/** All keys from `from` on as one row, which an index of them is searched by. Nulls compare to nothing. */
function rowAfterSql(w: SqlWriter, keys: readonly SortKey[], from: number): string {
  const places = keys.map((_, i) => i).slice(from);
  const row = places.map((i) => orderedSql(keys[i]!)).join(', ');
  return `(${row}) ${keys[from]!.descending ? '<' : '>'} (${places.map((i) => keyValue(w, keys, i)).join(', ')})`;
}

/** The keys from `from` on, one after the other: equal up to one that is beyond. */
function beyondSql(w: SqlWriter, keys: readonly SortKey[], { nulls, from }: { nulls: readonly boolean[]; from: number }): string {
  if (keys.slice(from).every((key) => !key.nullable && key.descending === keys[from]!.descending))
    return rowAfterSql(w, keys, from);
  const equal = (i: number): string => (nulls[i] ? `${keys[i]!.sql} is null` : `${keys[i]!.sql} = ${keyValue(w, keys, i)}`);
  const beyond = (i: number): string => {
    const key = keys[i]!;
    if (nulls[i]) return key.descending ? `${key.sql} is not null` : 'false';
    const past = `${orderedSql(key)} ${key.descending ? '<' : '>'} ${keyValue(w, keys, i)}`;
    return i > 0 && key.nullable && !key.descending ? `(${past} or ${key.sql} is null)` : past;
  };
  const ways = keys.map((_, i) => i).slice(from);
  return `(${ways.map((i) => `(${[...ways.filter((j) => j < i).map(equal), beyond(i)].join(' and ')})`).join(' or ')})`;
}

/** What a cursor was made for: the model and its order. A cursor of another list is refused. */
export const orderSignature = (model: DataModel, keys: readonly SortKey[]): string =>
  `${model.id}:${keys.map((key) => `${key.descending ? '-' : ''}${key.field.id}`).join(',')}`;
