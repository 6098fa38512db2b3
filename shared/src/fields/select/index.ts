/** One of a list of choices. */
import type { Field } from '../data-model.ts';
import { equalityOperators, orderOperators } from '../filter/operators.ts';
import { invalid, type FieldType } from './field-type.ts';
import { compareText, storableText, textOperand } from './text.ts';

export interface Choice {
  value: string;
  label: string;
}

/** The choices of a select field. */
export const choicesOf = (field: Field): Choice[] =>
  Array.isArray(field.options?.['choices']) ? (field.options['choices'] as Choice[]) : [];

export const select: FieldType = {
  name: 'select',
  label: 'Select',
  operators: [...equalityOperators, ...orderOperators],
  sortable: true,
  schema: (field) => ({ type: 'string', enum: choicesOf(field).map((choice) => choice.value) }),
  normalise: (value, field) => {
    const choices = choicesOf(field).map((choice) => choice.value);
    const given = storableText(value);
    if (!choices.includes(given)) invalid(`must be one of ${choices.join(', ')}`);
    return given;
  },
  // Not held to the choices: a filter may name one that was removed.
  operand: textOperand,
  compare: compareText,
};
