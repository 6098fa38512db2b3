/** One line of text. Also holds what all types made of text share. */
import type { Field } from '../../data-model.ts';
import {
  emptyOperators,
  equalityOperators,
  isPattern,
  orderOperators,
  patternOperators,
  regexOperators,
  type Operator,
} from '../../filter/operators.ts';
import { limits } from '../../limits.ts';
import {
  invalid,
  InvalidValue,
  numberOption,
  option,
  textOption,
  type FieldType,
  type JsonSchema,
  type Problem,
} from '../field-type.ts';
import { compilePattern } from '../pattern.ts';

export const textOperators: readonly Operator[] = [
  ...equalityOperators,
  ...orderOperators,
  ...emptyOperators,
  ...patternOperators,
  ...regexOperators,
];

/** How long a text may be. */
export const lengthOptions = (max: number): Field[] => [
  option('minLength', 'integer', 'Fewest characters', { options: { min: 0, max } }),
  option('maxLength', 'integer', 'Most characters', { options: { min: 1, max } }),
];

/** A text that PostgreSQL can hold: no NUL, no half of a surrogate pair. */
export function storableText(value: unknown): string {
  if (typeof value !== 'string') return invalid('must be a text');
  if (value.includes('\0') || !value.isWellFormed()) return invalid('holds characters that cannot be stored');
  return value;
}

/** An operand may come as number or boolean from JSON written by hand. */
export function textOperand(value: unknown, _field: Field, operator: Operator): string {
  const isRegex = operator === '_regex' || operator === '_nregex';
  if (isRegex || isPattern(operator)) {
    if (typeof value !== 'string' && typeof value !== 'number') return invalid('takes a text');
    if (isRegex) compilePattern(String(value));
  }
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : storableText(value);
}

/** The order of code points, which is that of PostgreSQL's COLLATE "C" over UTF-8; JavaScript's `<` orders UTF-16 units. */
export function compareText(a: unknown, b: unknown): number {
  const left = a as string;
  const right = b as string;
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const x = left.charCodeAt(i);
    const y = right.charCodeAt(i);
    if (x !== y) return weight(x) - weight(y);
  }
  return left.length - right.length;
}

/** Surrogates stand for code points above all others. */
const weight = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit);

export function textSchema(field: Field): JsonSchema {
  const minLength = numberOption(field, 'minLength');
  const maxLength = numberOption(field, 'maxLength');
  const pattern = textOption(field, 'pattern');
  return {
    type: 'string',
    ...(minLength === undefined ? {} : { minLength }),
    ...(maxLength === undefined ? {} : { maxLength }),
    ...(pattern === undefined ? {} : { pattern }),
  };
}

/** Pairs of surrogates count once. */
const codePoints = (text: string): number => text.length - (text.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0);

/** Checks length and pattern; lengths count code points, as JSON Schema does. `most` bounds what the field's options leave open. */
export function normaliseText(value: unknown, field: Field, most: number = limits.textLength): string {
  const text = storableText(value);
  const pattern = textOption(field, 'pattern');
  const minLength = numberOption(field, 'minLength') ?? 0;
  const maxLength = Math.min(numberOption(field, 'maxLength') ?? most, pattern === undefined ? Infinity : limits.patternText);
  const length = codePoints(text);
  if (length < minLength) invalid(minLength === 1 ? 'must not be empty' : `must have at least ${minLength} characters`);
  if (length > maxLength) invalid(`must have at most ${maxLength} characters`);
  if (pattern !== undefined && !compilePattern(pattern)(text)) {
    invalid(textOption(field, 'patternHelp') ?? `does not have the form asked for, which is ${pattern}`);
  }
  return text;
}

/** Lengths in order, and a pattern that can be used. */
export function checkTextOptions(field: Field): Problem[] {
  const problems: Problem[] = [];
  const maxLength = numberOption(field, 'maxLength') ?? Infinity;
  if ((numberOption(field, 'minLength') ?? 0) > maxLength) {
    problems.push({ path: 'options.maxLength', message: 'must not be less than the fewest characters' });
  }
  try {
    compilePattern(textOption(field, 'pattern') ?? '');
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error;
    problems.push({ path: 'options.pattern', message: error.message });
  }
  return problems;
}

export const text: FieldType = {
  name: 'text',
  label: 'Text',
  description: 'One line of text, such as a name or a title.',
  category: 'text',
  options: [
    ...lengthOptions(limits.textLength),
    option('pattern', 'text', 'Pattern', {
      help: 'A regular expression that values must fulfil, such as ^[A-Z]{2}[0-9]+$. No back references, no lookarounds.',
      options: { minLength: 1, maxLength: limits.pattern },
    }),
    option('patternHelp', 'text', 'What to say when the pattern is not fulfilled', {
      help: 'The end of a sentence: must be two letters and a number.',
      options: { maxLength: limits.title },
    }),
  ],
  operators: textOperators,
  sortable: true,
  schema: textSchema,
  normalise: (value, field) => normaliseText(value, field),
  operand: textOperand,
  compare: compareText,
  checkOptions: checkTextOptions,
};
