/** The parsed form of a filter: what the SQL compiler and the predicate compiler walk. */
import type { DataModel, Field } from '../data-model.ts';
import type { Operator } from './operators.ts';
import type { Variable } from './variables.ts';

export type Condition =
  | { kind: 'and' | 'or'; of: Condition[] }
  | Comparison
  /** Over a relation to one record (of several models: to this one): there is a target, and it fulfils `of`. */
  | { kind: 'one'; field: Field; target: DataModel; of: Condition }
  /** Over a relation to many records. */
  | { kind: 'some' | 'none' | 'every'; field: Field; target: DataModel; of: Condition };

export interface Comparison {
  kind: 'compare';
  field: Field;
  operator: Operator;
  operand: Operand;
  path: string;
}

/**
 * What a field is compared with: a literal in its normal form, a variable (or a list with variables), or a slot whose
 * value comes with each execution. Flags (`_null`) hold `true` here; their negation is folded into the operator.
 */
export type Operand =
  | { kind: 'literal'; value: unknown }
  | { kind: 'variable'; variable: Variable }
  /** A field of the user who asks: only SQL reads it. */
  | { kind: 'user'; field: Field }
  | { kind: 'items'; items: OperandItem[] }
  | { kind: 'slot'; index: number };

export type OperandItem = { value: unknown } | { variable: Variable } | { user: Field };

export const always: Condition = { kind: 'and', of: [] };
export const never: Condition = { kind: 'or', of: [] };
export const isAlways = (condition: Condition): boolean => condition.kind === 'and' && condition.of.length === 0;
export const isNever = (condition: Condition): boolean => condition.kind === 'or' && condition.of.length === 0;

/** All must hold. Conditions that always hold are left out. */
export function allOf(conditions: readonly Condition[]): Condition {
  if (conditions.some(isNever)) return never;
  const of = conditions.filter((condition) => !isAlways(condition));
  return of.length === 1 ? of[0]! : { kind: 'and', of };
}

/** One must hold. Conditions that never hold are left out. */
export function anyOf(conditions: readonly Condition[]): Condition {
  if (conditions.some(isAlways)) return always;
  const of = conditions.filter((condition) => !isNever(condition));
  return of.length === 1 ? of[0]! : { kind: 'or', of };
}
