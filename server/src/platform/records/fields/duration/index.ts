import { numberOption } from '@piper/shared/fields/field-type';
import type { ColumnType } from '../column-type.ts';
import { between, wholeColumn } from '../integer/index.ts';

export const duration: ColumnType = {
  ...wholeColumn('duration'),
  fromText(text, field) {
    const most = numberOption(field, 'max');
    const least = numberOption(field, 'min') ?? 0;
    return between(`piper.try_duration(${text})`, String(least), most === undefined ? undefined : String(most));
  },
};
