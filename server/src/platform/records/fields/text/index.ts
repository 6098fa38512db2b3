/** Columns of type text. Users' columns are of COLLATE "C", so that their plain indexes serve comparisons and sorting. */
import type { Field } from '@piper/shared/data-model';
import { numberOption } from '@piper/shared/fields/field-type';
import { asIs, collated, compareTexts, type ColumnType } from '../column-type.ts';

/** The column of a type made of text; `fromText` says what other texts become. */
export const textColumn = (name: string, fromText: ColumnType['fromText'] = withinLength): ColumnType => ({
  name,
  cast: 'text',
  sqlType: () => 'text collate "C"',
  compare: compareTexts,
  order: collated,
  aggregates: ['min', 'max'],
  toJson: asIs,
  toText: asIs,
  fromText,
});

function withinLength(text: string, field: Field): string {
  const most = numberOption(field, 'maxLength');
  return most === undefined ? text : `(case when char_length(${text}) <= ${most} then ${text} end)`;
}

export const text = textColumn('text');
