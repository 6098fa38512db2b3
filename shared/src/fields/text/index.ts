/** One line of text. Also holds what all types made of text share. */
import type { Field } from '../data-model.ts';
import { emptyOperators, equalityOperators, orderOperators, patternOperators } from '../filter/operators.ts';
import { invalid, numberOption, textOption, type FieldType, type JsonSchema } from './field-type.ts';

export const textOperators = [...equalityOperators, ...orderOperators, ...emptyOperators, ...patternOperators];

/** A text that PostgreSQL can hold: no NUL, no half of a surrogate pair. */
export function storableText(value: unknown): string {
  if (typeof value !== 'string') return invalid('must be a text');
  if (value.includes('\0') || !value.isWellFormed()) return invalid('holds characters that cannot be stored');
  return value;
}

/** An operand may come as number or boolean from JSON written by hand. */
export function textOperand(value: unknown): string {
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

/** Checks length and pattern; lengths count code points, as JSON Schema does. */
export function normaliseText(value: unknown, field: Field): string {
  const text = storableText(value);
  const {
    minLength = 0,
    maxLength = Infinity,
    pattern,
  } = textSchema(field) as { minLength?: number; maxLength?: number; pattern?: string };
  const length = codePoints(text);
  if (length < minLength) invalid(minLength === 1 ? 'must not be empty' : `must have at least ${minLength} characters`);
  if (length > maxLength) invalid(`must have at most ${maxLength} characters`);
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(text)) invalid('does not have the form asked for');
  return text;
}

export const text: FieldType = {
  name: 'text',
  label: 'Text',
  operators: textOperators,
  sortable: true,
  schema: textSchema,
  normalise: normaliseText,
  operand: textOperand,
  compare: compareText,
};
