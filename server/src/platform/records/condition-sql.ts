/** Compiles a condition to SQL. What an actor asks sees masked columns and only related records the actor may read; rules see all. */
import type { DataModel, Field } from '@piper/shared/data-model';
import type { Comparison, Condition, Operand } from '@piper/shared/filter/ast';
import { isAlways } from '@piper/shared/filter/ast';
import { resolveVariable, type Variables } from '@piper/shared/filter/variables';
import type { Compile } from './computed/compile.ts';
import { computedSql } from './computed/index.ts';
import { columnTypeOf } from './fields/index.ts';
import type { OperandSql } from './fields/column-type.ts';
import { idFieldOf, idSql, whereSql, type Place } from './place.ts';
import { quote, quoteTable, type Bind, type Scope, type SqlWriter } from './sql-writer.ts';

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
  const { target } = condition;
  const alias = w.alias();
  const there: Place = { ...place, model: target, alias };
  const joins =
    condition.kind === 'one'
      ? `${idSql(target, alias)} = ${columnSql(w, condition.field, place)}`
      : `${alias}.${quote(condition.by.column!)} = ${idSql(place.model, place.alias)}`;
  const inner = conditionSql(w, condition.of, there);
  const where = whereSql([joins, visibleSql(w, there), condition.kind === 'every' ? `(${inner}) is not true` : inner]);
  const exists = `exists (select 1 from ${quoteTable(target.table)} ${alias} where ${where})`;
  return condition.kind === 'none' || condition.kind === 'every' ? `not ${exists}` : exists;
}

function comparisonSql(w: SqlWriter, { field, operator, operand }: Comparison, place: Place): string {
  const type = columnTypeOf(field);
  return type.compare(operator, columnSql(w, field, place), operandSql(w, operand, type.cast));
}

function operandSql(w: SqlWriter, operand: Operand, cast: string): OperandSql {
  const { key, read } = binding(operand);
  return {
    one: (as = cast) => w.bind(key, as, read),
    as(name, as, convert) {
      const given = (scope: Scope): unknown => read(scope) ?? null;
      return w.bind(`${key}:${name}`, as, (scope) => (given(scope) === null ? null : convert(given(scope))));
    },
    list: () => w.bind(`${key}:list`, `${cast}[]`, read),
    pair: () => [
      w.bind(`${key}:0`, cast, (scope) => (read(scope) as unknown[])[0]),
      w.bind(`${key}:1`, cast, (scope) => (read(scope) as unknown[])[1]),
    ],
    pattern: (place) => w.bind(`${key}:${place}`, 'text', (scope) => likePattern(read(scope), place)),
  };
}

let literals = 0;

function binding(operand: Operand): { key: string; read: Bind } {
  switch (operand.kind) {
    case 'slot':
      return { key: `slot:${operand.index}`, read: (scope) => scope.slots[operand.index] };
    case 'literal':
      return { key: literalKey(operand.value), read: () => operand.value };
    case 'variable':
      return {
        key: `variable:${JSON.stringify(operand.variable)}`,
        read: (scope) => resolveVariable(operand.variable, scope.variables),
      };
    case 'items':
      return { key: `items:${literals++}`, read: (scope) => operand.items.flatMap((item) => valuesOf(item, scope.variables)) };
  }
}

function valuesOf(item: Extract<Operand, { kind: 'items' }>['items'][number], variables: Variables): unknown[] {
  if (!('variable' in item)) return [item.value];
  const value = resolveVariable(item.variable, variables);
  return Array.isArray(value) ? (value as unknown[]) : [value];
}

const literalKey = (value: unknown): string => `literal:${JSON.stringify(value)}`;

function likePattern(value: unknown, place: 'anywhere' | 'start' | 'end'): string | null {
  if (value === null || value === undefined) return null;
  const text = (value as string).replaceAll(/[\\%_]/g, (sign) => `\\${sign}`);
  return `${place === 'start' ? '' : '%'}${text}${place === 'end' ? '' : '%'}`;
}
