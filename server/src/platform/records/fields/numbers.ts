/** Columns of numbers: integer, decimal; and boolean. */
import { asIs, compareOrdered, type ColumnType } from './column-type.ts';

const plain = (name: string, cast: string): ColumnType => ({ name, cast, compare: compareOrdered, order: asIs, toJson: asIs });

export const integer = plain('integer', 'bigint');
/** As text in JSON, where a number would be rounded by its reader. */
export const decimal: ColumnType = { ...plain('decimal', 'numeric'), toJson: (column) => `${column}::text` };
export const boolean = plain('boolean', 'boolean');
