/** `POST /api/projects/:project/batch`. */
import type { FastifyInstance } from 'fastify';
import { runBatch } from '@piper/shared/records';
import type { TxCtx } from '#platform/ctx';
import type { Deps } from '#platform/deps';
import { inTx } from '#platform/db/tx';
import { serve } from '#platform/http/serve';
import { withFreshCatalogue } from '#features/data-models';
import { doBatch } from './batch.ts';
import { sendAnswer, type ProjectCtx } from './items.place.ts';
import { once } from './once.ts';

export function serveBatch(app: FastifyInstance, deps: Deps): void {
  serve(app, deps, runBatch, (ctx, { params, body }, http) =>
    withFreshCatalogue(ctx, params.project, async (place) => {
      const answer = await once(place, http, async (own) => ({
        body: { data: await inTx(own, (tx) => doBatch(tx as TxCtx & ProjectCtx, body.operations)) },
      }));
      return sendAnswer(http.reply, answer) as never;
    }),
  );
}
