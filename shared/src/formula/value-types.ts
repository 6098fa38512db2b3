/** The types formulas compute with, and how field types map to them. */
import type { Field } from '../data-model.ts';

/** `number` is an exact decimal; `integer` one without a fraction. */
export type ValueType = 'integer' | 'number' | 'text' | 'boolean' | 'date' | 'date-time';

/** What `null` is until its surroundings say which type is meant. */
export type Untyped = 'null';

/** Field types whose values a formula can use. The others (lists, JSON, places) have no part in formulas; a test names them. */
export const valueTypes: ReadonlyMap<string, ValueType> = new Map<string, ValueType>([
  ['text', 'text'],
  ['long-text', 'text'],
  ['select', 'text'],
  ['email', 'text'],
  ['url', 'text'],
  ['phone', 'text'],
  ['colour', 'text'],
  ['time', 'text'],
  ['uuid', 'text'],
  ['relation', 'text'],
  ['user', 'text'],
  ['file', 'text'],
  ['image', 'text'],
  ['multi-select', 'text'],
  ['integer', 'integer'],
  ['rating', 'integer'],
  ['duration', 'integer'],
  ['auto-number', 'integer'],
  ['decimal', 'number'],
  ['currency', 'number'],
  ['percent', 'number'],
  ['boolean', 'boolean'],
  ['date', 'date'],
  ['date-time', 'date-time'],
]);

/** The field type in which a formula's result is shown. */
export const resultTypes: Record<ValueType, string> = {
  integer: 'integer',
  number: 'decimal',
  text: 'text',
  boolean: 'boolean',
  date: 'date',
  'date-time': 'date-time',
};

/** The name of the type of a field's values: of a computed field, that of its result. */
export const valueTypeName = (field: Field): string => field.result ?? field.type;

const words: Record<ValueType | Untyped, string> = {
  integer: 'a whole number',
  number: 'a number',
  text: 'a text',
  boolean: 'true or false',
  date: 'a date',
  'date-time': 'a date and time',
  null: 'nothing',
};
/** The type as a sentence names it. */
export const describeType = (type: ValueType | Untyped): string => words[type];

/** The type that holds values of all of these; undefined when there is none. Of nothing but nulls it is null. */
export function commonType(types: readonly (ValueType | Untyped)[]): ValueType | Untyped | undefined {
  const distinct = new Set(types.filter((type) => type !== 'null'));
  if (distinct.size === 0) return 'null';
  if (distinct.size === 1) return [...distinct][0];
  if (distinct.size > 2) return undefined;
  if (distinct.has('integer') && distinct.has('number')) return 'number';
  if (distinct.has('date') && distinct.has('date-time')) return 'date-time';
  return undefined;
}

/** Whether a value of the one type can stand where the other is wanted, without being asked to change. */
export const fits = (type: ValueType | Untyped, wanted: ValueType): boolean => commonType([type, wanted]) === wanted;
