/** PostgreSQL prints no zeros at the end of a fraction; the wire has none or three digits. */
import { asIs, compareOrdered, type ColumnType } from '../column-type.ts';

const iso = (column: string): string => `replace(to_char(date '2000-01-01' + ${column}, 'HH24:MI:SS.MS'), '.000', '')`;

export const timeOfDay: ColumnType = {
  name: 'time',
  cast: 'time',
  sqlType: () => 'time(3)',
  compare: compareOrdered,
  order: asIs,
  aggregates: ['min', 'max'],
  toJson: iso,
  toText: iso,
  fromText: (text) => `piper.try_time(${text})`,
  read: (value) => (typeof value === 'string' && value.length > 8 ? value.slice(0, 12).padEnd(12, '0') : value),
};
