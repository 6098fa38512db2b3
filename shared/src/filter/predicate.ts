/**
 * Compiles a condition to a JavaScript predicate over one record as on the wire. It agrees exactly with the SQL form, or
 * says that it can't: then SQL must be asked by id (paths over relations, case folding, exact decimals).
 */
import type { Field } from '../data-model.ts';
import { fieldTypeOf } from '../fields/index.ts';
import type { Comparison, Condition, Operand, OperandItem } from './ast.ts';
import {
  isFlag,
  isPattern,
  patternParts,
  operatorInfo,
  type FlagOperator,
  type Operator,
  type PatternOperator,
} from './operators.ts';
import { normalOperand } from './operand.ts';
import { resolveVariable, type Variables } from './variables.ts';

export type Predicate = (record: Record<string, unknown>, variables: Variables) => boolean;

export type CompiledPredicate = { exact: true; test: Predicate } | { exact: false; because: string[] };

/** The predicate, or the reasons why only SQL can decide. A comparison with a missing value is false, whatever the operator, except `_null` and `_empty`. */
export function compilePredicate(condition: Condition): CompiledPredicate {
  const because: string[] = [];
  const test = compile(condition, because);
  return because.length > 0 ? { exact: false, because } : { exact: true, test };
}

function compile(condition: Condition, because: string[]): Predicate {
  switch (condition.kind) {
    case 'and': {
      const parts = condition.of.map((part) => compile(part, because));
      return (record, variables) => parts.every((part) => part(record, variables));
    }
    case 'or': {
      const parts = condition.of.map((part) => compile(part, because));
      return (record, variables) => parts.some((part) => part(record, variables));
    }
    case 'compare':
      return compileComparison(condition, because);
    default:
      because.push(`a path over the relation ${condition.field.key}`);
      return () => false;
  }
}

function compileComparison({ field, operator, operand }: Comparison, because: string[]): Predicate {
  const { key } = field;
  if (field.column === undefined) {
    because.push(`${key} is computed`);
    return () => false;
  }
  if (isFlag(operator)) {
    const test = flagTests[operator];
    return (record) => test(record[key] ?? null);
  }
  const test = testOf(field, operator, because);
  if (readsUser(operand)) because.push('a field of the user');
  if (!test || readsUser(operand)) return () => false;
  const read = operandReader(field, operator, operand);
  return (record, variables) => {
    const value = record[key] ?? null;
    const right = read(variables);
    return value !== null && right !== null && test(value, right);
  };
}

const readsUser = (operand: Operand): boolean =>
  operand.kind === 'user' || (operand.kind === 'items' && operand.items.some((item) => 'user' in item));

/** The operator over two values that are there; undefined, with the reason, where only SQL knows. */
function testOf(field: Field, operator: Operator, because: string[]): Test | undefined {
  const { compare, tests } = fieldTypeOf(field);
  const { onlySql } = operatorInfo(operator);
  const own = tests?.[operator];
  if (onlySql !== undefined) because.push(`${operator} ${onlySql}`);
  else if (own) return own;
  else if (!compare) because.push(`${field.type} compares exactly only in SQL`);
  else return isPattern(operator) ? patternTest(operator) : valueTests[operator as keyof typeof valueTests](compare);
  return undefined;
}

const flagTests: Record<FlagOperator, (value: unknown) => boolean> = {
  _null: (value) => value === null,
  _nnull: (value) => value !== null,
  _empty: (value) => isEmpty(value),
  _nempty: (value) => !isEmpty(value),
};

/** Nothing, a text without characters, a list without items. */
const isEmpty = (value: unknown): boolean => value === null || value === '' || (Array.isArray(value) && value.length === 0);

type Compare = (a: unknown, b: unknown) => number;
type Test = (value: unknown, operand: unknown) => boolean;

const isOneOf = (compare: Compare, value: unknown, list: unknown): boolean =>
  (list as unknown[]).some((item) => item !== null && compare(value, item) === 0);
const isBetween = (compare: Compare, value: unknown, pair: unknown): boolean => {
  const [from, to] = pair as [unknown, unknown];
  return compare(value, from) >= 0 && compare(value, to) <= 0;
};
const complete = (list: unknown): boolean => !(list as unknown[]).includes(null);

const valueTests = {
  _eq:
    (compare: Compare): Test =>
    (a, b) =>
      compare(a, b) === 0,
  _neq:
    (compare: Compare): Test =>
    (a, b) =>
      compare(a, b) !== 0,
  _lt:
    (compare: Compare): Test =>
    (a, b) =>
      compare(a, b) < 0,
  _lte:
    (compare: Compare): Test =>
    (a, b) =>
      compare(a, b) <= 0,
  _gt:
    (compare: Compare): Test =>
    (a, b) =>
      compare(a, b) > 0,
  _gte:
    (compare: Compare): Test =>
    (a, b) =>
      compare(a, b) >= 0,
  _in:
    (compare: Compare): Test =>
    (a, b) =>
      isOneOf(compare, a, b),
  _nin:
    (compare: Compare): Test =>
    (a, b) =>
      complete(b) && !isOneOf(compare, a, b),
  _between:
    (compare: Compare): Test =>
    (a, b) =>
      complete(b) && isBetween(compare, a, b),
  _nbetween:
    (compare: Compare): Test =>
    (a, b) =>
      complete(b) && !isBetween(compare, a, b),
};

function patternTest(operator: PatternOperator): Test {
  const { negated, place } = patternParts(operator);
  const method = ({ anywhere: 'includes', start: 'startsWith', end: 'endsWith' } as const)[place];
  return (value, operand) => (value as string)[method](operand as string) !== negated;
}

/** Variables hold values in one form for all types; here they take the form of the field's own. */
function operandReader(field: Field, operator: Operator, operand: Operand): (variables: Variables) => unknown {
  const normal = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(normal);
    return value === null ? null : normalOperand({ field, operator }, value);
  };
  const itemValue = (item: OperandItem, variables: Variables): unknown => {
    if ('user' in item) throw new Error(onlyInSql);
    return 'variable' in item ? normal(resolveVariable(item.variable, variables)) : item.value;
  };
  switch (operand.kind) {
    case 'literal':
      return () => operand.value;
    case 'variable':
      return (variables) => normal(resolveVariable(operand.variable, variables));
    case 'items':
      return (variables) => operand.items.map((item) => itemValue(item, variables)).flat();
    case 'user':
      throw new Error(onlyInSql);
    case 'slot':
      throw new Error('a predicate needs its values: fill the slots first');
  }
}

const onlyInSql = 'only SQL reads fields of the user';
