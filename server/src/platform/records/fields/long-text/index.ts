import { textColumn, withinLength } from '../text/index.ts';

export const longText = { ...textColumn('long-text'), aggregates: [], within: withinLength };
