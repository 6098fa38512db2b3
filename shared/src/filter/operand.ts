/** Checks an operand against its field and brings it into the form both compilers compare. */
import { limits } from '../limits.ts';
import { fieldTypeOf } from '../fields/index.ts';
import { InvalidValue } from '../fields/field-type.ts';
import type { Comparison } from './ast.ts';
import { operatorInfo, type OperandKind } from './operators.ts';
import { refuse } from './shape.ts';
import { unescaped } from './variables.ts';

type Compared = Pick<Comparison, 'field' | 'operator'>;

/** What the operator takes of this field: where values are lists, `_intersects` takes several elements. */
export function operandKind({ field, operator }: Compared): OperandKind {
  const isList = fieldTypeOf(field).element !== undefined;
  return isList && /^_n?intersects$/.test(operator) ? 'list' : operatorInfo(operator).operand;
}

/** Whether values of the field are lists, and the operator takes one whole. */
export const takesWholeList = ({ field, operator }: Compared): boolean =>
  fieldTypeOf(field).element !== undefined && (operator === '_eq' || operator === '_neq');

/** One value, or one of several, in its normal form. Throws InvalidValue. */
export function normalOperand({ field, operator }: Compared, value: unknown): unknown {
  const { element, operand } = fieldTypeOf(field);
  return element && !takesWholeList({ field, operator }) ? element(value, field) : operand(value, field, operator);
}

/** The operand in its normal form. Throws `bad_filter`, naming the path. */
export function bindOperand(comparison: Omit<Comparison, 'kind' | 'operand'>, raw: unknown): unknown {
  const kind = operandKind(comparison);
  if (kind === 'flag') return true;
  if (kind === 'one') return bindOne(comparison, raw);
  return listOf(raw, comparison, kind).map((item, i) => bindOne(comparison, item, `${comparison.path}[${i}]`));
}

/** A list may also come as text with commas, as Directus' clients send it. */
function listOf(raw: unknown, { path }: Pick<Comparison, 'path'>, kind: 'pair' | 'list'): unknown[] {
  const list = typeof raw === 'string' ? raw.split(',') : raw;
  if (!Array.isArray(list)) refuse(path, 'takes a list');
  if (kind === 'pair' && list.length !== 2) refuse(path, 'takes a list of two values');
  if (list.length > limits.filterValues) refuse(path, `has more than ${limits.filterValues} values`);
  return list;
}

/** One value, or one of several, in its normal form. Throws `bad_filter`, naming the path. */
export function bindOne(comparison: Omit<Comparison, 'kind' | 'operand'>, raw: unknown, path = comparison.path): unknown {
  try {
    return normalOperand(comparison, unescaped(raw));
  } catch (error) {
    if (error instanceof InvalidValue) refuse(path, error.message);
    throw error;
  }
}
