import { asIs, compareOrdered, printed, type ColumnType } from '../column-type.ts';

/** A column of ids. */
export const uuidColumn = (name: string): ColumnType => ({
  name,
  cast: 'uuid',
  sqlType: () => 'uuid',
  compare: compareOrdered,
  order: asIs,
  aggregates: [],
  toJson: asIs,
  toText: printed,
  fromText: (text) => `piper.try_uuid(${text})`,
});

export const uuid = uuidColumn('uuid');
