/** A value computed over the records that a relation leads to. */
import { computedType, fieldIdOption } from '../computed-type.ts';
import { option } from '../field-type.ts';

const functions: Record<string, string> = {
  count: 'Number of records',
  countDistinct: 'Number of different values',
  sum: 'Sum',
  avg: 'Average',
  min: 'Smallest',
  max: 'Largest',
  and: 'All are yes',
  or: 'One is yes',
  concat: 'All, one after another',
};

export const rollup = computedType('rollup', 'Rollup', 'Counts, sums or joins values of related records.', [
  fieldIdOption('relation', 'Relation', true),
  option('function', 'select', 'What is computed', {
    required: true,
    options: { choices: Object.entries(functions).map(([value, label]) => ({ value, label })) },
  }),
  fieldIdOption('field', 'Field of the related records', false),
  option('filter', 'json', 'Only records that fulfil a filter'),
]);
