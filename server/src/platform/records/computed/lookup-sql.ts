/** A lookup as SQL: the value of a related record, or a list of those of several. */
import type { Field } from '@piper/shared/data-model';
import { lookupOf } from '@piper/shared/formula/related';
import { limits } from '@piper/shared/limits';
import { columnTypeOf } from '../fields/index.ts';
import type { Writing } from './compile.ts';
import { ownOrder, relatedRows } from './related-sql.ts';

/** The expression, of the SQL type of the field's result. */
export function lookupSql(field: Field, writing: Writing): string {
  const { w, place, compile } = writing;
  const lookup = lookupOf(field, place.model, place.rules.models);
  const type = columnTypeOf(field);
  if (typeof lookup === 'string') return `null::${type.cast}`;
  const { there, from: table, where } = relatedRows(lookup, writing);
  const value = compile.value(w, lookup.field, there);
  const shown = `to_jsonb(${columnTypeOf(lookup.field).toJson(value)})`;
  const isList = field.result === 'json';
  if (lookup.isOne) return `(select ${isList ? shown : value} from ${table} where ${where})`;
  const order = ownOrder({ w, place: there, compile });
  const first = `select ${shown} as value from ${table} where ${where} order by ${order} limit ${limits.relatedPerRecord}`;
  return `(select coalesce(jsonb_agg(found.value) filter (where found.value is not null), '[]'::jsonb) from (${first}) found)`;
}
