/** Compiles a condition to SQL. What an actor asks sees masked columns and only related records the actor may read; rules see all. */
import type { DataModel, Field } from '@piper/shared/data-model';
import { isAlways, type Comparison, type Condition } from '@piper/shared/filter/ast';
import { isCall } from '@piper/shared/filter/path';
import { callSql } from './call-sql.ts';
import type { Compile } from './computed/compile.ts';
import { computedSql } from './computed/index.ts';
import { columnTypeOf } from './fields/index.ts';
import { operandSql } from './operand-sql.ts';
import { idFieldOf, idSql, whereSql, type Place } from './place.ts';
import { hopSql, relationShown, type Hop } from './relation-sql.ts';
import { quote, quoteTable, type SqlWriter } from './sql-writer.ts';

export { idFieldOf, idSql, whereSql, type Place };

export function conditionSql(w: SqlWriter, condition: Condition, place: Place): string {
  switch (condition.kind) {
    case 'and':
      return condition.of.length === 0 ? 'true' : `(${condition.of.map((part) => conditionSql(w, part, place)).join(' and ')})`;
    case 'or':
      return condition.of.length === 0 ? 'false' : `(${condition.of.map((part) => conditionSql(w, part, place)).join(' or ')})`;
    case 'compare':
      return comparisonSql(w, condition, place);
    default:
      return relationSql(w, condition, place);
  }
}

/** The value of a field, from its column or computed; for an actor null where its rule does not show it. */
export function columnSql(w: SqlWriter, field: Field, place: Place): string {
  if (isCall(field)) return callSql(w, field, place, compile);
  const column = field.column ? `${place.alias}.${quote(field.column)}` : computedSql(w, field, place, compile);
  if (place.eyes === 'rule') return column;
  const shown = place.rules.fieldRule(place.model, field);
  return isAlways(shown) ? column : `(case when ${conditionSql(w, shown, { ...place, eyes: 'rule' })} then ${column} end)`;
}

/** What bounds the records of `place.model` that may be seen through it: its scope, and for an actor its rules. */
export function visibleSql(w: SqlWriter, place: Place): string {
  const condition = place.eyes === 'actor' ? place.rules.rowRule(place.model) : place.rules.scopeRule(place.model);
  return conditionSql(w, condition, { ...place, eyes: 'rule' });
}

const compile: Compile = { value: columnSql, condition: conditionSql, visible: visibleSql };

function relationSql(w: SqlWriter, condition: Extract<Condition, { target: DataModel }>, place: Place): string {
  const { there, from, where } = relatedSql(w, condition, place);
  const inner = conditionSql(w, condition.of, there);
  const exists = `exists (select 1 from ${from} where ${whereSql([where, condition.kind === 'every' ? `(${inner}) is not true` : inner])})`;
  const held = condition.kind === 'none' || condition.kind === 'every' ? `not ${exists}` : exists;
  const shown = relationShown(w, condition.field, { place, compile });
  return shown === 'true' ? held : `(${shown} and ${held})`;
}

/** The rows a relation leads to from the place, as its eyes see them. */
export const relatedSql = (w: SqlWriter, crossing: { field: Field; target: DataModel; distinct?: boolean }, place: Place): Hop =>
  hopSql(w, crossing, place, compile);

/** Whether the place's eyes see on a row where the relation leads. */
export const relationShownSql = (w: SqlWriter, field: Field, place: Place): string => relationShown(w, field, { place, compile });

function comparisonSql(w: SqlWriter, { field, operator, operand }: Comparison, place: Place): string {
  const type = columnTypeOf(field);
  const userValue = (of: Field): string => userFieldSql(w, of, place);
  return type.compare(operator, columnSql(w, field, place), operandSql(w, operand, type.cast, userValue));
}

/** A field of the user who asks, as the place's eyes see it; null for Piper itself. */
export function userFieldSql(w: SqlWriter, field: Field, place: Place): string {
  const users = place.rules.models.find('users')!;
  const there: Place = { ...place, model: users, alias: w.alias() };
  const id = w.bind('user', columnTypeOf(idFieldOf(users)).cast, ({ variables }) => variables.userId);
  const where = whereSql([`${idSql(users, there.alias)} = ${id}`, visibleSql(w, there)]);
  return `(select ${columnSql(w, field, there)} from ${quoteTable(users.table)} ${there.alias} where ${where})`;
}
