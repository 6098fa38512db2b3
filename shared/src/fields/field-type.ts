/** What a field type is, in its pure half; the server adds the column (platform/records/fields), the web the input and the cell. */
import type { Field } from '../data-model.ts';
import type { Filter } from '../filter/filter.ts';
import type { Operator } from '../filter/operators.ts';

export type JsonSchema = Record<string, unknown>;

/** How pickers group field types. */
export type Category = 'text' | 'number' | 'date' | 'choice' | 'relation' | 'computed' | 'other';

export interface FieldType {
  name: string;
  label: string;
  /** One sentence for whoever chooses a type. */
  description: string;
  category: Category;
  /** The type's options, themselves fields: a settings form and its validation need no code. */
  options: readonly Field[];
  /** What a filter may ask of it. */
  operators: readonly Operator[];
  sortable: boolean;
  /** JSON Schema of one value as on the wire; absence and null are the field's matter. */
  schema(field: Field): JsonSchema;
  /** A value to be stored, in its normal form. Throws InvalidValue with what is wrong. */
  normalise(value: unknown, field: Field): unknown;
  /** A value to compare with, in its normal form; looser than `normalise`, since it may come from an address. Throws InvalidValue. */
  operand(value: unknown, field: Field, operator: Operator): unknown;
  /** Of a type whose values are lists: one element to compare with, in its normal form; `operand` then takes a whole list. */
  element?(value: unknown, field: Field): unknown;
  /** The order of two values in their normal form, equal to SQL's. Absent: only SQL compares exactly. */
  compare?(a: unknown, b: unknown): number;
  /** Operators that this type answers in its own way, over a value and an operand that are there, exactly as SQL does. */
  tests?: Partial<Record<Operator, (value: unknown, operand: unknown) => boolean>>;
  /** Which records of the target it may point to, for types that take only some. */
  targets?: Filter;
  /** What the options contradict in one another. Each option by itself has been checked. */
  checkOptions?(field: Field): Problem[];
}

/** What is wrong, and where: `{ path: 'options.max', message: 'must not be less than the least' }`. */
export interface Problem {
  path: string;
  message: string;
}

/** Says what is wrong with a value, as the end of a sentence: `must be a whole number`. */
export class InvalidValue extends Error {}

export const invalid = (problem: string): never => {
  throw new InvalidValue(problem);
};

/** An option of a field, when it is set and of the type asked for. */
export function numberOption(field: Field, name: string): number | undefined {
  const value = field.options?.[name];
  return typeof value === 'number' ? value : undefined;
}
export function textOption(field: Field, name: string): string | undefined {
  const value = field.options?.[name];
  return typeof value === 'string' ? value : undefined;
}
export const isOption = (field: Field, name: string): boolean => field.options?.[name] === true;

/** Declares an option; `more` holds its own options, help and default. */
export const option = (key: string, type: string, label: string, more: Partial<Field> = {}): Field => ({
  id: key,
  key,
  type,
  label,
  ...more,
});
