import { decimalColumn } from '../decimal/index.ts';

export const percent = decimalColumn('percent');
