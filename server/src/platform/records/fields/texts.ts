/** Columns of type text: text, long-text, email, select. */
import { asIs, collated, compareTexts, type ColumnType } from './column-type.ts';

const textColumn = (name: string): ColumnType => ({ name, cast: 'text', compare: compareTexts, order: collated, toJson: asIs });

export const text = textColumn('text');
export const longText = textColumn('long-text');
export const email = textColumn('email');
export const select = textColumn('select');
