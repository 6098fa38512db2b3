/** Comments on a record. */
import type { FastifyInstance } from 'fastify';
import { createRecordComment, deleteRecordComment, listRecordComments, updateRecordComment } from '@piper/shared/records';
import type { Deps } from '#platform/deps';
import { serve } from '#platform/http/serve';
import { createComment, deleteComment, listCommentsOf, updateComment } from './comments.ts';
import { inPlace } from './items.place.ts';
import { once } from './once.ts';

export function serveComments(app: FastifyInstance, deps: Deps): void {
  serve(app, deps, listRecordComments, (ctx, { params, query }) =>
    inPlace(ctx, params, {}, (place) => {
      const { limit, cursor } = query as { limit: number; cursor?: string };
      const page = { limit, ...(cursor === undefined ? {} : { cursor }) };
      return listCommentsOf(place.ctx, { model: place.model, id: params.id }, page);
    }),
  );
  serve(app, deps, createRecordComment, (ctx, { params, body }, http) =>
    inPlace(ctx, params, {}, async (place) => {
      const subject = { model: place.model, id: params.id };
      const work = async (own: typeof place.ctx) => ({ body: { data: await createComment(own, subject, body.text) } });
      return (await once(place.ctx, http, work)).body as never;
    }),
  );
  serve(app, deps, updateRecordComment, (ctx, { params, body }) =>
    inPlace(ctx, params, {}, async (place) => ({
      data: await updateComment(place.ctx, { model: place.model, id: params.id }, params.comment, body.text),
    })),
  );
  serve(app, deps, deleteRecordComment, (ctx, { params }) =>
    inPlace(ctx, params, {}, async (place) => {
      await deleteComment(place.ctx, { model: place.model, id: params.id }, params.comment);
      return undefined as never;
    }),
  );
}
