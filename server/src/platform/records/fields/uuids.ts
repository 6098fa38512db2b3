/** Columns of type uuid: uuid and relation. */
import { asIs, compareOrdered, type ColumnType } from './column-type.ts';

const uuidColumn = (name: string): ColumnType => ({ name, cast: 'uuid', compare: compareOrdered, order: asIs, toJson: asIs });

export const uuid = uuidColumn('uuid');
export const relation = uuidColumn('relation');
