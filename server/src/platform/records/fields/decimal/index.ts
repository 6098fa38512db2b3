import type { Field } from '@piper/shared/data-model';
import { fieldTypeOf, InvalidValue } from '@piper/shared/fields/index';
import { numberOption } from '@piper/shared/fields/field-type';
import { asIs, compareOrdered, printed, type ColumnType } from '../column-type.ts';
import { between } from '../integer/index.ts';

/** A column of exact decimals: as text in JSON, where a number would be rounded by its reader. */
export const decimalColumn = (name: string, defaultScale?: number): ColumnType => ({
  name,
  cast: 'numeric',
  sqlType: () => 'numeric',
  compare: compareOrdered,
  order: asIs,
  aggregates: ['sum', 'avg', 'min', 'max'],
  toJson: printed,
  toText: printed,
  fromText: (text, field) => withinScale(`piper.try_decimal(${text})`, field, numberOption(field, 'scale') ?? defaultScale),
  within: (value, field) => withinScale(value, field, numberOption(field, 'scale') ?? defaultScale),
});

function withinScale(given: string, field: Field, scale: number | undefined): string {
  const value = between(given, bound(field, 'min'), bound(field, 'max'));
  return scale === undefined ? value : `(case when scale(trim_scale(${value})) <= ${scale} then ${value} end)`;
}

/** A bound from a definition reaches SQL only as a plain number. */
function bound(field: Field, name: 'min' | 'max'): string | undefined {
  const value = field.options?.[name];
  if (value === undefined || value === null) return undefined;
  try {
    return `${String(fieldTypeOf({ ...field, type: 'decimal' }).operand(value, field, '_eq'))}::numeric`;
  } catch (error) {
    if (error instanceof InvalidValue) return undefined;
    throw error;
  }
}

export const decimal = decimalColumn('decimal');
