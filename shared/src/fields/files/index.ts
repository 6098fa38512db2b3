/** The ids of several files, in an order, each at most once. */
import { listOperators } from '../../filter/operators.ts';
import { limits } from '../../limits.ts';
import { numberOption, option, type FieldType } from '../field-type.ts';
import { distinctTexts, listOperand, listTests } from '../multi-select/index.ts';
import { uuid } from '../uuid/index.ts';

export const files: FieldType = {
  name: 'files',
  label: 'Files',
  description: 'Several uploaded files.',
  category: 'other',
  options: [option('maxItems', 'integer', 'Most files', { options: { min: 1, max: limits.filesPerField } })],
  operators: listOperators,
  sortable: false,
  schema: () => ({ type: 'array', items: { type: 'string', format: 'uuid' }, uniqueItems: true }),
  normalise: (value, field) => {
    const ids = Array.isArray(value) ? value.map((item) => uuid.normalise(item, field)) : value;
    return distinctTexts(ids, numberOption(field, 'maxItems') ?? limits.filesPerField);
  },
  operand: (value, field) => listOperand(value, (item) => uuid.operand(item, field, '_eq')),
  element: (item, field) => uuid.operand(item, field, '_eq'),
  tests: listTests,
};
