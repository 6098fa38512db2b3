/** Columns of type text. Users' columns are of COLLATE "C", so that their plain indexes serve comparisons and sorting. */
import type { Field } from '@piper/shared/data-model';
import { numberOption, textOption } from '@piper/shared/fields/field-type';
import { asIs, collated, compareTexts, folding, type ColumnType } from '../column-type.ts';
import { postgresPattern } from '../postgres-pattern.ts';
import { literal } from '../../sql-writer.ts';

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

/** The text where it is as long as it may be. */
export function withinLength(text: string, field: Field): string {
  const [least, most] = [numberOption(field, 'minLength'), numberOption(field, 'maxLength')];
  const tests = [
    least ? `char_length(${text}) >= ${least}` : [],
    most === undefined ? [] : `char_length(${text}) <= ${most}`,
  ].flat();
  return tests.length === 0 ? text : `(case when ${tests.join(' and ')} then ${text} end)`;
}

/** The pattern too. Raises where it is written in a way that PostgreSQL does not know. */
function withinForm(text: string, field: Field): string {
  const pattern = textOption(field, 'pattern');
  const value = withinLength(text, field);
  return pattern === undefined ? value : `(case when ${folding(text)} ~ ${literal(postgresPattern(pattern))} then ${value} end)`;
}

export const text: ColumnType = { ...textColumn('text'), within: withinForm };
