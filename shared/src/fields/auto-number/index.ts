/** A number that the database counts up with each record; gaps are possible, repetition is not. */
import { integer } from '../integer/index.ts';
import { option, type FieldType } from '../field-type.ts';

export const autoNumber: FieldType = {
  ...integer,
  name: 'auto-number',
  label: 'Auto-number',
  description: 'Counts up by itself with each record, such as an invoice number.',
  options: [
    option('prefix', 'text', 'Shown before the number', { help: 'Such as INV-.', options: { maxLength: 20 } }),
    option('digits', 'integer', 'Digits shown at least', {
      help: 'Zeros fill up: 7 with four digits is 0007.',
      options: { min: 1, max: 15 },
    }),
  ],
  schema: () => ({ type: 'integer' }),
  checkOptions: () => [],
};
