/** `/api/<key>` and `/api/<key>/:id` for every model's verbs, and `/api/models` with the definitions. */
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { fail } from '@piper/shared/errors';
import type { Ctx } from '../ctx.ts';
import type { Deps } from '../deps.ts';
import { ifMatchOf } from '../http/if-match.ts';
import { contextOf } from '../http/serve.ts';
import { parseReadQuery, type RawQuery } from './query.ts';
import type { SystemModel, Values } from './hooks.ts';
import { listRecords } from './list.ts';
import { readRecord } from './read.ts';
import { listQuerySchema, readQuerySchema, recordSchema, writeSchema } from './record-schemas.ts';
import { visibleModel } from './visible-definition.ts';
import { createRecord, deleteRecord, updateRecord } from './write.ts';
import { catalogueOf } from './catalogue.ts';
import { withFreshExtensions } from './stale.ts';

/** Serves the catalogue's models. A route a feature registered before takes the place of the generic one. */
export function serveRecords(app: FastifyInstance, deps: Deps): void {
  serveDefinitions(app, deps);
  for (const entry of deps.catalogue.list()) for (const route of routesOf(entry)) add(app, deps, route);
}

interface RecordRoute {
  method: string | string[];
  url: string;
  schema: Record<string, unknown>;
  status: number;
  handle(ctx: Ctx, request: FastifyRequest, reply: FastifyReply): Promise<unknown>;
}

const idParams = { type: 'object', required: ['id'], properties: { id: { type: 'string' } } };
const envelope = (data: unknown): Record<string, unknown> => ({
  type: 'object',
  required: ['data'],
  properties: { data, meta: { type: 'object', additionalProperties: true } },
});
const idOf = (request: FastifyRequest): string => (request.params as { id: string }).id;

const ifMatchHeader = {
  type: 'object',
  properties: { 'if-match': { type: 'string', description: 'The version you read; another one is refused with 412.' } },
};

function withTag(reply: FastifyReply, data: Values): Values {
  if (typeof data['version'] === 'number') void reply.header('etag', `"${data['version']}"`);
  return data;
}

/** The query. Sums, functions and other names for fields are no part of the definition: the reply's form is then the question's. */
function askedOf(request: FastifyRequest, reply: FastifyReply): RawQuery {
  const query = request.query as RawQuery;
  const shapes = ([key, value]: [string, unknown]) => /^(aggregate|alias|deep)(?:\[|$)/.test(key) || String(value).includes('(');
  if (Object.entries(query).some(shapes)) void reply.serializer(JSON.stringify);
  return query;
}

function routesOf(entry: SystemModel): RecordRoute[] {
  const { model } = entry;
  const url = `/api/${model.key}`;
  const record = recordSchema(model);
  const one = (request: FastifyRequest) => [model.key, idOf(request)] as const;
  const routes: Record<string, RecordRoute> = {
    list: {
      method: 'GET',
      url,
      status: 200,
      schema: {
        summary: `List ${model.labelPlural.toLowerCase()}`,
        querystring: listQuerySchema,
        response: { 200: envelope({ type: 'array', items: record }) },
      },
      handle: (ctx, request, reply) => listRecords(ctx, model.key, askedOf(request, reply)),
    },
    read: {
      method: 'GET',
      url: `${url}/:id`,
      status: 200,
      schema: {
        summary: `Read a ${model.label.toLowerCase()}`,
        params: idParams,
        querystring: readQuerySchema,
        response: { 200: envelope(record) },
      },
      handle: async (ctx, request, reply) => {
        const data = await readRecord(ctx, ...one(request), parseReadQuery(askedOf(request, reply)));
        return { data: withTag(reply, data) };
      },
    },
    create: {
      method: 'POST',
      url,
      status: 201,
      schema: {
        summary: `Create a ${model.label.toLowerCase()}`,
        body: writeSchema(entry, 'create'),
        response: { 201: envelope(record) },
      },
      handle: async (ctx, request, reply) => ({ data: withTag(reply, await createRecord(ctx, model.key, request.body)) }),
    },
    update: {
      method: ['PATCH', 'PUT'],
      url: `${url}/:id`,
      status: 200,
      schema: {
        summary: `Change a ${model.label.toLowerCase()}`,
        params: idParams,
        headers: ifMatchHeader,
        body: writeSchema(entry, 'update'),
        response: { 200: envelope(record) },
      },
      handle: async (ctx, request, reply) => ({
        data: withTag(reply, await updateRecord(ctx, ...one(request), request.body, { ifMatch: ifMatchOf(request) })),
      }),
    },
    delete: {
      method: 'DELETE',
      url: `${url}/:id`,
      status: 204,
      schema: {
        summary: `Delete a ${model.label.toLowerCase()}`,
        params: idParams,
        headers: ifMatchHeader,
        response: { 204: { type: 'null', description: 'Done' } },
      },
      handle: (ctx, request) => deleteRecord(ctx, ...one(request), { ifMatch: ifMatchOf(request) }),
    },
  };
  return model.verbs
    .flatMap((verb) => (routes[verb] ? [routes[verb]] : []))
    .map((route) => ({ ...route, schema: { tags: [model.key], ...route.schema } }));
}

function add(app: FastifyInstance, deps: Deps, route: RecordRoute): void {
  const methods = [route.method]
    .flat()
    .filter((method) => !app.hasRoute({ method, url: route.url } as Parameters<FastifyInstance['hasRoute']>[0]));
  if (methods.length === 0) return;
  const errors = { '4xx': { $ref: 'Error#' }, '5xx': { $ref: 'Error#' } };
  app.route({
    method: methods as RouteOptions['method'],
    url: route.url,
    schema: { ...route.schema, response: { ...(route.schema['response'] as object), ...errors } },
    // The schemas describe; the engine itself checks, by the same definitions, whoever calls it.
    validatorCompiler: () => () => true,
    handler: async (request, reply) => {
      const result = await withFreshExtensions(deps, () => route.handle(contextOf(deps, request), request, reply));
      return reply.code(route.status).send(result);
    },
  });
}

function serveDefinitions(app: FastifyInstance, deps: Deps): void {
  const reply = (data: object) => ({ 200: envelope(data) });
  const definition = { type: 'object', additionalProperties: true };
  add(app, deps, {
    method: 'GET',
    url: '/api/models',
    status: 200,
    schema: { tags: ['models'], summary: 'List the models you may read', response: reply({ type: 'array', items: definition }) },
    handle: async (ctx) => ({
      data: catalogueOf(ctx)
        .list()
        .flatMap((entry) => visibleModel(ctx, entry) ?? []),
    }),
  });
  add(app, deps, {
    method: 'GET',
    url: '/api/models/:id',
    status: 200,
    schema: {
      tags: ['models'],
      summary: 'Read the definition of a model',
      params: idParams,
      response: reply(definition),
    },
    handle: async (ctx, request) => {
      const entry = catalogueOf(ctx).entry(idOf(request));
      return { data: (entry && visibleModel(ctx, entry)) ?? fail('not_found', 'There is no such model.') };
    },
  });
}
