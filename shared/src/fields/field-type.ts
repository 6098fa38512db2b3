/** What a field type is, in its pure half; the server adds the column (platform/records/fields), the web the input and the cell. */
import type { Field } from '../data-model.ts';
import type { Operator } from '../filter/operators.ts';

export type JsonSchema = Record<string, unknown>;

export interface FieldType {
  name: string;
  label: string;
  /** What a filter may ask of it. */
  operators: readonly Operator[];
  sortable: boolean;
  /** JSON Schema of one value as on the wire; absence and null are the field's matter. */
  schema(field: Field): JsonSchema;
  /** A value to be stored, in its normal form. Throws InvalidValue with what is wrong. */
  normalise(value: unknown, field: Field): unknown;
  /** A value to compare with, in its normal form; looser than `normalise`, since it may come from an address. Throws InvalidValue. */
  operand(value: unknown, field: Field): unknown;
  /** The order of two values in their normal form, equal to SQL's. Absent: only SQL compares exactly. */
  compare?(a: unknown, b: unknown): number;
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
