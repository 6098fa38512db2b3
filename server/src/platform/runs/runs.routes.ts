/** Cancelling runs and reading their streams. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { fail } from '@piper/shared/errors';
import { cancelRun, streamRun } from '@piper/shared/runs';
import type { Ctx } from '../ctx.ts';
import type { Deps } from '../deps.ts';
import { contextOf, schemaOf, serve } from '../http/serve.ts';
import { access } from '../records/records.ts';
import type { RunKind } from './kind.ts';
import { unpackPayload } from './payloads.ts';
import { findRun } from './run-rows.ts';
import { sendParts } from './send-parts.ts';

export function serveRuns(app: FastifyInstance, deps: Deps, kinds: ReadonlyMap<string, RunKind>): void {
  const closing = new AbortController();
  // Runs are waited for before this; what still streams then goes on in the next process.
  app.addHook('preClose', async () => closing.abort());

  serve(app, deps, cancelRun, async (ctx, { params }) => {
    await access(ctx, 'runs', params.id, 'update', ['id']);
    if (!(await deps.runs.cancel(ctx, params.id))) fail('run_finished');
    return { data: { id: params.id } };
  });

  app.get<{ Params: { id: string }; Querystring: { after?: number } }>(
    streamRun.path,
    { schema: streamSchema(), config: { access: streamRun.access } },
    async (request, reply) => {
      const ctx = contextOf(deps, request);
      await access(ctx, 'runs', request.params.id, 'read', ['id']);
      const after = request.query.after ?? lastEventId(request);
      const frame = await firstFrame(ctx, request.params.id, kinds);
      await sendParts(ctx, { reply, runId: request.params.id, after, frame, closing: closing.signal });
    },
  );
}

function streamSchema(): Record<string, unknown> {
  const schema = schemaOf(streamRun);
  const stream = {
    description: 'The run as a stream of events',
    content: { 'text/event-stream': { schema: { type: 'string' } } },
  };
  return { ...schema, response: { ...(schema['response'] as object), 200: stream } };
}

/** What browsers send by themselves when they reconnect; anything else than a number is read from the start. */
function lastEventId(request: FastifyRequest): number {
  const header = request.headers['last-event-id'];
  return typeof header === 'string' && /^\d{1,9}$/.test(header) ? Number(header) : 0;
}

async function firstFrame({ deps }: Ctx, runId: string, kinds: ReadonlyMap<string, RunKind>): Promise<object> {
  const run = (await findRun(deps.db, runId)) ?? fail('not_found');
  const describe = kinds.get(run.kind)?.firstFrame;
  if (!describe) return { runId, threadId: run.threadId, messageId: run.messageId };
  return describe({ id: runId, input: await unpackPayload(deps, run.input) });
}
