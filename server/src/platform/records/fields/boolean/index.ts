import { asIs, compareOrdered, printed, type ColumnType } from '../column-type.ts';

export const boolean: ColumnType = {
  name: 'boolean',
  cast: 'boolean',
  sqlType: () => 'boolean',
  compare: compareOrdered,
  order: asIs,
  aggregates: [],
  toJson: asIs,
  toText: printed,
  fromText: (text) => `piper.try_boolean(${text})`,
};
