/** Contracts of users' records. Their form is the data model's: what the project's own OpenAPI document tells exactly is general here. */
import Type from 'typebox';
import { dataOf, listOf, nullable, route, strict, timestamp, uuid } from './contract.ts';
import { limits } from './limits.ts';

const base = '/api/projects/:project/items/:model';
const tag = 'records';

const name = (description: string) => Type.String({ description });
const place = { project: name('Id or slug of the project.'), model: name('Key or id of the data model.') };
const modelParams = strict(place);
const recordParams = strict({ ...place, id: name('Id of the record.') });

const asked = (description: string) => Type.Optional(Type.Unknown({ description }));
const listQuery = Type.Object(
  {
    filter: asked('Which records, in the filter language; JSON, or in brackets.'),
    fields: asked('Comma-separated; `*`, paths over relations, `allowedActions`.'),
    sort: asked('Comma-separated, `-` for descending.'),
    limit: asked('Records of one page; -1 for as many as allowed.'),
    offset: asked('Records to skip.'),
    page: asked('Number of the page, from 1; instead of `offset`.'),
    cursor: asked('Goes on where a list ended: its `meta.nextCursor`.'),
    search: asked('A text to look for in the fields the model searches.'),
    deep: asked('Filter, sort and limit of related lists.'),
    aggregate: asked('`{"count":"*"}`, or `aggregate[count]=*`.'),
    groupBy: asked('Comma-separated; with `aggregate`.'),
    meta: asked('`total_count`, `filter_count` or `*`.'),
    deleted: asked('`only` or `with`: deleted records, for those who may delete.'),
  },
  { additionalProperties: true },
);
const readQuery = Type.Object(
  { fields: asked('As in lists.'), deep: asked('As in lists.'), deleted: asked('As in lists.') },
  { additionalProperties: true },
);
const shapeQuery = Type.Object({ fields: asked('What comes back, as in lists.') }, { additionalProperties: true });

const record = Type.Unknown({ description: 'The record, or a list of them where a list was given.' });
const values = Type.Unsafe<Record<string, unknown>>({
  type: 'object',
  additionalProperties: true,
  description: 'Values by field. Related records may stand in it whole: they are written in the same transaction.',
});
const oneOrMany = (description: string) =>
  Type.Unsafe<unknown>({
    anyOf: [
      { type: 'object', additionalProperties: true },
      { type: 'array', items: { type: 'object' } },
    ],
    description,
  });

export const listItems = route({
  method: 'GET',
  path: base,
  summary: 'List records of a data model',
  tag,
  params: modelParams,
  query: listQuery,
  reply: listOf(Type.Unknown()),
});

export const readItem = route({
  method: 'GET',
  path: `${base}/:id`,
  summary: 'Read a record',
  tag,
  params: recordParams,
  query: readQuery,
  reply: dataOf(record),
});

export const createItems = route({
  method: 'POST',
  path: base,
  summary: 'Create one record, or a list of them: all or none',
  tag,
  params: modelParams,
  query: shapeQuery,
  body: oneOrMany(`A record, or a list of up to ${limits.recordsPerWrite}.`),
  reply: dataOf(record),
});

export const upsertItems = route({
  method: 'PUT',
  path: base,
  summary: 'Create records, or change those that are there already under the same unique values: all or none',
  tag,
  params: modelParams,
  query: Type.Object(
    {
      upsert: name('The unique field, or the fields of a unique index, comma-separated.'),
      fields: asked('What comes back, as in lists.'),
    },
    { additionalProperties: true },
  ),
  body: oneOrMany(`A record, or a list of up to ${limits.recordsPerWrite}.`),
  reply: dataOf(record),
});

export const updateItems = route({
  method: 'PATCH',
  path: base,
  summary: 'Change several records: `{keys, data}`, `{query, data}`, or a list of records with their ids. All or none',
  tag,
  params: modelParams,
  query: shapeQuery,
  body: oneOrMany('`{keys, data}`, `{query, data}` or a list.'),
  reply: dataOf(record),
});

export const updateItem = route({
  method: 'PATCH',
  path: `${base}/:id`,
  summary: 'Change a record',
  tag,
  params: recordParams,
  query: shapeQuery,
  body: values,
  reply: dataOf(record),
});

export const replaceItem = route({ ...updateItem, method: 'PUT', summary: 'Change a record; the same as PATCH' });

export const deleteItems = route({
  method: 'DELETE',
  path: base,
  summary: 'Delete several records: a list of ids, `{keys}` or `{query}`. All or none',
  tag,
  status: 204,
  params: modelParams,
  query: Type.Object({ permanent: asked('`true`: for good, not to be restored.') }, { additionalProperties: true }),
  body: Type.Unsafe<unknown>({
    anyOf: [
      { type: 'object', additionalProperties: true },
      { type: 'array', items: { type: 'string' } },
    ],
  }),
});

export const deleteItem = route({
  method: 'DELETE',
  path: `${base}/:id`,
  summary: `Delete a record; it can be restored for ${limits.recordUndoDays} days`,
  tag,
  status: 204,
  params: recordParams,
  query: Type.Object({ permanent: asked('`true`: for good, not to be restored.') }, { additionalProperties: true }),
});

export const restoreItem = route({
  method: 'POST',
  path: `${base}/:id/restore`,
  summary: 'Restore a deleted record, with what was deleted along',
  tag,
  params: recordParams,
  query: shapeQuery,
  reply: dataOf(record),
});

const operation = Type.Unsafe<BatchOperation>({
  type: 'object',
  required: ['op', 'model'],
  additionalProperties: false,
  properties: {
    op: { type: 'string', enum: ['create', 'update', 'upsert', 'delete', 'restore'] },
    model: { type: 'string', description: 'Key or id of the data model.' },
    id: { description: 'Id of the record; or `{"$ref": "name"}`, the one of an earlier operation.' },
    data: { type: 'object', additionalProperties: true, description: 'Values; a `{"$ref": "name"}` stands for an id.' },
    on: { type: 'array', items: { type: 'string' }, description: 'The unique fields of an upsert.' },
    ifMatch: { type: 'integer', minimum: 1, description: 'The version the record must have.' },
    permanent: { type: 'boolean', description: 'Delete for good.' },
    ref: { type: 'string', minLength: 1, maxLength: 64, description: 'A name for the record of this operation.' },
  },
});

export interface BatchOperation {
  op: 'create' | 'update' | 'upsert' | 'delete' | 'restore';
  model: string;
  id?: unknown;
  data?: Record<string, unknown>;
  on?: string[];
  ifMatch?: number;
  permanent?: boolean;
  ref?: string;
}

export const runBatch = route({
  method: 'POST',
  path: '/api/projects/:project/batch',
  summary: 'Write records of several data models in one transaction: all or none',
  tag,
  params: strict({ project: place.project }),
  body: strict({ operations: Type.Array(operation, { maxItems: limits.batchOperations }) }),
  reply: dataOf(Type.Array(Type.Unknown({ description: 'The record; null for a deletion.' }))),
});

const person = nullable(Type.Object({ id: uuid, name: nullable(Type.String()) }));

export const recordRevision = Type.Object({
  id: Type.String(),
  at: timestamp,
  type: Type.Enum(['created', 'updated', 'deleted', 'restored']),
  /** As the log names who acted: `user:<id>`, `key:<id>` … */
  actor: Type.String(),
  by: person,
  changes: Type.Array(Type.Object({ field: Type.String(), before: Type.Unknown(), after: Type.Unknown() })),
});

const pageQuery = strict({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.pageSize, default: limits.defaultPageSize })),
  cursor: Type.Optional(Type.String({ maxLength: 100 })),
});
const pageOf = <T extends Parameters<typeof Type.Array>[0]>(schema: T) =>
  Type.Object({ data: Type.Array(schema), meta: Type.Object({ nextCursor: nullable(Type.String()) }) });

export const listRevisions = route({
  method: 'GET',
  path: `${base}/:id/revisions`,
  summary: 'List the revisions of a record, the newest first, with what each changed',
  tag,
  params: recordParams,
  query: pageQuery,
  reply: pageOf(recordRevision),
});

const revisionParams = strict({ ...place, id: name('Id of the record.'), revision: name('Id of the revision.') });

export const readRevision = route({
  method: 'GET',
  path: `${base}/:id/revisions/:revision`,
  summary: 'Read a revision, with the whole record as it was after it',
  tag,
  params: revisionParams,
  reply: dataOf(Type.Object({ ...recordRevision.properties, record: Type.Unknown() })),
});

export const revertItem = route({
  method: 'POST',
  path: `${base}/:id/revert`,
  summary: 'Give a record the values of a revision, as a new change; what can’t be given back is listed in `meta.skipped`',
  tag,
  params: recordParams,
  query: shapeQuery,
  body: strict({ revision: Type.String({ maxLength: 20 }) }),
  reply: Type.Object({ data: record, meta: Type.Object({ skipped: Type.Array(Type.String()) }) }),
});

export const recordComment = Type.Object({
  id: uuid,
  text: Type.String(),
  createdAt: timestamp,
  updatedAt: timestamp,
  createdBy: nullable(uuid),
  by: person,
  version: Type.Integer(),
});

const commentText = strict({ text: Type.String({ minLength: 1, maxLength: limits.commentText, pattern: '\\S' }) });
const commentParams = strict({ ...place, id: name('Id of the record.'), comment: uuid });

export const listRecordComments = route({
  method: 'GET',
  path: `${base}/:id/comments`,
  summary: 'List the comments on a record, the oldest first',
  tag,
  params: recordParams,
  query: pageQuery,
  reply: pageOf(recordComment),
});

export const createRecordComment = route({
  method: 'POST',
  path: `${base}/:id/comments`,
  summary: 'Comment on a record',
  tag,
  status: 201,
  params: recordParams,
  body: commentText,
  reply: dataOf(recordComment),
});

export const updateRecordComment = route({
  method: 'PATCH',
  path: `${base}/:id/comments/:comment`,
  summary: 'Change a comment of one’s own',
  tag,
  params: commentParams,
  body: commentText,
  reply: dataOf(recordComment),
});

export const deleteRecordComment = route({
  method: 'DELETE',
  path: `${base}/:id/comments/:comment`,
  summary: 'Delete a comment: one’s own, or any for who manages the project',
  tag,
  status: 204,
  params: commentParams,
});
