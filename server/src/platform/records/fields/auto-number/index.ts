/** Numbers from a sequence of the field's own. */
import { literal, quoteTable } from '../../sql-writer.ts';
import type { ColumnType } from '../column-type.ts';
import { wholeColumn } from '../integer/index.ts';

export const autoNumber: ColumnType = {
  ...wholeColumn('auto-number'),
  aggregates: ['min', 'max'],
  defaultSql: (sequence) => `nextval(${literal(quoteTable(sequence))}::regclass)`,
  fromText: (text) => `piper.try_integer(${text})`,
};
