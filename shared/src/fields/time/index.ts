/** A time of day, `14:30:00` or `14:30:00.250`, without day and zone. */
import { equalityOperators, orderOperators } from '../../filter/operators.ts';
import { invalid, type FieldType } from '../field-type.ts';
import { compareText } from '../text/index.ts';

const form = /^((?:[01]\d|2[0-3]):[0-5]\d)(?::([0-5]\d)(?:\.(\d{1,9}))?)?$/;

/** Seconds are added, milliseconds only where there are some: so that equal times are equal texts, and sort as such. */
function time(value: unknown): string {
  const [, minutes, seconds = '00', fraction = ''] = (typeof value === 'string' && form.exec(value)) || [];
  if (minutes === undefined) return invalid('must be a time of day such as 14:30 or 14:30:15');
  const milliseconds = fraction.slice(0, 3).padEnd(3, '0');
  return `${minutes}:${seconds}${milliseconds === '000' ? '' : `.${milliseconds}`}`;
}

export const timeOfDay: FieldType = {
  name: 'time',
  label: 'Time',
  description: 'A time of day, such as opening hours.',
  category: 'date',
  options: [],
  operators: [...equalityOperators, ...orderOperators],
  sortable: true,
  schema: () => ({ type: 'string', pattern: '^\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,9})?)?$' }),
  normalise: time,
  operand: time,
  compare: compareText,
};
