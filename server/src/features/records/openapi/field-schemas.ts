/** JSON Schemas of fields, as they are read and as they are written. */
import type { JsonSchema } from '@piper/shared/fields/index';
import { withFormerChoices } from '@piper/shared/fields/select/index';
import { hasValue } from '@piper/shared/data-model';
import { listedBy, type DescribedField, type DescribedModel } from '../documents/described.ts';

export const ref = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });
export const id: JsonSchema = { type: 'string', format: 'uuid' };

/** The schema, or null. */
export function orNull(schema: JsonSchema): JsonSchema {
  if (Object.keys(schema).length === 0) return schema;
  if (typeof schema['type'] === 'string' && schema['enum'] === undefined) return { ...schema, type: [schema['type'], 'null'] };
  const anyOf = schema['anyOf'];
  return { anyOf: [...(Array.isArray(anyOf) ? (anyOf as JsonSchema[]) : [schema]), { type: 'null' }] };
}

/** What bounds new values says nothing about those that are there: they may be older than the bounds. */
const bounds = ['minLength', 'maxLength', 'minimum', 'maximum', 'pattern', 'uniqueItems'];

/** A value as it is read: in its normal form, where others are taken too. */
export const valueRead = ({ field, type, schema }: DescribedField): JsonSchema =>
  normalForm(field.formerChoices ? type.schema(withFormerChoices(field)) : schema);

function normalForm(schema: JsonSchema): JsonSchema {
  const { items, ...normal } = Array.isArray(schema['anyOf']) ? (schema['anyOf'] as [JsonSchema])[0] : schema;
  const words = Object.entries(normal).filter(([word]) => !bounds.includes(word));
  return { ...Object.fromEntries(words), ...(items === undefined ? {} : { items: normalForm(items as JsonSchema) }) };
}

/** A property of a record: its value and, where it is a relation, the records behind it. */
export function readProperty(described: DescribedField): JsonSchema {
  const { field, targets, nullable } = described;
  const records = targets.map(({ name }) => ref(name));
  const { relation } = field;
  const words = wordsOf(described);
  if (!hasValue(field)) return { type: 'array', items: { anyOf: [id, ...records] }, ...words };
  const value = valueRead(described);
  // Elsewhere than under the field's own name the record stands by itself.
  const isApart = relation?.kind === 'many-to-one' && relation.as !== field.key;
  if (records.length === 0 || isApart) return { ...(nullable ? orNull(value) : value), ...words };
  if (relation?.kind === 'id-list') return { ...orNull({ type: 'array', items: { anyOf: [id, ...records] } }), ...words };
  // Always: who may not see the record finds nothing where it should stand.
  return { anyOf: [value, ...records, { type: 'null' }], ...words };
}

/** A property of a body. */
export function writeProperty(described: DescribedField): JsonSchema {
  const { field, schema, targets } = described;
  const words = wordsOf(described);
  if (!hasValue(field)) return { anyOf: listWrites(described), ...words };
  const whole = field.relation?.kind === 'many-to-one' ? { anyOf: [schema, ...recordWrites(targets)] } : schema;
  const plain = Array.isArray(whole['anyOf']) && whole['anyOf'].length === 1 ? (whole['anyOf'][0] as JsonSchema) : whole;
  const given = field.default === undefined ? {} : { default: field.default };
  return { ...(field.required ? plain : orNull(plain)), ...words, ...given };
}

/** The body of a new record that stands in a list: which record it leads to over this required field goes without saying. */
export const memberName = ({ name }: DescribedModel, { field, required }: DescribedField): string =>
  required ? `${name}Create.${field.key}` : `${name}Create`;

/** Related records that may stand in a body themselves. */
function recordWrites(targets: readonly DescribedModel[], by?: DescribedField): JsonSchema[] {
  return targets.flatMap((target) => {
    const { isOwn, actions, name } = target;
    if (!isOwn) return [];
    const changed = { allOf: [{ type: 'object', required: ['id'], properties: { id } }, ref(`${name}Update`)] };
    return [
      ...(actions.has('create') ? [ref(by ? memberName(target, by) : `${name}Create`)] : []),
      ...(actions.has('update') ? [changed] : []),
    ];
  });
}

/** A list of related records as it shall be, or what to do to it. */
function listWrites(described: DescribedField): JsonSchema[] {
  const records = recordWrites(described.targets, listedBy(described));
  const items = { anyOf: [id, { type: 'object', required: ['id'], properties: { id } }, ...records] };
  const list = { type: 'array', items };
  const change = {
    type: 'object',
    additionalProperties: false,
    properties: { create: list, update: list, delete: { type: 'array', items: id } },
  };
  return [list, change, { type: 'null' }];
}

function wordsOf({ field }: DescribedField): JsonSchema {
  return { title: field.label, ...(field.help === undefined ? {} : { description: field.help }) };
}
