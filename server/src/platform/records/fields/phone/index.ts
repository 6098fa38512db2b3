import type { Field } from '@piper/shared/data-model';
import { isOption } from '@piper/shared/fields/field-type';
import type { ColumnType } from '../column-type.ts';
import { textColumn } from '../text/index.ts';

const within = (value: string, field: Field): string =>
  isOption(field, 'international') ? `(case when ${value} like '+%' then ${value} end)` : value;

export const phone: ColumnType = {
  ...textColumn('phone', (text, field) => within(`piper.try_phone(${text})`, field)),
  within,
};
