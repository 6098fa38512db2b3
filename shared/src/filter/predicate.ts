/**
 * Compiles a condition to a JavaScript predicate over one record as on the wire. It agrees exactly with the SQL form, or
 * says that it can't: then SQL must be asked by id (paths over relations, case folding, exact decimals).
 */
import { fieldTypeOf } from '../fields/index.ts';
import type { Comparison, Condition, Operand } from './ast.ts';
import { isFlag, patternParts, operatorInfo, type FlagOperator, type Operator, type PatternOperator } from './operators.ts';
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
  if (isFlag(operator)) {
    const test = flagTests[operator];
    return (record) => test(record[key] ?? null);
  }
  const { compare } = fieldTypeOf(field);
  if (!compare) because.push(`${field.type} compares exactly only in SQL`);
  if (operatorInfo(operator).foldsCase) because.push(`${operator} folds case`);
  if (!compare || operatorInfo(operator).foldsCase) return () => false;
  const test = isPattern(operator) ? patternTest(operator) : valueTests[operator as keyof typeof valueTests](compare);
  const read = operandReader(operand);
  return (record, variables) => {
    const value = record[key] ?? null;
    const right = read(variables);
    return value !== null && right !== null && test(value, right);
  };
}

const isPattern = (operator: Operator): operator is PatternOperator => operator.endsWith('contains') || operator.endsWith('with');

const flagTests: Record<FlagOperator, (value: unknown) => boolean> = {
  _null: (value) => value === null,
  _nnull: (value) => value !== null,
  _empty: (value) => value === null || value === '',
  _nempty: (value) => value !== null && value !== '',
};

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

function operandReader(operand: Operand): (variables: Variables) => unknown {
  switch (operand.kind) {
    case 'literal':
      return () => operand.value;
    case 'variable':
      return (variables) => resolveVariable(operand.variable, variables);
    case 'items':
      return (variables) =>
        operand.items.map((item) => ('variable' in item ? resolveVariable(item.variable, variables) : item.value)).flat();
    case 'slot':
      throw new Error('a predicate needs its values: fill the slots first');
  }
}
