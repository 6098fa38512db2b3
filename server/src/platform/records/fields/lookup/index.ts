import { computedColumn } from '../computed-column.ts';

export const lookup = computedColumn('lookup');
