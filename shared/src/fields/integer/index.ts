/** A whole number as far as JavaScript counts exactly (±2^53). */
import type { Field } from '../../data-model.ts';
import { equalityOperators, orderOperators } from '../../filter/operators.ts';
import { invalid, numberOption, option, type FieldType, type Problem } from '../field-type.ts';

const range = (field: Field) => ({
  minimum: numberOption(field, 'min') ?? Number.MIN_SAFE_INTEGER,
  maximum: numberOption(field, 'max') ?? Number.MAX_SAFE_INTEGER,
});

/** A whole number between two bounds; said as they bind. */
export function wholeBetween(value: unknown, minimum: number, maximum: number): number {
  const given = whole(value);
  if (given < minimum) invalid(`must be at least ${minimum}`);
  if (given > maximum) invalid(`must be at most ${maximum}`);
  return given;
}

function whole(value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value)) return invalid('must be a whole number');
  return value === 0 ? 0 : value;
}

/** From an address it comes as text. */
export const wholeOperand = (value: unknown): number =>
  wholeBetween(
    typeof value === 'string' && /^-?\d{1,100}$/.test(value) ? Number(value) : value,
    Number.MIN_SAFE_INTEGER,
    Number.MAX_SAFE_INTEGER,
  );

/** The least is not more than the most. */
export function checkRange(field: Field): Problem[] {
  const { minimum, maximum } = range(field);
  return minimum > maximum ? [{ path: 'options.max', message: 'must not be less than the smallest value' }] : [];
}

export const integer: FieldType = {
  name: 'integer',
  label: 'Whole number',
  description: 'A number without decimals, such as a quantity.',
  category: 'number',
  options: [option('min', 'integer', 'Smallest value'), option('max', 'integer', 'Largest value')],
  operators: [...equalityOperators, ...orderOperators],
  sortable: true,
  schema: (field) => ({ type: 'integer', ...range(field) }),
  normalise: (value, field) => {
    const { minimum, maximum } = range(field);
    return wholeBetween(value, minimum, maximum);
  },
  operand: wholeOperand,
  compare: (a, b) => (a as number) - (b as number),
  checkOptions: checkRange,
};
