/** Reading definitions. */
import type { FastifyInstance } from 'fastify';
import type { DataModel, Field } from '@piper/shared/data-model';
import * as contract from '@piper/shared/data-model-routes';
import { fail } from '@piper/shared/errors';
import { fieldTypes } from '@piper/shared/fields/index';
import type { Ctx } from '#platform/ctx';
import type { Deps } from '#platform/deps';
import { serve, type Http } from '#platform/http/serve';
import { visibleModel, type VisibleField, type VisibleModel } from '#platform/records/records';
import {
  bodyOf,
  fieldsOf,
  packedBodyOf,
  presentModel,
  presentModels,
  presentRelation,
  type Presented,
} from './models.present.ts';
import {
  binOfOwn,
  fieldOf,
  indexOf,
  isOwnRelation,
  listDeletedModels,
  modelOf,
  openOwn,
  openProject,
  placeOf,
  type Opened,
} from './models.service.ts';

export const jsonType = 'application/json; charset=utf-8';
/** What a handler answers that has sent its reply as text already. */
export const sent = undefined as never;

/** A whole definition of hundreds of fields would cost more to compress than to find, so it is compressed once. */
function sendBody({ request, reply }: Http, data: Buffer, meta: { version: number }): void {
  void reply.type(jsonType);
  const takesGzip = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
  const packed = takesGzip ? packedBodyOf(data, meta) : undefined;
  if (packed) void reply.header('content-encoding', 'gzip').header('vary', 'accept-encoding').send(packed);
  else void reply.send(bodyOf(data, meta));
}

/** Sends what is written out already; nothing, when the client has it. */
function sendPresented({ request, reply }: Http, { data, version, etag }: Presented): never {
  void reply.header('etag', etag).header('cache-control', 'private, no-cache');
  const known = request.headers['if-none-match']?.split(',').map((tag) => tag.trim());
  if (known?.some((tag) => tag === etag || tag === '*')) void reply.code(304).send();
  else sendBody({ request, reply }, data, { version });
  return sent;
}

/** As a reply's schema wants them. */
export const asData = (list: readonly object[]): Record<string, unknown>[] => list.map((item) => ({ ...item }));

interface Place {
  params: { id: string };
  query: { project?: string | undefined };
}

/** The project whose model is asked for, opened; undefined for Piper's own. */
async function opened(ctx: Ctx, { params, query }: Place): Promise<Opened | undefined> {
  const place = await placeOf(ctx, params.id, query.project);
  return place === undefined ? undefined : openProject(ctx, place);
}

/** As `opened`, for what Piper's own models don't have. */
const openedProject = async (ctx: Ctx, place: Place): Promise<Opened> =>
  (await opened(ctx, place)) ?? fail('not_found', 'There is no such model in a project. Name the project too: ?project=…');

/** The reply's schema leaves out what is code. */
const described = [...fieldTypes.values()].map((type) => ({
  ...type,
  options: asData(type.options),
  operators: [...type.operators],
}));

export function serveModels(app: FastifyInstance, deps: Deps): void {
  serve(app, deps, contract.listFieldTypes, async () => ({ data: described }));
  serve(app, deps, contract.listDataModels, async (ctx, { query }, http) => {
    if (query.project === undefined) return { data: ctx.deps.catalogue.list().flatMap((entry) => visibleOf(ctx, entry) ?? []) };
    if (!query.deleted) return sendPresented(http, presentModels(await openProject(ctx, query.project), query.fields === '*'));
    const { models, version } = await listDeletedModels(ctx, query.project);
    return { data: models.map((model) => ({ ...model })), meta: { version } };
  });
  serve(app, deps, contract.readDataModel, async (ctx, input, http) => {
    const place = await opened(ctx, input);
    if (place) return sendPresented(http, presentModel(place, modelOf(place, input.params.id)));
    const own = await openOwn(ctx);
    const bin = await binOfOwn(ctx, input.params.id);
    return { data: { ...ownModel(own.ctx, input.params.id), ...(bin ? { bin } : {}) }, meta: { version: own.version } };
  });
}

const visibleOf = (...of: Parameters<typeof visibleModel>) => {
  const visible = visibleModel(...of);
  return visible && { ...visible };
};

/** Fields, relations, indexes and rules of a data model. */
export function serveModelParts(app: FastifyInstance, deps: Deps): void {
  serve(app, deps, contract.listFields, async (ctx, input) => {
    const place = await opened(ctx, input);
    if (place) return { data: asData(fieldsOf(place, modelOf(place, input.params.id))), meta: { version: place.version } };
    return { data: asData(ownModel(ctx, input.params.id).fields) };
  });
  serve(app, deps, contract.readField, async (ctx, input) => {
    const place = await opened(ctx, input);
    const fields = place ? fieldsOf(place, modelOf(place, input.params.id)) : ownModel(ctx, input.params.id).fields;
    return {
      data: { ...fieldOf<Field | VisibleField>(fields, input.params.field) },
      ...(place ? { meta: { version: place.version } } : {}),
    };
  });
  serve(app, deps, contract.listRelations, async (ctx, input) => {
    const place = (await opened(ctx, input)) ?? (await openOwn(ctx));
    const { model, relations } = relationsIn(place, input.params.id);
    return { data: relations.map((field) => presentRelation(place, model, field)), meta: { version: place.version } };
  });
  serve(app, deps, contract.readRelation, async (ctx, input) => {
    const place = (await opened(ctx, input)) ?? (await openOwn(ctx));
    const { model, relations } = relationsIn(place, input.params.id);
    const field = fieldOf<Field | VisibleField>(relations, input.params.field);
    return { data: presentRelation(place, model, field), meta: { version: place.version } };
  });
  serve(app, deps, contract.listIndexes, async (ctx, input) => {
    const place = await openedProject(ctx, input);
    return { data: asData(managedModel(place, input.params.id).indexes ?? []), meta: { version: place.version } };
  });
  serve(app, deps, contract.readIndex, async (ctx, input) => {
    const place = await openedProject(ctx, input);
    const index = indexOf(managedModel(place, input.params.id), input.params.index);
    return { data: { ...index }, meta: { version: place.version } };
  });
  serve(app, deps, contract.listRules, async (ctx, input) => {
    const place = await openedProject(ctx, input);
    return { data: managedModel(place, input.params.id).rules, meta: { version: place.version } };
  });
}

/** The model's relations that the actor sees, those aside that every model has. */
function relationsIn(place: Opened, reference: string): { model: DataModel; relations: (Field | VisibleField)[] } {
  const entry = modelOf(place, reference);
  return { model: entry.model, relations: fieldsOf(place, entry).filter(isOwnRelation) };
}

function ownModel(ctx: Ctx, key: string): VisibleModel {
  const entry = ctx.deps.catalogue.entry(key);
  return (entry && visibleModel(ctx, entry)) ?? fail('not_found', 'There is no such model.');
}

/** What only managers see of a model; others who see the model are told so. */
function managedModel(place: Opened, reference: string): DataModel {
  const entry = modelOf(place, reference);
  if (!place.manages) fail(visibleModel(place.ctx, entry) ? 'forbidden' : 'not_found');
  return entry.model;
}
