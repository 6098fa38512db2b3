/** An exact decimal number, as text on the wire: a double would round it. */
import { equalityOperators, orderOperators } from '../filter/operators.ts';
import { invalid, numberOption, type FieldType } from './field-type.ts';

const form = /^-?(?:\d{1,100})(?:\.\d{1,100})?$/;

function exact(value: unknown): string {
  const given = typeof value === 'number' ? plainNumber(value) : value;
  if (typeof given !== 'string' || !form.test(given))
    return invalid('must be a decimal number of at most 100 digits on either side');
  return given;
}

/** Numbers in exponent form (1e21, 1e-7) are written out only where that is exact; others must come as text. */
function plainNumber(value: number): string {
  if (!Number.isFinite(value)) return invalid('must be a finite number');
  return String(value).includes('e') ? invalid('must be written as text without an exponent') : String(value);
}

/** Compares two plain decimals exactly. */
export function compareDecimals(a: string, b: string): number {
  const digits = Math.max(fraction(a).length, fraction(b).length);
  const scaled = (value: string): bigint => {
    const magnitude = BigInt(value.replace(/^-/, '').split('.')[0]! + fraction(value).padEnd(digits, '0'));
    return value.startsWith('-') ? -magnitude : magnitude;
  };
  const [left, right] = [scaled(a), scaled(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}
const fraction = (value: string): string => value.split('.')[1] ?? '';

export const decimal: FieldType = {
  name: 'decimal',
  label: 'Decimal number',
  operators: [...equalityOperators, ...orderOperators],
  sortable: true,
  schema: () => ({ type: 'string', pattern: form.source }),
  normalise: (value, field) => {
    const given = exact(value);
    const min = numberOption(field, 'min');
    const max = numberOption(field, 'max');
    if (min !== undefined && compareDecimals(given, String(min)) < 0) invalid(`must be at least ${min}`);
    if (max !== undefined && compareDecimals(given, String(max)) > 0) invalid(`must be at most ${max}`);
    return given;
  },
  operand: exact,
};
