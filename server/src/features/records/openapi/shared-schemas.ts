/** What the addresses of all models have in common: parameters, replies, schemas. */
import { limits } from '@piper/shared/limits';
import { recordComment, recordRevision, runBatch } from '@piper/shared/records';
import type { JsonSchema } from '@piper/shared/fields/index';
import { errorSchema } from '#platform/http/errors';
import { ref } from './field-schemas.ts';

const query = (name: string, description: string, schema: JsonSchema): JsonSchema => ({ name, in: 'query', description, schema });
const header = (name: string, description: string, schema: JsonSchema): JsonSchema => ({
  name,
  in: 'header',
  description,
  schema,
});
const path = (name: string, description: string, schema: JsonSchema): JsonSchema => ({
  name,
  in: 'path',
  required: true,
  description,
  schema,
});
const asJson = (name: string, description: string, schema: JsonSchema): JsonSchema => ({
  name,
  in: 'query',
  description,
  content: { 'application/json': { schema } },
});
const text: JsonSchema = { type: 'string' };
const object: JsonSchema = { type: 'object', additionalProperties: true };

export const parameterOf = (name: string): JsonSchema => ({ $ref: `#/components/parameters/${name}` });

export const parameters: Record<string, JsonSchema> = {
  id: path('id', 'Id of the record.', { type: 'string', format: 'uuid' }),
  revision: path('revision', 'Id of the revision.', text),
  comment: path('comment', 'Id of the comment.', { type: 'string', format: 'uuid' }),
  fields: query(
    'fields',
    'Comma-separated; `*`, paths over relations (`author.name`), `year(createdAt)`, `count(tags)`, `allowedActions`.',
    text,
  ),
  deep: asJson('deep', 'Filter, sort and limit of related lists: `{"tags":{"_filter":{…},"_sort":"name","_limit":5}}`.', object),
  alias: asJson('alias', 'Other names for fields, which `fields` and `deep` use: `{"newest":"books"}`.', object),
  sort: query('sort', 'Comma-separated, `-` for descending.', text),
  limit: query('limit', `Records of one page; -1 for as many as allowed (${limits.pageSize}).`, {
    type: 'integer',
    minimum: -1,
    maximum: limits.pageSize,
    default: limits.defaultPageSize,
  }),
  offset: query('offset', 'Records to skip.', { type: 'integer', minimum: 0 }),
  page: query('page', 'Number of the page, from 1; instead of `offset`.', { type: 'integer', minimum: 1 }),
  cursor: query('cursor', 'Goes on where a list ended: its `meta.nextCursor`.', text),
  search: query('search', 'A text to look for in the fields the model searches.', {
    type: 'string',
    maxLength: limits.searchText,
  }),
  aggregate: asJson('aggregate', 'Instead of records, counts and sums: `{"count":"*","sum":["price"]}`.', object),
  groupBy: query('groupBy', 'Comma-separated; with `aggregate`.', text),
  meta: query('meta', '`total_count`, `filter_count` or `*`.', text),
  deleted: query('deleted', 'Deleted records, for those who may delete.', { type: 'string', enum: ['only', 'with'] }),
  permanent: query('permanent', 'For good, not to be restored.', { type: 'boolean', default: false }),
  'page-size': query('limit', 'Entries of one page.', {
    type: 'integer',
    minimum: 1,
    maximum: limits.pageSize,
    default: limits.defaultPageSize,
  }),
  'if-match': header('if-match', 'The version you read, as `"3"`; another one is refused with 412.', text),
  'idempotency-key': header('idempotency-key', `Under one key a write is done once in ${limits.idempotencyHours} hours.`, {
    type: 'string',
    maxLength: limits.idempotencyKey,
  }),
};

export const replyOf = (data: JsonSchema, meta?: JsonSchema): JsonSchema => ({
  description: 'Done',
  content: {
    'application/json': {
      schema: { type: 'object', required: ['data'], properties: { data, ...(meta === undefined ? {} : { meta }) } },
    },
  },
});

const refused = (description: string): JsonSchema => ({
  description,
  content: { 'application/json': { schema: ref('Error') } },
});

export const responses: Record<string, JsonSchema> = {
  done: { description: 'Done' },
  refused: refused('Refused; the code says why.'),
  failed: refused('Piper could not do it at the moment.'),
};
/** What every operation may answer besides. */
export const failures: JsonSchema = {
  '4XX': { $ref: '#/components/responses/refused' },
  '5XX': { $ref: '#/components/responses/failed' },
};

const { $id: _id, ...error } = errorSchema;
/** As plain JSON: TypeBox marks its schemas with what is not. */
const asSchema = (schema: unknown): JsonSchema => JSON.parse(JSON.stringify(schema)) as JsonSchema;

export const listMeta: JsonSchema = {
  type: 'object',
  properties: {
    nextCursor: { type: ['string', 'null'], description: 'Goes on after this page; null at the end.' },
    total_count: { type: 'integer' },
    filter_count: { type: 'integer' },
  },
};

export const sharedSchemas: Record<string, JsonSchema> = {
  Error: error,
  'meta.list': listMeta,
  'meta.page': { type: 'object', properties: { nextCursor: { type: ['string', 'null'] } } },
  revision: asSchema(recordRevision),
  comment: asSchema(recordComment),
  batch: asSchema(runBatch.body),
};
/** Names of schemas that models can't have. */
export const reservedSchemas: ReadonlySet<string> = new Set(['Error']);
