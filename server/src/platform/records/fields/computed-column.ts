/** Formulas, lookups and rollups have no column; what they yield is of the column type of their result. */
import { asIs, printed, type ColumnType } from './column-type.ts';

const refuse = (name: string) => (): never => {
  throw new Error(`a ${name} has no column, and no result is declared`);
};

export const computedColumn = (name: string): ColumnType => ({
  name,
  cast: 'text',
  sqlType: refuse(name),
  compare: refuse(name),
  order: asIs,
  isGroupable: false,
  aggregates: [],
  toJson: asIs,
  toText: printed,
  fromText: refuse(name),
});
