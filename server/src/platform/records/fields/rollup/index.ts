import { computedColumn } from '../computed-column.ts';

export const rollup = computedColumn('rollup');
