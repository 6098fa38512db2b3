/**
 * Splits a filter into its shape and its values, so that two requests which differ only in values share one compiled
 * statement: `{"title":{"_eq":"a"}}` becomes `{"title":{"_eq":<slot 0>}}` and `["a"]`.
 */
import { fail } from '../errors.ts';
import { limits } from '../limits.ts';
import { operatorInfo, isOperator } from './operators.ts';
import { parseVariable } from './variables.ts';

/** Stands in a shape for a value that is bound at execution. */
export class Slot {
  readonly index: number;
  constructor(index: number) {
    this.index = index;
  }
}

export interface FilterShape {
  /** Equal for filters that differ only in values. */
  key: string;
  shape: unknown;
  values: unknown[];
}

/** What the filters of one request may hold together. */
export interface ShapeBudget {
  terms: number;
  parts: number;
}
export const shapeBudget = (): ShapeBudget => ({ terms: limits.filterTerms, parts: limits.filterParts });

/** Takes the values out of a filter. Throws `bad_filter` when it is too deep or has too many terms. */
export function shapeOf(filter: unknown, budget: ShapeBudget = shapeBudget()): FilterShape {
  const values: unknown[] = [];
  const abstract = (node: unknown, path: string, depth: number): unknown => {
    if (depth > limits.filterDepth * 2) refuse(path, `is nested more than ${limits.filterDepth} levels deep`);
    if (budget.parts-- <= 0) refuse(path, `is more than the ${limits.filterParts} parts a filter may have`);
    if (Array.isArray(node)) return node.map((item, i) => abstract(item, `${path}[${i}]`, depth + 1));
    if (typeof node !== 'object' || node === null) return node;
    // Without a prototype, so that a key named __proto__ is a key like any other.
    const result = Object.create(null) as Record<string, unknown>;
    for (const [key, value] of Object.entries(node)) {
      const here = path === '' ? key : `${path}.${key}`;
      if (isOperator(key)) {
        if (budget.terms-- <= 0) refuse(here, `is more than the ${limits.filterTerms} conditions a filter may have`);
        result[key] = operatorInfo(key).operand === 'flag' ? value : operandOf(value);
      } else {
        result[key] = abstract(value, here, depth + 1);
      }
    }
    return result;
  };
  const operandOf = (value: unknown): unknown => {
    if (value === null || (typeof value === 'string' && parseVariable(value) !== undefined)) return value;
    if (Array.isArray(value) && value.some((item) => typeof item === 'string' && parseVariable(item) !== undefined)) return value;
    values.push(value);
    return new Slot(values.length - 1);
  };
  const shape = abstract(filter, '', 0);
  return { key: JSON.stringify(shape, (_, value: unknown) => (value instanceof Slot ? '?' : value)) ?? '', shape, values };
}

/** Refuses a filter, naming the place. */
export function refuse(path: string, problem: string): never {
  fail('bad_filter', `The filter is not valid: ${path === '' ? 'it' : `"${path.slice(0, 200)}"`} ${problem}.`, [
    { path: path.slice(0, 200), message: problem },
  ]);
}
