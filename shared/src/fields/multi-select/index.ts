/** Several of a list of choices, in an order, each at most once. Also holds what all types made of a list of texts share. */
import type { Field } from '../../data-model.ts';
import { listOperators } from '../../filter/operators.ts';
import { limits } from '../../limits.ts';
import { invalid, numberOption, option, type FieldType, type Problem } from '../field-type.ts';
import { checkChoices, choicesOf, choicesOption, oneOf } from '../select/index.ts';
import { storableText, textOperand } from '../text/index.ts';

/** A list of texts, each once. */
export function distinctTexts(value: unknown, most: number): string[] {
  if (!Array.isArray(value)) return invalid('must be a list');
  if (value.length > most) invalid(`must have at most ${most} entries`);
  const texts = value.map(storableText);
  const twice = texts.find((text, i) => texts.indexOf(text) !== i);
  return twice === undefined ? texts : invalid(`names "${twice}" twice`);
}

/** A whole list to compare with; it may come as text with commas, as from an address. */
export function listOperand(value: unknown, one: (item: unknown) => unknown): unknown[] {
  const list: unknown = typeof value === 'string' ? (value === '' ? [] : value.split(',')) : value;
  if (!Array.isArray(list)) return invalid('takes a list');
  if (list.length > limits.filterValues) invalid(`has more than ${limits.filterValues} values`);
  return list.map(one);
}

const has = (value: unknown, item: unknown): boolean => (value as unknown[]).includes(item);
const hasAny = (value: unknown, list: unknown): boolean => (list as unknown[]).some((item) => has(value, item));
const element = (item: unknown, field: Field): string => textOperand(item, field, '_eq');
const isSame = (value: unknown, list: unknown): boolean => {
  const [left, right] = [value as unknown[], list as unknown[]];
  return left.length === right.length && left.every((item, i) => item === right[i]);
};

/** What may be asked of a list of texts, exactly as SQL answers it. */
export const listTests: NonNullable<FieldType['tests']> = {
  _eq: isSame,
  _neq: (value, list) => !isSame(value, list),
  _contains: has,
  _ncontains: (value, item) => !has(value, item),
  _intersects: hasAny,
  // As with `_nin`, nothing is known to be outside of a list with a missing value.
  _nintersects: (value, list) => !has(list, null) && !hasAny(value, list),
};

/** In Piper's own models the choices may be elsewhere (the roles of a project); users' fields must list theirs. */
const isOpen = (field: Field): boolean => field.options?.['choices'] === undefined;

function checkCounts(field: Field): Problem[] {
  const [min, max] = [numberOption(field, 'minItems') ?? 0, numberOption(field, 'maxItems') ?? Infinity];
  const counts = min > max ? [{ path: 'options.maxItems', message: 'must not be less than the fewest' }] : [];
  return [...checkChoices(field), ...counts];
}

export const multiSelect: FieldType = {
  name: 'multi-select',
  label: 'Multi-select',
  description: 'Several of a list of choices, such as tags.',
  category: 'choice',
  options: [
    choicesOption,
    option('minItems', 'integer', 'Fewest chosen', { options: { min: 0, max: limits.choices } }),
    option('maxItems', 'integer', 'Most chosen', { options: { min: 1, max: limits.choices } }),
  ],
  operators: ['_eq', '_neq', ...listOperators],
  sortable: false,
  schema: (field) => ({
    type: 'array',
    items: isOpen(field) ? { type: 'string' } : { type: 'string', enum: choicesOf(field).map((choice) => choice.value) },
    uniqueItems: true,
  }),
  normalise: (value, field) => {
    const choices = choicesOf(field).map((choice) => choice.value);
    const given = distinctTexts(value, numberOption(field, 'maxItems') ?? limits.choices);
    const least = numberOption(field, 'minItems') ?? 0;
    if (given.length < least) invalid(`must have at least ${least} entries`);
    if (!isOpen(field)) for (const text of given) if (!choices.includes(text)) invalid(`holds "${text}"; each ${oneOf(choices)}`);
    return given;
  },
  operand: (value, field) => listOperand(value, (item) => element(item, field)),
  element,
  tests: listTests,
  checkOptions: checkCounts,
};
