/** Checks an operand against its field and brings it into the form both compilers compare. */
import { limits } from '../limits.ts';
import { fieldTypeOf } from '../fields/index.ts';
import { InvalidValue } from '../fields/field-type.ts';
import type { Comparison } from './ast.ts';
import { operatorInfo } from './operators.ts';
import { refuse } from './shape.ts';

/** The operand in its normal form. Throws `bad_filter`, naming the path. */
export function bindOperand(comparison: Pick<Comparison, 'field' | 'operator' | 'path'>, raw: unknown): unknown {
  const { operator, path } = comparison;
  switch (operatorInfo(operator).operand) {
    case 'flag':
      return true;
    case 'one':
      return bindOne(comparison, raw, path);
    case 'pair':
    case 'list':
      return listOf(raw, comparison).map((item, i) => bindOne(comparison, item, `${path}[${i}]`));
  }
}

/** A list may also come as text with commas, as Directus' clients send it. */
function listOf(raw: unknown, { operator, path }: Pick<Comparison, 'operator' | 'path'>): unknown[] {
  const list = typeof raw === 'string' ? raw.split(',') : raw;
  if (!Array.isArray(list)) refuse(path, 'takes a list');
  if (operatorInfo(operator).operand === 'pair' && list.length !== 2) refuse(path, 'takes a list of two values');
  if (list.length > limits.filterValues) refuse(path, `has more than ${limits.filterValues} values`);
  return list;
}

function bindOne({ field, operator }: Pick<Comparison, 'field' | 'operator'>, raw: unknown, path: string): unknown {
  try {
    return fieldTypeOf(field).operand(raw, field, operator);
  } catch (error) {
    if (error instanceof InvalidValue) refuse(path, error.message);
    throw error;
  }
}
