import type { Field } from '@piper/shared/data-model';
import { numberOption } from '@piper/shared/fields/field-type';
import { asIs, compareOrdered, printed, type ColumnType } from '../column-type.ts';

/** PostgreSQL sums and averages whole numbers as numeric, which the driver gives as text. */
const readSum = (value: unknown): unknown => (value === null ? null : Number(value));

const inBounds = (value: string, field: Field): string => between(value, bound(field, 'min'), bound(field, 'max'));

/** A column of whole numbers; `within` tells those that the field allows. */
export const wholeColumn = (name: string, within = inBounds): ColumnType => ({
  name,
  cast: 'bigint',
  sqlType: () => 'bigint',
  compare: compareOrdered,
  order: asIs,
  aggregates: ['sum', 'avg', 'min', 'max'],
  readSum,
  toJson: asIs,
  toText: printed,
  fromText: (text, field) => within(`piper.try_integer(${text})`, field),
  within,
});

const bound = (field: Field, name: string): string | undefined => {
  const value = numberOption(field, name);
  return value === undefined ? undefined : String(value);
};

/** The value where it lies within bounds. */
export function between(value: string, min: string | undefined, max: string | undefined): string {
  const tests = [min === undefined ? [] : `${value} >= ${min}`, max === undefined ? [] : `${value} <= ${max}`].flat();
  return tests.length === 0 ? value : `(case when ${tests.join(' and ')} then ${value} end)`;
}

export const integer = wholeColumn('integer');
