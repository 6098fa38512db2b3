/** JSON Schemas of a model's records and bodies, made from its definition: for OpenAPI and for compiled serializers. */
import { hasValue, type DataModel, type Field } from '@piper/shared/data-model';
import { fieldTypeOf, type JsonSchema } from '@piper/shared/fields/index';
import { extensionPrefix, isExtendable } from './extensions.ts';
import type { SystemModel } from './hooks.ts';

/** A record as read. No field is required: which ones come is the request's choice and the actor's right. */
export function recordSchema(model: DataModel): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  for (const field of model.fields) {
    if (field.secret) continue;
    if (hasValue(field)) properties[field.key] = { ...readSchema(field), ...describe(field) };
    if (field.relation) Object.assign(properties, relatedSchema(field));
  }
  properties['allowedActions'] = {
    type: 'array',
    items: { type: 'string' },
    description: 'What the reader may do with the record; when asked for.',
  };
  return { type: 'object', properties, ...addedFields(model) };
}

/** What the instance owner adds while Piper runs: described by `GET /api/models/<model>`, since this schema is made at the start. */
const addedFields = (model: DataModel): JsonSchema =>
  isExtendable(model)
    ? { patternProperties: { [`^${extensionPrefix}`]: { description: 'A field that the instance owner added.' } } }
    : {};

/** Only the type: limits and choices bind what is written, and a serializer needs none of them. */
function readSchema(field: Field): JsonSchema {
  const { type, format, properties, items } = fieldTypeOf(field).schema(field);
  if (type === undefined) return {};
  // A serializer drops what an object's schema does not name.
  if (type === 'object') return { type: ['object', 'null'], properties, additionalProperties: true };
  if (type === 'array') return { type: ['array', 'null'], items: { type: (items as JsonSchema)['type'] } };
  // A date-time stays a plain text for the serializer; it is one already.
  return {
    type: field.required && field.key === 'id' ? type : [type, 'null'],
    ...(typeof format === 'string' && format !== 'date-time' ? { format } : {}),
  };
}

function relatedSchema(field: Field): Record<string, JsonSchema> {
  const relation = field.relation!;
  if (relation.kind === 'one-to-many' || relation.kind === 'many-to-many') {
    const description = `${field.label}: ids, or records, of ${relation.target}; when asked for.`;
    return { [field.key]: { type: 'array', items: {}, description } };
  }
  // Values where nothing more was asked for, records otherwise.
  if (relation.kind === 'id-list') return { [field.key]: { description: `Ids, or records, of ${relation.target}.` } };
  if (relation.kind === 'any')
    return { [field.key]: { description: `\`{model, id}\`, or the record, of ${relation.targets.join(', ')}.` } };
  // Expanded under the same name as the id: text or object.
  const related = { description: `The record of ${relation.target}; when asked for.` };
  return {
    [relation.as]: relation.as === field.key ? related : { type: ['object', 'null'], additionalProperties: true, ...related },
  };
}

/** A body of create or update: the settable fields, and what the model's feature takes besides. */
export function writeSchema({ model, hooks }: SystemModel, verb: 'create' | 'update'): JsonSchema {
  const fields = model.fields.filter((field) => isSettable(field, verb));
  const own = fields.map((field): [string, JsonSchema] => [field.key, { ...valueSchema(field), ...describe(field) }]);
  const required =
    verb === 'create' ? fields.filter((field) => field.required && field.default === undefined).map((field) => field.key) : [];
  return {
    type: 'object',
    additionalProperties: false,
    properties: { ...Object.fromEntries(own), ...(verb === 'create' ? hooks?.extraCreate : hooks?.extraUpdate) },
    ...addedFields(model),
    ...(required.length > 0 ? { required } : {}),
  };
}

export const isSettable = (field: Field, verb: 'create' | 'update'): boolean =>
  field.column !== undefined && field.readOnly !== true && field.key !== 'id' && (verb === 'create' || field.createOnly !== true);

/** Without patterns: a validator would run them as JavaScript does, which may take for ever; the engine holds values to them. */
function valueSchema(field: Field): JsonSchema {
  const { pattern: _pattern, ...schema } = fieldTypeOf(field).schema(field);
  return field.required ? schema : { anyOf: [schema, { type: 'null' }] };
}

const describe = (field: Field): JsonSchema => ({
  title: field.label,
  ...(field.help === undefined ? {} : { description: field.help }),
});

const text = (description: string): JsonSchema => ({ type: 'string', description });

/** What a list's address takes; the engine checks it itself, since filters also come in bracket form. */
export const listQuerySchema: JsonSchema = {
  type: 'object',
  additionalProperties: true,
  properties: {
    filter: text(
      'Which records, in the filter language: `{"status":{"_eq":"open"}}`, or in brackets: `filter[status][_eq]=open`.',
    ),
    fields: text(
      'Comma-separated; `*`, paths over relations (`project.name`), `year(createdAt)`, `count(members)`, `allowedActions`.',
    ),
    deep: text('Which related records, how many, in which order: `{"members":{"_filter":{…},"_sort":"role","_limit":5}}`.'),
    alias: text('Other names for fields: `{"owners":"members"}`; `fields` and `deep` use them.'),
    sort: text('Comma-separated, `-` for descending: `-createdAt,title`.'),
    limit: text('Records of one page; -1 for as many as allowed.'),
    offset: text('Records to skip.'),
    page: text('Number of the page, from 1; instead of `offset`.'),
    cursor: text('Goes on where a list ended: its `meta.nextCursor`.'),
    search: text('A text to look for in the fields the model searches.'),
    aggregate: text('`{"count":"*","sum":["size"]}`, or `aggregate[count]=*`.'),
    groupBy: text('Comma-separated; with `aggregate`.'),
    meta: text('`total_count`, `filter_count` or `*`.'),
  },
};

export const readQuerySchema: JsonSchema = {
  type: 'object',
  additionalProperties: true,
  properties: { fields: text('As in lists.'), deep: text('As in lists.'), alias: text('As in lists.') },
};
