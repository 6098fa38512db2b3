/** Columns of type jsonb. */
import { asIs, compareOrdered, type ColumnType } from './column-type.ts';

export const json: ColumnType = {
  name: 'json',
  cast: 'jsonb',
  compare: compareOrdered,
  order: asIs,
  toJson: asIs,
  write: (value) => (value === null ? null : JSON.stringify(value)),
};
