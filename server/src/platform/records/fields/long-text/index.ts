import { textColumn } from '../text/index.ts';

export const longText = { ...textColumn('long-text'), aggregates: [] };
