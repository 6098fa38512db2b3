/** The addresses of one data model's records, as far as somebody may use them. */
import type { JsonSchema } from '@piper/shared/fields/index';
import { limits } from '@piper/shared/limits';
import type { DescribedModel } from '../documents/described.ts';
import { ref } from './field-schemas.ts';
import { failures, parameterOf, replyOf } from './shared-schemas.ts';

type PathItem = Record<string, unknown>;

interface Operation {
  verb: string;
  summary: string;
  description?: string;
  parameters: (string | JsonSchema)[];
  body?: JsonSchema;
  /** Absent: nothing is answered. */
  reply?: JsonSchema;
}

const shape = ['fields', 'deep', 'alias'];
const once = 'idempotency-key';
const inList = ['sort', 'limit', 'offset', 'page', 'cursor', 'search', 'aggregate', 'groupBy', 'meta', 'deleted'];

/** Paths of the model under the project's address. */
export function modelPaths(described: DescribedModel, comments: boolean): Record<string, PathItem> {
  const { key } = described.model;
  const collection = `/items/${key}`;
  const one = `${collection}/{id}`;
  const paths: [string, PathItem][] = [
    [collection, { ...readMany(described), ...createSome(described), ...changeMany(described) }],
    [one, oneRecord(described)],
    [`${one}/restore`, restore(described)],
    [`${one}/revisions`, revisions(described)],
    [`${one}/revisions/{revision}`, revision(described)],
    [`${one}/revert`, revert(described)],
    [`${one}/comments`, commentsOf(described, comments)],
    [`${one}/comments/{comment}`, ownComment(described, comments)],
  ];
  return Object.fromEntries(paths.filter(([, item]) => Object.keys(item).length > 0));
}

function operation({ model }: DescribedModel, { verb, summary, description, parameters, body, reply }: Operation): PathItem {
  return {
    operationId: `${model.key}.${verb}`,
    summary,
    ...(description === undefined ? {} : { description }),
    tags: [model.key],
    ...(parameters.length === 0
      ? {}
      : { parameters: parameters.map((each) => (typeof each === 'string' ? parameterOf(each) : each)) }),
    ...(body === undefined ? {} : { requestBody: { required: true, content: { 'application/json': { schema: body } } } }),
    responses: reply === undefined ? { 204: { $ref: '#/components/responses/done' }, ...failures } : { 200: reply, ...failures },
  };
}

const may = ({ actions }: DescribedModel, ...wanted: ('read' | 'create' | 'update' | 'delete')[]): boolean =>
  wanted.every((action) => actions.has(action));
const oneOf = (schema: JsonSchema): JsonSchema => ({
  anyOf: [schema, { type: 'array', items: schema, maxItems: limits.recordsPerWrite }],
});
const filterOf = ({ name }: DescribedModel): JsonSchema => ({
  name: 'filter',
  in: 'query',
  description: 'Which records; also in brackets: `filter[title][_eq]=x`.',
  content: { 'application/json': { schema: ref(`${name}Filter`) } },
});

function readMany(described: DescribedModel): PathItem {
  if (!may(described, 'read')) return {};
  const { name, model } = described;
  const get = operation(described, {
    verb: 'list',
    summary: `List ${model.labelPlural}`,
    description:
      'With `aggregate`, groups instead of records. What is too long for an address is asked by the method SEARCH, with `{"query":{…}}` as its body.',
    parameters: [filterOf(described), ...shape, ...inList],
    reply: replyOf({ type: 'array', items: ref(name) }, ref('meta.list')),
  });
  return { get };
}

function createSome(described: DescribedModel): PathItem {
  if (!may(described, 'create')) return {};
  const { name, model, uniques } = described;
  const body = oneOf(ref(`${name}Create`));
  const reply = replyOf(oneOf(ref(name)));
  const post = operation(described, {
    verb: 'create',
    summary: `Create ${model.label}, one or a list of them: all or none`,
    parameters: [...shape, once],
    body,
    reply,
  });
  if (!may(described, 'update') || uniques.length === 0) return { post };
  const upsert = {
    name: 'upsert',
    in: 'query',
    required: true,
    description: 'The unique field, or the fields of a unique index, comma-separated.',
    schema: { type: 'string', enum: uniques.map((keys) => keys.join(',')) },
  };
  const put = operation(described, {
    verb: 'upsert',
    summary: `Create ${model.label}, or change what is there under the same unique values: all or none`,
    parameters: [upsert, ...shape, once],
    body,
    reply,
  });
  return { post, put };
}

const keysOrQuery = (described: DescribedModel, more: JsonSchema = {}): JsonSchema[] => {
  const query = { type: 'object', properties: { filter: ref(`${described.name}Filter`), limit: { type: 'integer' }, sort: {} } };
  const keys = { type: 'array', items: { type: 'string', format: 'uuid' }, maxItems: limits.recordsPerWrite };
  return [{ keys }, { query }].map((part) => ({
    type: 'object',
    additionalProperties: false,
    required: [...Object.keys(part), ...Object.keys(more)],
    properties: { ...part, ...more },
  }));
};

function changeMany(described: DescribedModel): PathItem {
  const { name, model } = described;
  const named = { type: 'object', required: ['id'], properties: { id: { type: 'string', format: 'uuid' } } };
  const list = { type: 'array', items: { allOf: [named, { type: 'object' }] }, maxItems: limits.recordsPerWrite };
  const patch = operation(described, {
    verb: 'updateMany',
    summary: `Change several ${model.labelPlural}: all or none`,
    description: '`{keys, data}`, `{query, data}`, or a list of records with their ids.',
    parameters: [...shape, once],
    body: { anyOf: [...keysOrQuery(described, { data: ref(`${name}Update`) }), list] },
    reply: replyOf({ type: 'array', items: ref(name) }),
  });
  const remove = operation(described, {
    verb: 'deleteMany',
    summary: `Delete several ${model.labelPlural}: all or none`,
    parameters: ['permanent', once],
    body: { anyOf: [{ type: 'array', items: { type: 'string', format: 'uuid' } }, ...keysOrQuery(described)] },
  });
  return { ...(may(described, 'update') ? { patch } : {}), ...(may(described, 'delete') ? { delete: remove } : {}) };
}

function oneRecord(described: DescribedModel): PathItem {
  const { name, model } = described;
  const reply = replyOf(ref(name));
  const get = operation(described, {
    verb: 'read',
    summary: `Read ${model.label}`,
    parameters: ['id', ...shape, 'deleted'],
    reply,
  });
  const patch = operation(described, {
    verb: 'update',
    summary: `Change ${model.label}`,
    description: 'PUT does the same.',
    parameters: ['id', ...shape, 'if-match', once],
    body: ref(`${name}Update`),
    reply,
  });
  const remove = operation(described, {
    verb: 'delete',
    summary: `Delete ${model.label}; it can be restored for ${limits.recordUndoDays} days`,
    parameters: ['id', 'permanent', 'if-match', once],
  });
  return {
    ...(may(described, 'read') ? { get } : {}),
    ...(may(described, 'update') ? { patch } : {}),
    ...(may(described, 'delete') ? { delete: remove } : {}),
  };
}

function restore(described: DescribedModel): PathItem {
  if (!may(described, 'delete')) return {};
  const summary = 'Restore a deleted record, with what was deleted along';
  const post = operation(described, {
    verb: 'restore',
    summary,
    parameters: ['id', ...shape, once],
    reply: replyOf(ref(described.name)),
  });
  return { post };
}

function revisions(described: DescribedModel): PathItem {
  if (!may(described, 'read')) return {};
  const get = operation(described, {
    verb: 'revisions',
    summary: 'List the revisions of a record, the newest first',
    parameters: ['id', 'page-size', 'cursor'],
    reply: replyOf({ type: 'array', items: ref('revision') }, ref('meta.page')),
  });
  return { get };
}

function revision(described: DescribedModel): PathItem {
  if (!may(described, 'read')) return {};
  const whole = { allOf: [ref('revision'), { type: 'object', properties: { record: ref(described.name) } }] };
  const summary = 'Read a revision, with the whole record as it was after it';
  return { get: operation(described, { verb: 'revision', summary, parameters: ['id', 'revision'], reply: replyOf(whole) }) };
}

function revert(described: DescribedModel): PathItem {
  if (!may(described, 'update')) return {};
  const post = operation(described, {
    verb: 'revert',
    summary: 'Give a record the values of a revision, as a new change',
    parameters: ['id', ...shape, 'if-match', once],
    body: { type: 'object', required: ['revision'], additionalProperties: false, properties: { revision: { type: 'string' } } },
    reply: replyOf(ref(described.name), {
      type: 'object',
      properties: { skipped: { type: 'array', items: { type: 'string' } } },
    }),
  });
  return { post };
}

const commentBody: JsonSchema = {
  type: 'object',
  required: ['text'],
  additionalProperties: false,
  properties: { text: { type: 'string', minLength: 1, maxLength: limits.commentText } },
};

function commentsOf(described: DescribedModel, mayComment: boolean): PathItem {
  if (!may(described, 'read')) return {};
  const get = operation(described, {
    verb: 'comments',
    summary: 'List the comments on a record, the oldest first',
    parameters: ['id', 'page-size', 'cursor'],
    reply: replyOf({ type: 'array', items: ref('comment') }, ref('meta.page')),
  });
  if (!mayComment) return { get };
  const post = operation(described, {
    verb: 'comment',
    summary: 'Comment on a record',
    parameters: ['id', once],
    body: commentBody,
    reply: replyOf(ref('comment')),
  });
  const { 200: made, ...others } = post['responses'] as Record<string, unknown>;
  return { get, post: { ...post, responses: { 201: made, ...others } } };
}

function ownComment(described: DescribedModel, mayComment: boolean): PathItem {
  if (!may(described, 'read') || !mayComment) return {};
  const parameters = ['id', 'comment'];
  const patch = operation(described, {
    verb: 'changeComment',
    summary: 'Change a comment of one’s own',
    parameters,
    body: commentBody,
    reply: replyOf(ref('comment')),
  });
  const remove = operation(described, { verb: 'deleteComment', summary: 'Delete a comment', parameters });
  return { patch, delete: remove };
}
