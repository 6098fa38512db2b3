/** A rollup as SQL: one value computed over the related records that fulfil its filter. */
import type { Field } from '@piper/shared/data-model';
import { rollupOf, type Rollup, type RollupFunction } from '@piper/shared/formula/related';
import { limits } from '@piper/shared/limits';
import { columnTypeOf } from '../fields/index.ts';
import type { Place } from '../place.ts';
import type { Writing } from './compile.ts';
import { cut } from './piece.ts';
import { ownOrder, relatedRows } from './related-sql.ts';

/** The expression, of the SQL type of the field's result. Throws `bad_filter` or `unknown_field` when its filter does not hold. */
export function rollupSql(field: Field, writing: Writing): string {
  const { w, place, compile } = writing;
  const rollup = rollupOf(field, place.model, place.rules.models);
  if (typeof rollup === 'string') return `null::${columnTypeOf(field).cast}`;
  const { there, from: table, where } = relatedRows(rollup, writing);
  const filter = rollup.filter ? ` and ${compile.condition(w, place.rules.parse(rollup.filter, rollup.target), there)}` : '';
  const from = `${table} where ${where}${filter}`;
  if (!rollup.field) return `(select count(*) from ${from})`;
  if (rollup.function === 'concat') return concatSql(rollup.field, { ...writing, place: there }, from);
  return `(select ${aggregates[rollup.function](valueOf(rollup, there, writing), rollup.field)} from ${from})`;
}

/** Numbers that would spoil every sum (NaN, infinity) count as missing. */
function valueOf(rollup: Rollup, there: Place, { w, compile }: Writing): string {
  const value = compile.value(w, rollup.field!, there);
  return columnTypeOf(rollup.field!).cast === 'numeric' ? `piper.formula_number(${value})` : value;
}

const isWhole = (field: Field): boolean => columnTypeOf(field).cast === 'bigint';

const aggregates: Record<Exclude<RollupFunction, 'concat'>, (value: string, field: Field) => string> = {
  count: (value) => `count(${value})`,
  countDistinct: (value, field) => `count(distinct ${columnTypeOf(field).identity?.(value) ?? value})`,
  sum: (value, field) => `piper.formula_${isWhole(field) ? 'integer' : 'number'}(coalesce(sum(${value}), 0))`,
  avg: (value) => `piper.formula_number(trim_scale(avg(${value})))`,
  min: (value, field) => `min(${columnTypeOf(field).order(value)})`,
  max: (value, field) => `max(${columnTypeOf(field).order(value)})`,
  and: (value) => `bool_and(${value})`,
  or: (value) => `bool_or(${value})`,
};

/** Characters of one text among those joined: a thousand whole ones could not be put together. */
const pieceLength = 10_000;

function concatSql(field: Field, { w, place, compile }: Writing, from: string): string {
  const text = `left(${compile.value(w, field, place)}, ${pieceLength})`;
  const first = `select ${text} as value from ${from} order by ${ownOrder({ w, place, compile })} limit ${limits.rollupTexts}`;
  return `(select ${cut(`string_agg(found.value, ', ')`)} from (${first}) found where found.value <> '')`;
}
