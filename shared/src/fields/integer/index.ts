/** A whole number as far as JavaScript counts exactly (±2^53). */
import { equalityOperators, orderOperators } from '../filter/operators.ts';
import { invalid, numberOption, type FieldType } from './field-type.ts';

const range = (field: Parameters<FieldType['schema']>[0]) => ({
  minimum: numberOption(field, 'min') ?? Number.MIN_SAFE_INTEGER,
  maximum: numberOption(field, 'max') ?? Number.MAX_SAFE_INTEGER,
});

function whole(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) return invalid('must be a whole number');
  return value === 0 ? 0 : value;
}

export const integer: FieldType = {
  name: 'integer',
  label: 'Whole number',
  operators: [...equalityOperators, ...orderOperators],
  sortable: true,
  schema: (field) => ({ type: 'integer', ...range(field) }),
  normalise: (value, field) => {
    const given = whole(value);
    const { minimum, maximum } = range(field);
    if (given < minimum) invalid(`must be at least ${minimum}`);
    if (given > maximum) invalid(`must be at most ${maximum}`);
    return given;
  },
  operand: (value) => whole(typeof value === 'string' && /^-?\d{1,16}$/.test(value) ? Number(value) : value),
  compare: (a, b) => (a as number) - (b as number),
};
