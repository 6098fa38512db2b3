/**
 * Moments. PostgreSQL keeps microseconds, the wire shows milliseconds: comparisons see the column cut to milliseconds,
 * written so that an index over the column still serves.
 */
import type { Operator } from '@piper/shared/filter/operators';
import { asIs, compareOrdered, notBetween, type ColumnType, type OperandSql } from '../column-type.ts';

const next = (moment: string): string => `${moment} + interval '1 millisecond'`;

function compare(operator: Operator, column: string, operand: OperandSql): string {
  switch (operator) {
    case '_eq':
    case '_neq': {
      const moment = operand.one();
      const same = `(${column} >= ${moment} and ${column} < ${next(moment)})`;
      return operator === '_eq' ? same : `not ${same}`;
    }
    case '_gt':
      return `${column} >= ${next(operand.one())}`;
    case '_lte':
      return `${column} < ${next(operand.one())}`;
    case '_between':
    case '_nbetween': {
      const [from, to] = operand.pair();
      const inside = `(${column} >= ${from} and ${column} < ${next(to)})`;
      return operator === '_between' ? inside : notBetween(from, to, inside);
    }
    case '_in':
    case '_nin':
      return compareOrdered(operator, `date_trunc('milliseconds', ${column})`, operand);
    default:
      return compareOrdered(operator, column, operand);
  }
}

const iso = (column: string): string => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

export const dateTime: ColumnType = {
  name: 'date-time',
  cast: 'timestamptz',
  sqlType: () => 'timestamptz',
  compare,
  order: asIs,
  aggregates: ['min', 'max'],
  toJson: iso,
  toText: iso,
  fromText: (text) => `piper.try_date_time(${text})`,
  read: (value) => (value instanceof Date ? value.toISOString() : value),
};
