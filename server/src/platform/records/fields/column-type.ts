/** What a field type is in the database: the server's half of shared/fields/<type>. */
import type { Field } from '@piper/shared/data-model';
import { isPattern, patternParts, type Operator } from '@piper/shared/filter/operators';
import { postgresPattern } from './postgres-pattern.ts';

export interface ColumnType {
  name: string;
  /** The SQL type bound values are cast to. */
  cast: string;
  /** The column's type in DDL. */
  sqlType(field: Field): string;
  /** The column's default, for types whose values the database makes. */
  defaultSql?(sequence: string): string;
  /** How an index over the column works; absent: btree. */
  indexMethod?: 'gin' | 'gist';
  /** The operator as SQL over a column and its bound operand. Never true where the column is null, except `_null` and `_empty`. */
  compare(operator: Operator, column: string, operand: OperandSql): string;
  /** The column as it sorts. */
  order(column: string): string;
  /** The column in a form whose values `=` tells apart; absent: itself. */
  identity?(column: string): string;
  /** False: groups can't go by it. */
  isGroupable?: false;
  /** What may be computed over many values, besides counting. */
  aggregates: readonly ('sum' | 'avg' | 'min' | 'max')[];
  /** The driver's value of a sum or an average in the form on the wire; absent when they are the same. */
  readSum?(value: unknown): unknown;
  /** The column as it stands in an event's JSON, equal to the form on the wire. */
  toJson(column: string): string;
  /** The column as text, for search and for becoming another type. */
  toText(column: string): string;
  /** A text as a value of this type; null where it is none. Never raises, whatever the text. */
  fromText(text: string, field: Field): string;
  /** The value where the field's options allow it, null elsewhere; absent: no option says anything of values. */
  within?(value: string, field: Field): string;
  /** The driver's value in the form on the wire; absent when they are the same. */
  read?(value: unknown): unknown;
  /** A normal value as the driver takes it; absent when they are the same. */
  write?(value: unknown): unknown;
}

/** Writes the bound operand; each call with the same arguments binds it once. */
export interface OperandSql {
  /** As the column's type, or as another. */
  one(cast?: string): string;
  /** An array of the column's type, or of another. */
  list(cast?: string): string;
  pair(): [string, string];
  /** The text as a LIKE pattern, with its wildcards escaped. */
  pattern(place: 'anywhere' | 'start' | 'end'): string;
  /** Made into something else on its way: `name` tells what. Null stays null. */
  as(name: string, cast: string, convert: (value: unknown) => unknown): string;
}

/** Comparisons by `=`, `<` … over a column whose order is that of `ordered(column)`. */
export function compareOrdered(
  operator: Operator,
  column: string,
  operand: OperandSql,
  ordered: (column: string) => string = (c) => c,
): string {
  const sign = orderSigns[operator];
  if (sign) return `${ordered(column)} ${sign} ${operand.one()}`;
  switch (operator) {
    case '_eq':
      return `${column} = ${operand.one()}`;
    case '_neq':
      return `${column} <> ${operand.one()}`;
    case '_in':
      return `${column} = any(${operand.list()})`;
    case '_nin':
      // An empty list excludes nothing, but a missing value is still never a match.
      return `(${column} is not null and ${column} <> all(${operand.list()}))`;
    case '_between':
    case '_nbetween': {
      const [from, to] = operand.pair();
      if (operator === '_between') return `${ordered(column)} between ${from} and ${to}`;
      return notBetween(from, to, `${ordered(column)} between ${from} and ${to}`);
    }
    case '_null':
      return `${column} is null`;
    case '_nnull':
      return `${column} is not null`;
    default:
      throw new Error(`${operator} does not suit an ordered column`);
  }
}

/** A missing bound (a variable that has no value here) matches nothing, not everything beyond the other bound. */
export const notBetween = (from: string, to: string, between: string): string =>
  `(${from} is not null and ${to} is not null and not (${between}))`;

const orderSigns: Partial<Record<Operator, string>> = { _lt: '<', _lte: '<=', _gt: '>', _gte: '>=' };

/**
 * Texts besides: emptiness and patterns. LIKE under COLLATE "C" compares bytes. ILIKE and regular expressions know only
 * ASCII's letters there, so they look at the column under the database's own collation.
 */
export function compareTexts(operator: Operator, column: string, operand: OperandSql): string {
  if (operator === '_empty') return `(${column} is null or ${column} = '')`;
  if (operator === '_nempty') return `${column} <> ''`;
  if (operator === '_regex' || operator === '_nregex') {
    const pattern = operand.as('pattern', 'text', (source) => postgresPattern(source as string));
    return `${folding(column)} ${operator === '_regex' ? '~' : '!~'} ${pattern}`;
  }
  if (!isPattern(operator)) return compareOrdered(operator, column, operand, collated);
  const { negated, foldsCase, place } = patternParts(operator);
  const subject = foldsCase ? folding(column) : collated(column);
  return `${subject} ${negated ? 'not ' : ''}${foldsCase ? 'ilike' : 'like'} ${operand.pattern(place)}`;
}

export const collated = (column: string): string => `${column} collate "C"`;
/** Where upper and lower case of every script are known. */
export const folding = (column: string): string => `${column} collate "default"`;
export const asIs = (column: string): string => column;
/** The column as PostgreSQL prints it. */
export const printed = (column: string): string => `${column}::text`;
