import type { Field } from '@piper/shared/data-model';
import { textOption } from '@piper/shared/fields/field-type';
import { literal } from '../../sql-writer.ts';
import { asIs, compareOrdered, type ColumnType } from '../column-type.ts';
import { between } from '../integer/index.ts';

const iso = (column: string): string => `to_char(${column}, 'YYYY-MM-DD')`;
const bound = (day: string | undefined): string | undefined =>
  day === undefined ? undefined : `piper.try_date(${literal(day)})`;

const within = (value: string, field: Field): string =>
  between(value, bound(textOption(field, 'min')), bound(textOption(field, 'max')));

export const date: ColumnType = {
  name: 'date',
  cast: 'date',
  sqlType: () => 'date',
  compare: compareOrdered,
  order: asIs,
  aggregates: ['min', 'max'],
  toJson: iso,
  toText: iso,
  fromText: (text, field) => within(`piper.try_date(${text})`, field),
  within,
};
