/** An amount of money, exact; its currency is the field's. */
import type { Field } from '../../data-model.ts';
import { decimal, decimalOptions } from '../decimal/index.ts';
import { numberOption, option, type FieldType } from '../field-type.ts';

/** Decimals of an amount, unless the field says otherwise. */
const defaultScale = 2;

const withScale = (field: Field): Field => ({
  ...field,
  options: { ...field.options, scale: numberOption(field, 'scale') ?? defaultScale },
});

export const currency: FieldType = {
  ...decimal,
  name: 'currency',
  label: 'Currency',
  description: 'An exact amount of money.',
  options: [
    option('currency', 'text', 'Currency', {
      help: 'Its code of three letters, such as EUR.',
      default: 'EUR',
      options: { pattern: '^[A-Z]{3}$', patternHelp: 'must be a code of three capital letters, such as EUR', maxLength: 3 },
    }),
    ...decimalOptions.map((given) => (given.key === 'scale' ? { ...given, default: defaultScale } : given)),
  ],
  normalise: (value, field) => decimal.normalise(value, withScale(field)),
};
