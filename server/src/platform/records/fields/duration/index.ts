import type { Field } from '@piper/shared/data-model';
import { numberOption } from '@piper/shared/fields/field-type';
import type { ColumnType } from '../column-type.ts';
import { between, wholeColumn } from '../integer/index.ts';

function within(value: string, field: Field): string {
  const most = numberOption(field, 'max');
  const least = numberOption(field, 'min') ?? 0;
  return between(value, String(least), most === undefined ? undefined : String(most));
}

export const duration: ColumnType = {
  ...wholeColumn('duration', within),
  fromText: (text, field) => within(`piper.try_duration(${text})`, field),
};
