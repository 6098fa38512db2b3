/** Yes or no. */
import { equalityOperators } from '../../filter/operators.ts';
import { invalid, type FieldType } from '../field-type.ts';

const known = new Map<unknown, boolean>([
  [true, true],
  ['true', true],
  ['1', true],
  [1, true],
  [false, false],
  ['false', false],
  ['0', false],
  [0, false],
]);

export const boolean: FieldType = {
  name: 'boolean',
  label: 'Yes or no',
  description: 'A switch that is on or off.',
  category: 'choice',
  options: [],
  operators: equalityOperators,
  sortable: true,
  schema: () => ({ type: 'boolean' }),
  normalise: (value) => (typeof value === 'boolean' ? value : invalid('must be true or false')),
  operand: (value) => known.get(value) ?? invalid('must be true or false'),
  compare: (a, b) => Number(a) - Number(b),
};
