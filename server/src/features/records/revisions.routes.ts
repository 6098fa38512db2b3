/** Revisions of a record, and the way back to one. */
import type { FastifyInstance } from 'fastify';
import { listRevisions, readRevision, revertItem } from '@piper/shared/records';
import type { Deps } from '#platform/deps';
import { ifMatchOf } from '#platform/http/if-match';
import { serve } from '#platform/http/serve';
import { answerOne, inPlace } from './items.place.ts';
import { answerOnce } from './once.ts';
import { revertRecord } from './revert.ts';
import { listRevisionsOf, readRevisionOf } from './revisions.ts';

export function serveRevisions(app: FastifyInstance, deps: Deps): void {
  serve(app, deps, listRevisions, (ctx, { params, query }) =>
    inPlace(ctx, params, {}, async (place) => {
      const { limit, cursor } = query as { limit: number; cursor?: string };
      const page = { limit, ...(cursor === undefined ? {} : { cursor }) };
      return (await listRevisionsOf(place.ctx, { model: place.model, id: params.id }, page)) as never;
    }),
  );
  serve(app, deps, readRevision, (ctx, { params }) =>
    inPlace(ctx, params, {}, async (place) => {
      const {
        gone: _gone,
        fields: _fields,
        unseen: _unseen,
        ...data
      } = await readRevisionOf(place.ctx, { ...params, model: place.model });
      return { data } as never;
    }),
  );
  serve(app, deps, revertItem, (ctx, { params, query, body }, http) =>
    inPlace(ctx, params, query, (place) => {
      const ifMatch = ifMatchOf(http.request);
      return answerOnce(place, http, async (own) => {
        const of = { model: place.model, id: params.id, revision: body.revision };
        const { record, skipped } = await revertRecord(own, of, { ifMatch });
        const { body: data, ...rest } = await answerOne(own, place.model, record, place.query);
        return { ...rest, body: { ...(data as object), meta: { skipped } } };
      });
    }),
  );
}
