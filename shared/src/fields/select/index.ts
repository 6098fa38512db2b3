/** One of a list of choices. */
import type { Field } from '../../data-model.ts';
import { equalityOperators, orderOperators } from '../../filter/operators.ts';
import { limits } from '../../limits.ts';
import { invalid, option, type FieldType, type Problem } from '../field-type.ts';
import { compareText, storableText, textOperand } from '../text/index.ts';

export interface Choice {
  value: string;
  /** Absent: the value. */
  label?: string;
  colour?: string;
}

/** The choices of a select field. */
export const choicesOf = (field: Field): Choice[] =>
  Array.isArray(field.options?.['choices']) ? (field.options['choices'] as Choice[]) : [];

/** The field with the choices too that were removed, which records may still hold. */
export function withFormerChoices(field: Field): Field {
  const former = field.formerChoices?.map((value): Choice => ({ value }));
  return former ? { ...field, options: { ...field.options, choices: [...choicesOf(field), ...former] } } : field;
}

/** The option that lists the choices; `items` says what one of them is made of. */
export const choicesOption = option('choices', 'json', 'Choices', {
  required: true,
  options: {
    items: [
      option('value', 'text', 'Value', { required: true, options: { minLength: 1, maxLength: limits.title } }),
      option('label', 'text', 'Label', { options: { maxLength: limits.title } }),
      option('colour', 'colour', 'Colour'),
    ],
    maxItems: limits.choices,
  },
});

/** Two choices of the same value could not be told apart. */
export function checkChoices(field: Field): Problem[] {
  const values = choicesOf(field).map((choice) => choice.value);
  const twice = values.find((value, i) => values.indexOf(value) !== i);
  return twice === undefined ? [] : [{ path: 'options.choices', message: `names "${twice}" twice` }];
}

/** Names the choices, unless they are too many for a sentence. */
export const oneOf = (choices: readonly string[]): string =>
  choices.length > 20 ? 'must be one of the choices' : `must be one of ${choices.join(', ')}`;

export const select: FieldType = {
  name: 'select',
  label: 'Select',
  description: 'One of a list of choices.',
  category: 'choice',
  options: [choicesOption],
  operators: [...equalityOperators, ...orderOperators],
  sortable: true,
  schema: (field) => {
    const choices = choicesOf(field).map((choice) => choice.value);
    // What is computed of a select field names no choices of its own.
    return { type: 'string', ...(choices.length > 0 ? { enum: choices } : {}) };
  },
  normalise: (value, field) => {
    const choices = choicesOf(field).map((choice) => choice.value);
    const given = storableText(value);
    if (!choices.includes(given)) invalid(oneOf(choices));
    return given;
  },
  // Not held to the choices: a filter may name one that was removed.
  operand: textOperand,
  compare: compareText,
  checkOptions: checkChoices,
};
