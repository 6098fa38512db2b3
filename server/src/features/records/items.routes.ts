/** `/api/projects/:project/items/:model[/:id]`: the records of a project's data models, in the way Directus' clients ask for them. */
import type { FastifyInstance } from 'fastify';
import { fail } from '@piper/shared/errors';
import {
  createItems,
  deleteItem,
  deleteItems,
  listItems,
  readItem,
  replaceItem,
  restoreItem,
  updateItem,
  updateItems,
  upsertItems,
} from '@piper/shared/records';
import type { Ctx } from '#platform/ctx';
import type { Deps } from '#platform/deps';
import { parseReadQuery } from '#platform/records/query';
import { ifMatchOf, refuseIfMatch } from '#platform/http/if-match';
import { contextOf, serve, type Http } from '#platform/http/serve';
import { deleteRecord, listRecords, readRecord, restoreRecord, updateRecord } from '#platform/records/records';
import { viewDeleted } from './deleted-view.ts';
import { answerOne, inPlace, tagOf, type Place, type ProjectCtx } from './items.place.ts';
import { createItemsOf, deleteItemsOf, isPermanent, updateItemsOf, upsertItemsOf } from './items.service.ts';
import { answerOnce, once } from './once.ts';

/** Does a write that answers nothing once. */
async function done(place: Place, http: Http, work: (ctx: ProjectCtx) => Promise<void>): Promise<never> {
  await once(place.ctx, http, async (ctx) => {
    await work(ctx);
    return { body: null };
  });
  return undefined as never;
}

export function serveItems(app: FastifyInstance, deps: Deps): void {
  serveReads(app, deps);
  serveManyWrites(app, deps);
  serveOneWrites(app, deps);
}

function serveReads(app: FastifyInstance, deps: Deps): void {
  const list = (ctx: Ctx, params: { project: string; model: string }, raw: unknown) =>
    inPlace(ctx, params, raw, (place) => {
      const view = viewDeleted(place.ctx, place.model, place.query);
      return listRecords(view.ctx, place.model, view.query);
    });
  serve(app, deps, listItems, (ctx, { params, query }) => list(ctx, params, query) as never);
  serve(app, deps, readItem, (ctx, { params, query }, { reply }) =>
    inPlace(ctx, params, query, async (place) => {
      const view = viewDeleted(place.ctx, place.model, place.query);
      const data = await readRecord(view.ctx, place.model, params.id, parseReadQuery(view.query));
      const tag = tagOf(data);
      if (tag !== undefined) void reply.header('etag', tag);
      return { data };
    }),
  );
  // Directus' way to ask what is too long for an address.
  if (!app.supportedMethods.includes('SEARCH')) app.addHttpMethod('SEARCH', { hasBody: true });
  app.route({
    method: 'SEARCH',
    url: listItems.path,
    schema: { hide: true },
    config: { access: 'signed-in' },
    handler: async (request) => {
      const { query } = (request.body ?? {}) as { query?: unknown };
      if (query !== undefined && (typeof query !== 'object' || query === null || Array.isArray(query)))
        fail('validation_failed', 'Not valid: "query" must be an object.', [{ path: 'query', message: 'must be an object' }]);
      return list(contextOf(deps, request), request.params as { project: string; model: string }, query ?? {});
    },
  });
}

function serveManyWrites(app: FastifyInstance, deps: Deps): void {
  serve(app, deps, createItems, (ctx, { params, query, body }, http) =>
    inPlace(ctx, params, query, (place) => {
      refuseIfMatch(http.request);
      return answerOnce(place, http, (own) => createItemsOf(own, { ...place, body }));
    }),
  );
  serve(app, deps, upsertItems, (ctx, { params, query, body }, http) =>
    inPlace(ctx, params, query, (place) => {
      if (Array.isArray(body)) refuseIfMatch(http.request);
      const options = { ifMatch: ifMatchOf(http.request) };
      return answerOnce(place, http, (own) => upsertItemsOf(own, { ...place, body }, options));
    }),
  );
  serve(app, deps, updateItems, (ctx, { params, query, body }, http) =>
    inPlace(ctx, params, query, (place) => {
      refuseIfMatch(http.request);
      return answerOnce(place, http, (own) => updateItemsOf(own, { ...place, body }));
    }),
  );
  serve(app, deps, deleteItems, (ctx, { params, query, body }, http) =>
    inPlace(ctx, params, query, (place) => {
      refuseIfMatch(http.request);
      return done(place, http, (own) => deleteItemsOf(own, { ...place, body }));
    }),
  );
}

function serveOneWrites(app: FastifyInstance, deps: Deps): void {
  for (const contract of [updateItem, replaceItem])
    serve(app, deps, contract, (ctx, { params, query, body }, http) =>
      inPlace(ctx, params, query, (place) => {
        const ifMatch = ifMatchOf(http.request);
        return answerOnce(place, http, async (own) => {
          const record = await updateRecord(own, place.model, params.id, body, { ifMatch });
          return answerOne(own, place.model, record, place.query);
        });
      }),
    );
  serve(app, deps, deleteItem, (ctx, { params, query }, http) =>
    inPlace(ctx, params, query, (place) => {
      const options = { ifMatch: ifMatchOf(http.request), permanent: isPermanent(place.query) };
      return done(place, http, (own) => deleteRecord(own, place.model, params.id, options));
    }),
  );
  serve(app, deps, restoreItem, (ctx, { params, query }, http) =>
    inPlace(ctx, params, query, (place) => {
      refuseIfMatch(http.request);
      return answerOnce(place, http, async (own) =>
        answerOne(own, place.model, await restoreRecord(own, place.model, params.id), place.query),
      );
    }),
  );
}
