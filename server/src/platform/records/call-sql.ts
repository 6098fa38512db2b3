/** Functions over a field: parts of a moment (in UTC), and how many records a relation leads to. */
import { fieldTypeOf } from '@piper/shared/fields/index';
import { isCall, targetOf, type CallField, type TimePart } from '@piper/shared/filter/path';
import type { Compile } from './computed/compile.ts';
import type { Place } from './place.ts';
import { hopSql, relationShown } from './relation-sql.ts';
import type { SqlWriter } from './sql-writer.ts';

export function callSql(w: SqlWriter, field: CallField, place: Place, compile: Compile): string {
  const { name, of } = field.call;
  if (name === 'same') return compile.value(w, of, place);
  if (name === 'count') return countSql(w, field, place, compile);
  const value = compile.value(w, of, place);
  return partSql(name, !isCall(of) && fieldTypeOf(of).name === 'date-time' ? `(${value} at time zone 'UTC')` : value);
}

/** `extract` names the days of a week from Sunday = 0; weeks are ISO's. */
function partSql(part: TimePart, value: string): string {
  const name = part === 'weekday' ? 'dow' : part;
  return `trunc(extract(${name} from ${value}))::bigint`;
}

function countSql(w: SqlWriter, { call: { of } }: CallField, place: Place, compile: Compile): string {
  const target = targetOf({ field: of }, place.rules.models);
  if (!target) throw new Error(`${of.key} leads to something that is not there`);
  const { from, where } = hopSql(w, { field: of, target, distinct: true }, place, compile);
  const count = `(select count(*) from ${from} where ${where})`;
  const shown = relationShown(w, of, { place, compile });
  return shown === 'true' ? count : `(case when ${shown} then ${count} end)`;
}
