import { mostStars } from '@piper/shared/fields/rating/index';
import type { ColumnType } from '../column-type.ts';
import { between, wholeColumn } from '../integer/index.ts';

export const rating: ColumnType = {
  ...wholeColumn('rating'),
  sqlType: () => 'integer',
  fromText: (text, field) => between(`piper.try_integer(${text})`, '0', String(mostStars(field))),
};
