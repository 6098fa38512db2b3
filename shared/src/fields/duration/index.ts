/** A length of time in whole seconds. */
import type { Field } from '../../data-model.ts';
import { checkRange, integer, wholeBetween } from '../integer/index.ts';
import { numberOption, option, type FieldType } from '../field-type.ts';

const bounds = (field: Field): { minimum: number; maximum: number } => ({
  minimum: numberOption(field, 'min') ?? 0,
  maximum: numberOption(field, 'max') ?? Number.MAX_SAFE_INTEGER,
});

export const duration: FieldType = {
  ...integer,
  name: 'duration',
  label: 'Duration',
  description: 'A length of time, kept in seconds.',
  category: 'date',
  options: [
    option('min', 'integer', 'Shortest, in seconds', { help: 'A negative one allows what lies before.', default: 0 }),
    option('max', 'integer', 'Longest, in seconds'),
  ],
  schema: (field) => ({ type: 'integer', ...bounds(field) }),
  normalise: (value, field) => {
    const { minimum, maximum } = bounds(field);
    return wholeBetween(value, minimum, maximum);
  },
  checkOptions: (field) => checkRange({ ...field, options: { ...field.options, min: bounds(field).minimum } }),
};
