/** Any JSON value, bounded in depth and size. */
import { limits } from '../../limits.ts';
import { nullOperators } from '../../filter/operators.ts';
import { invalid, numberOption, option, type FieldType } from '../field-type.ts';

function check(value: unknown, depth: number): void {
  if (depth > limits.jsonDepth) invalid(`must not be nested more than ${limits.jsonDepth} levels deep`);
  if (typeof value === 'string' && (value.includes('\0') || !value.isWellFormed()))
    invalid('holds characters that cannot be stored');
  if (typeof value === 'number' && !Number.isFinite(value)) invalid('holds a number that is not finite');
  if (Array.isArray(value)) for (const item of value) check(item, depth + 1);
  else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      check(key, depth);
      check(item, depth + 1);
    }
  }
}

export const json: FieldType = {
  name: 'json',
  label: 'JSON',
  description: 'Any structured value, for machines rather than people.',
  category: 'other',
  options: [option('maxLength', 'integer', 'Most characters', { options: { min: 2, max: limits.jsonLength } })],
  operators: nullOperators,
  sortable: false,
  schema: () => ({}),
  normalise: (value, field) => {
    check(value, 0);
    const max = numberOption(field, 'maxLength') ?? limits.jsonLength;
    if (JSON.stringify(value).length > max) invalid(`must have at most ${max} characters as JSON`);
    return value;
  },
  operand: (value) => value,
};
