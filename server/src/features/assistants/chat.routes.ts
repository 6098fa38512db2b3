import type { FastifyInstance } from 'fastify';
import { chat, continueMessage, type ChatBody } from '@piper/shared/assistants';
import type { Deps } from '#platform/deps';
import { contextOf, schemaOf } from '#platform/http/serve';
import { sendParts } from '#platform/runs/send-parts';
import { continueAnswer, startTurn } from './chat.service.ts';

/** Streaming routes stay plain Fastify: whatever is refused is refused in JSON, before the first byte of the stream. */
export function serveChat(app: FastifyInstance, deps: Deps): void {
  const closing = new AbortController();
  // Runs are waited for before this; what still streams then goes on in the next process.
  app.addHook('preClose', async () => closing.abort());

  app.post<{ Body: ChatBody }>(
    chat.path,
    { schema: eventStreamSchema(chat), config: { access: chat.access } },
    async (request, reply) => {
      const ctx = contextOf(deps, request);
      const frame = await startTurn(ctx, request.body);
      await sendParts(ctx, { reply, runId: frame.runId, after: 0, frame, closing: closing.signal });
    },
  );

  app.post<{ Params: { id: string }; Body: { clientId: string; aiModel?: string } }>(
    continueMessage.path,
    { schema: eventStreamSchema(continueMessage), config: { access: continueMessage.access } },
    async (request, reply) => {
      const ctx = contextOf(deps, request);
      const frame = await continueAnswer(ctx, request.params.id, request.body);
      await sendParts(ctx, { reply, runId: frame.runId, after: 0, frame, closing: closing.signal });
    },
  );
}

function eventStreamSchema(contract: Parameters<typeof schemaOf>[0]): Record<string, unknown> {
  const schema = schemaOf(contract);
  const stream = {
    description: 'The turn as a stream of events',
    content: { 'text/event-stream': { schema: { type: 'string' } } },
  };
  return { ...schema, response: { ...(schema['response'] as object), 200: stream } };
}
