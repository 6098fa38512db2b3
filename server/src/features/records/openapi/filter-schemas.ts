/** What a filter may ask, as JSON Schemas: of each field type the operators it takes, of each model its fields. */
import { hasValue } from '@piper/shared/data-model';
import { fieldTypes, type FieldType, type JsonSchema } from '@piper/shared/fields/index';
import { isPattern, operatorInfo, type Operator } from '@piper/shared/filter/operators';
import { callsOf, isToMany } from '@piper/shared/filter/path';
import type { DescribedField, DescribedModel } from '../documents/described.ts';
import { ref } from './field-schemas.ts';

const variable: JsonSchema = {
  type: 'string',
  pattern: '^\\$(CURRENT_(USER|ROLES|PROJECT)|NOW)',
  description: '`$CURRENT_USER`, `$CURRENT_USER.<field>`, `$CURRENT_ROLES`, `$CURRENT_PROJECT`, `$NOW`, `$NOW(-1 day)`.',
};
/** Stands for a whole list. */
const listVariable: JsonSchema = { type: 'string', pattern: '^\\$CURRENT_(ROLES$|USER\\.)' };
const flag: JsonSchema = { type: 'boolean' };
const box: JsonSchema = {
  type: 'array',
  items: { type: 'number' },
  minItems: 4,
  maxItems: 4,
  description: '[west, south, east, north]',
};
const polygon: JsonSchema = {
  type: 'object',
  required: ['type', 'coordinates'],
  properties: {
    type: { type: 'string', enum: ['Polygon'] },
    coordinates: {
      type: 'array',
      items: { type: 'array', items: { type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 2 } },
    },
  },
};

/** What an operator of this field type takes; values only by their type, since a filter may ask for what is not allowed any more. */
export function operandSchema(type: FieldType, value: JsonSchema, operator: Operator): JsonSchema {
  const kind = operatorInfo(operator).operand;
  if (kind === 'flag') return flag;
  if (operator.endsWith('_bbox')) return { anyOf: [box, polygon] };
  if (value['type'] === 'array') return listOperand(value['items'] as JsonSchema, operator);
  if (value['type'] === 'object') return polygon;
  if (isPattern(operator) || operator.endsWith('regex')) return { type: 'string' };
  const one = { anyOf: [plain(value), variable] };
  if (kind === 'one') return operator === '_eq' || operator === '_neq' ? { anyOf: [...one.anyOf, { type: 'null' }] } : one;
  return kind === 'pair' ? { type: 'array', items: one, minItems: 2, maxItems: 2 } : severalOf(one);
}

const severalOf = (one: JsonSchema): JsonSchema => ({ anyOf: [{ type: 'array', items: one }, listVariable] });

function listOperand(item: JsonSchema, operator: Operator): JsonSchema {
  const one = { anyOf: [plain(item), variable] };
  if (operator.endsWith('contains')) return one;
  return operator.endsWith('intersects') ? severalOf(one) : { type: 'array', items: plain(item) };
}

const plain = ({ type, format }: JsonSchema): JsonSchema => ({
  ...(type === undefined ? {} : { type }),
  ...(format === undefined ? {} : { format }),
});

const nameOf = (type: FieldType): string => `filter.${type.name}`;
const bare = { id: '', key: '', label: '', type: '' };

/** The operators of every field type. */
export function operatorSchemas(): Record<string, JsonSchema> {
  const schemas = [...fieldTypes.values()].map((type): [string, JsonSchema] => {
    const value = type.schema(bare);
    const properties = type.operators.map((operator) => [operator, operandSchema(type, value, operator)] as const);
    return [nameOf(type), { type: 'object', additionalProperties: false, properties: Object.fromEntries(properties) }];
  });
  const flags = { _null: flag, _nnull: flag, _empty: flag, _nempty: flag };
  return {
    ...Object.fromEntries(schemas.filter(([, schema]) => Object.keys(schema['properties'] as object).length > 0)),
    'filter.list': {
      type: 'object',
      additionalProperties: false,
      properties: flags,
      description: 'Whether there are related records.',
    },
  };
}

/** The filter of a model's records. */
export function filterSchema({ name, fields }: DescribedModel): JsonSchema {
  const self = ref(`${name}Filter`);
  const readable = fields.filter((field) => field.readable);
  const properties = Object.assign({}, ...readable.map(propertiesOf)) as Record<string, JsonSchema>;
  return {
    type: 'object',
    additionalProperties: false,
    description: 'All of it must hold. A function may stand around a path: `year(author.born)`.',
    properties: { _and: { type: 'array', items: self }, _or: { type: 'array', items: self }, ...properties },
    patternProperties: { '^[a-z]+\\([A-Za-z0-9_.]+\\)$': ref('filter.integer') },
  };
}

function propertiesOf(described: DescribedField): Record<string, JsonSchema> {
  const { field, type } = described;
  const own = hasValue(field) && type.operators.length > 0 ? [ref(nameOf(type))] : [];
  const calls = Object.fromEntries(callsOf(field).map((call) => [`${call}(${field.key})`, ref('filter.integer')]));
  return { ...asked(described, own), ...calls };
}

/** The field's own value, and what lies behind it. */
function asked({ field, targets }: DescribedField, own: readonly JsonSchema[]): Record<string, JsonSchema> {
  const { key, relation } = field;
  const filters = targets.map(({ name }) => ref(`${name}Filter`));
  if (relation?.kind === 'any') {
    const named = targets.map(({ model, name }) => [`${key}:${model.key}`, ref(`${name}Filter`)] as const);
    return { [key]: own[0] ?? {}, ...Object.fromEntries(named) };
  }
  if (isToMany(field) && filters[0]) return { [key]: { anyOf: [quantified(filters[0]), ...ownOrFlags(own), ...filters] } };
  const as = relation?.kind === 'many-to-one' ? relation.as : key;
  if (as !== key && filters[0]) return { [key]: own[0]!, [as]: filters[0] };
  const all = [...own, ...filters];
  return all.length === 0 ? {} : { [key]: all.length === 1 ? all[0]! : { anyOf: all } };
}

const ownOrFlags = (own: readonly JsonSchema[]): readonly JsonSchema[] => (own.length > 0 ? own : [ref('filter.list')]);
const quantified = (target: JsonSchema): JsonSchema => ({
  type: 'object',
  additionalProperties: false,
  properties: { _some: target, _none: target, _every: target },
});
