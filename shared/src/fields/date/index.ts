/** A day of the calendar, `2026-01-31`, without time and zone. */
import type { Field } from '../../data-model.ts';
import { equalityOperators, orderOperators } from '../../filter/operators.ts';
import { dateTime, isDay } from '../date-time/index.ts';
import { invalid, option, textOption, type FieldType, type Problem } from '../field-type.ts';
import { compareText } from '../text/index.ts';

const form = /^\d{4}-\d{2}-\d{2}$/;

function day(value: unknown): string {
  if (typeof value !== 'string' || !form.test(value)) return invalid('must be a date such as 2026-01-31');
  if (!isDay(value)) return invalid('must be a date that exists');
  return value < '0001' ? invalid('must lie in the years 1 to 9999') : value;
}

/** A moment counts as its day in UTC: variables such as $NOW are moments. */
const dayOrMoment = (value: unknown, field: Field): string =>
  typeof value === 'string' && value.length > 10 ? String(dateTime.operand(value, field, '_eq')).slice(0, 10) : day(value);

function checkDays(field: Field): Problem[] {
  const [min, max] = [textOption(field, 'min'), textOption(field, 'max')];
  if (min === undefined || max === undefined || min <= max) return [];
  return [{ path: 'options.max', message: 'must not be before the earliest' }];
}

export const date: FieldType = {
  name: 'date',
  label: 'Date',
  description: 'A day, such as a birthday or a deadline.',
  category: 'date',
  options: [option('min', 'date', 'Earliest'), option('max', 'date', 'Latest')],
  operators: [...equalityOperators, ...orderOperators],
  sortable: true,
  schema: () => ({ type: 'string', format: 'date' }),
  normalise: (value, field) => {
    const given = day(value);
    const [min, max] = [textOption(field, 'min'), textOption(field, 'max')];
    if (min !== undefined && given < min) invalid(`must not be before ${min}`);
    if (max !== undefined && given > max) invalid(`must not be after ${max}`);
    return given;
  },
  operand: dayOrMoment,
  compare: compareText,
  checkOptions: checkDays,
};
