import { mostStars } from '@piper/shared/fields/rating/index';
import type { ColumnType } from '../column-type.ts';
import { between, wholeColumn } from '../integer/index.ts';

export const rating: ColumnType = {
  ...wholeColumn('rating', (value, field) => between(value, '0', String(mostStars(field)))),
  sqlType: () => 'integer',
};
