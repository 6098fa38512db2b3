/** Columns of type jsonb. */
import { asIs, compareOrdered, type ColumnType } from '../column-type.ts';

export const json: ColumnType = {
  name: 'json',
  cast: 'jsonb',
  sqlType: () => 'jsonb',
  compare: compareOrdered,
  order: asIs,
  isGroupable: false,
  aggregates: [],
  toJson: asIs,
  // A JSON text is what it says, without its quotes.
  toText: (column) => `(${column} #>> '{}')`,
  fromText: (text) => `piper.try_json(${text})`,
  write: (value) => (value === null ? null : JSON.stringify(value)),
};
