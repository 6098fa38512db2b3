import { decimalColumn } from '../decimal/index.ts';

export const currency = decimalColumn('currency', 2);
