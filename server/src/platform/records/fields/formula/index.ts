import { computedColumn } from '../computed-column.ts';

export const formula = computedColumn('formula');
