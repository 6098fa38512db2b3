/** A record of one of several data models: `{ model, id }`. */
import { nullOperators } from '../../filter/operators.ts';
import { invalid, type FieldType } from '../field-type.ts';
import { uuid } from '../uuid/index.ts';

const form = /^[A-Za-z0-9_-]{1,80}$/;

export const anyRelation: FieldType = {
  name: 'any-relation',
  label: 'Relation to any',
  description: 'A record of one of several data models.',
  category: 'relation',
  options: [],
  operators: nullOperators,
  sortable: false,
  schema: () => ({
    type: 'object',
    required: ['model', 'id'],
    additionalProperties: false,
    properties: { model: { type: 'string' }, id: { type: 'string', format: 'uuid' } },
  }),
  normalise: (value, field) => {
    const { model, id } = (typeof value === 'object' && value !== null ? value : {}) as { model?: unknown; id?: unknown };
    if (typeof model !== 'string' || !form.test(model))
      return invalid('must name a data model and a record: {"model": …, "id": …}');
    return { model, id: uuid.normalise(id, field) };
  },
  operand: () => invalid('is compared by its records: {"field:model": {"id": {"_eq": …}}}'),
};
