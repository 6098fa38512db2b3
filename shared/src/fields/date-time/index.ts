/** A moment, to the millisecond, as ISO 8601 in UTC on the wire. */
import { equalityOperators, orderOperators } from '../../filter/operators.ts';
import { invalid, type FieldType } from '../field-type.ts';
import { compareText } from '../text/index.ts';

const form = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;

/** Without a time zone it is UTC; a bare date is its first moment. Dates that don't exist (31 February) are refused. */
function moment(value: unknown): string {
  if (typeof value !== 'string' || !form.test(value)) return invalid('must be a date and time such as 2026-01-31T12:00:00Z');
  const hasZone = value.length > 10 && /(?:Z|[+-]\d{2}:?\d{2})$/.test(value);
  const time = Date.parse(value.length === 10 ? value : `${value.replace(' ', 'T')}${hasZone ? '' : 'Z'}`);
  if (Number.isNaN(time) || !isDay(value)) return invalid('must be a date and time that exists');
  const iso = new Date(time).toISOString();
  return iso.length === 24 && iso >= '0001' ? iso : invalid('must lie in the years 1 to 9999');
}

/** Whether the day that a text begins with exists. */
export function isDay(value: string): boolean {
  const [year, month, day] = [Number(value.slice(0, 4)), Number(value.slice(5, 7)), Number(value.slice(8, 10))];
  const date = new Date(Date.UTC(2000, month - 1, day));
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

export const dateTime: FieldType = {
  name: 'date-time',
  label: 'Date and time',
  description: 'A moment, shown in the time zone of whoever looks.',
  category: 'date',
  options: [],
  operators: [...equalityOperators, ...orderOperators],
  sortable: true,
  schema: () => ({ type: 'string', format: 'date-time' }),
  normalise: moment,
  operand: moment,
  compare: compareText,
};
