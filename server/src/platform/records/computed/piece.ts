/** Pieces of a formula's SQL. Numbers, whole ones too, are numeric; texts are COLLATE "C"; booleans, dates and moments as they are. */
import type { Typed } from '@piper/shared/formula/typed';
import type { Untyped, ValueType } from '@piper/shared/formula/value-types';
import { limits } from '@piper/shared/limits';
import type { Writing } from './compile.ts';

export interface Piece {
  sql: string;
  /** Of a number: the most digits after the point that are to be expected. */
  scale: number;
}

/** An operator or function, and its arguments as SQL. */
export type Call = Extract<Typed, { kind: 'call' }>;
export interface Given {
  args: readonly Piece[];
  call: Call;
  writing: Writing;
}
export type WriteCall = (given: Given) => Piece;

export const numeric = (sql: string, scale: number): Piece => ({ sql, scale });
export const plain = (sql: string): Piece => ({ sql, scale: 0 });

/** Explicitly, all along: texts of tables with different collations meet in one formula. */
export const collated = (sql: string): string => `(${sql} collate "C")`;
export const textual = (sql: string): Piece => plain(collated(sql));

/** Bounds what a formula can make texts grow to. */
export const cut = (sql: string): string => `left(${sql}, ${limits.computedText})`;

const sqlTypes: Record<ValueType | Untyped, string> = {
  integer: 'numeric',
  number: 'numeric',
  text: 'text',
  boolean: 'boolean',
  date: 'date',
  'date-time': 'timestamptz',
  null: 'text',
};
/** No value, of this type. */
export const missing = (type: ValueType | Untyped): string =>
  type === 'text' ? collated('null::text') : `null::${sqlTypes[type]}`;

/** The first moment of a date. */
export const momentOf = (date: string): string => `((${date})::timestamp at time zone 'UTC')`;
/** A moment's date and time of day in UTC. */
export const inUtc = (moment: string): string => `(${moment} at time zone 'UTC')`;

/** A value as text, in the form on the wire. */
export function shownSql(type: ValueType | Untyped, sql: string): string {
  switch (type) {
    case 'date':
      return `to_char(${sql}, 'YYYY-MM-DD')`;
    case 'date-time':
      return `to_char(${inUtc(sql)}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
    case 'text':
    case 'null':
      return sql;
    default:
      return `(${sql})::text`;
  }
}
