/** A value computed from other fields of the record. */
import { limits } from '../../limits.ts';
import { computedType } from '../computed-type.ts';
import { option } from '../field-type.ts';

export const formula = computedType('formula', 'Formula', 'A value computed from other fields, such as price times quantity.', [
  option('formula', 'long-text', 'Formula', {
    required: true,
    help: 'Fields stand in braces: {price} * {quantity}.',
    options: { minLength: 1, maxLength: limits.formulaCharacters },
  }),
]);
