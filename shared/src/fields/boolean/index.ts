/** Yes or no. */
import { equalityOperators } from '../../filter/operators.ts';
import { invalid, type FieldType } from '../field-type.ts';

const fromText: Record<string, boolean> = { true: true, false: false, '1': true, '0': false };

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
  operand: (value) => {
    if (typeof value === 'boolean') return value;
    return fromText[String(value)] ?? invalid('must be true or false');
  },
  compare: (a, b) => Number(a) - Number(b),
};
