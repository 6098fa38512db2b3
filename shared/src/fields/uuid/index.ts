/** A UUID, in lower case. */
import { equalityOperators, orderOperators } from '../../filter/operators.ts';
import { invalid, type FieldType } from '../field-type.ts';
import { compareText } from '../text/index.ts';

const form = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

function normal(value: unknown): string {
  const given = typeof value === 'string' ? value.toLowerCase() : '';
  return form.test(given) ? given : invalid('must be a UUID');
}

export const uuid: FieldType = {
  name: 'uuid',
  label: 'UUID',
  description: 'An identifier from another system, in UUID form.',
  category: 'other',
  options: [],
  operators: [...equalityOperators, ...orderOperators],
  sortable: true,
  schema: () => ({ type: 'string', format: 'uuid' }),
  normalise: normal,
  operand: normal,
  compare: compareText,
};
