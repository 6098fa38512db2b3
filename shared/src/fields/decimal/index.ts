/** An exact decimal number, as text on the wire: a double would round it. Also holds what currency and percent share. */
import type { Field } from '../../data-model.ts';
import { equalityOperators, orderOperators } from '../../filter/operators.ts';
import { invalid, numberOption, option, type FieldType, type Problem } from '../field-type.ts';

const form = /^-?(?:\d{1,100})(?:\.\d{1,100})?$/;

function exact(value: unknown): string {
  const given = typeof value === 'number' ? plainNumber(value) : value;
  if (typeof given !== 'string' || !form.test(given))
    return invalid('must be a decimal number such as 12.5, of at most 100 digits on either side');
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

/** A bound of the field, given as exact text or as a number. */
function bound(field: Field, name: 'min' | 'max'): string | undefined {
  const value = field.options?.[name];
  if (typeof value === 'number') return plainNumber(value);
  return typeof value === 'string' && form.test(value) ? value : undefined;
}

/** Checks bounds and decimals; zeros at the end don't count as decimals. */
function normalise(value: unknown, field: Field): string {
  const given = exact(value);
  const [min, max] = [bound(field, 'min'), bound(field, 'max')];
  if (min !== undefined && compareDecimals(given, min) < 0) invalid(`must be at least ${min}`);
  if (max !== undefined && compareDecimals(given, max) > 0) invalid(`must be at most ${max}`);
  const scale = numberOption(field, 'scale');
  if (scale !== undefined && fraction(given).replace(/0+$/, '').length > scale) {
    invalid(scale === 0 ? 'must have no decimals' : `must have at most ${scale} decimals`);
  }
  return given;
}

function checkBounds(field: Field): Problem[] {
  const [min, max] = [bound(field, 'min'), bound(field, 'max')];
  if (min === undefined || max === undefined || compareDecimals(min, max) <= 0) return [];
  return [{ path: 'options.max', message: 'must not be less than the smallest value' }];
}

/** Smallest and largest value and the number of decimals. */
export const decimalOptions: readonly Field[] = [
  option('min', 'decimal', 'Smallest value'),
  option('max', 'decimal', 'Largest value'),
  option('scale', 'integer', 'Most decimals', { options: { min: 0, max: 100 } }),
];

export const decimal: FieldType = {
  name: 'decimal',
  label: 'Decimal number',
  description: 'An exact number with decimals, however many.',
  category: 'number',
  options: decimalOptions,
  operators: [...equalityOperators, ...orderOperators],
  sortable: true,
  schema: () => ({ type: 'string', pattern: form.source }),
  normalise,
  operand: exact,
  checkOptions: checkBounds,
};
