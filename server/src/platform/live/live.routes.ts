/** The live protocol without WebSockets: frames by server-sent events, typing and presence by POST. */
import type { FastifyInstance } from 'fastify';
import { fail } from '@piper/shared/errors';
import { listenLive, liveProtocol, sendLive } from '@piper/shared/events';
import { eventFrame, openEventStream } from '../http/event-stream.ts';
import { toPiperError } from '../http/errors.ts';
import { contextOf, schemaOf, serve } from '../http/serve.ts';
import { sendFrame } from './client.ts';
import type { Gateway } from './gateway.ts';
import type { Topic } from './topics.ts';

export function serveEventStream(app: FastifyInstance, gateway: Gateway): void {
  const { deps } = gateway;

  serve(app, deps, sendLive, async (ctx, { body }) => {
    const topic = gateway.topicOf(body.topic);
    await topic.kind.authorize(ctx, topic.ids);
    gateway.tell(ctx, body);
    return {};
  });

  app.get<{ Querystring: { topic: string[]; cursor?: string; filter?: string } }>(
    listenLive.path,
    { schema: streamSchema(), config: { access: listenLive.access } },
    async (request, reply) => {
      const ctx = contextOf(deps, request);
      const topics = [...new Set(request.query.topic)].map((name) => gateway.topicOf(name));
      // Refused in JSON, before the first byte of the stream.
      const filter = filterOf(request.query.filter);
      for (const { kind, ids } of topics) if (!(await kind.open?.(ctx, ids, filter))) await kind.authorize(ctx, ids);
      const stream = openEventStream(reply);
      // Topics are replayed one after another: until all are, a frame's cursor is not where all of them can go on.
      let isCaughtUp = false;
      const client = gateway.connect(
        ctx,
        { headers: request.headers, ip: request.ip },
        {
          send: (text) => void stream.write(isCaughtUp ? withId(text) : `data: ${text}\n\n`),
          waiting: stream.waiting,
          close: () => stream.end(),
        },
      );
      stream.gone.addEventListener('abort', () => gateway.disconnect(client));
      void stream.write(eventFrame({ data: { type: 'hello', protocol: liveProtocol, cursor: deps.events.cursor() } }));
      const header = request.headers['last-event-id'];
      const cursor = typeof header === 'string' && header !== '' ? header : request.query.cursor;
      for (const topic of topics) await subscribe(topic);
      isCaughtUp = true;

      async function subscribe(topic: Topic): Promise<void> {
        try {
          await gateway.hub.subscribe(client, topic, { cursor, filter });
        } catch (thrown) {
          const { code, message } = toPiperError(thrown);
          sendFrame(client, { type: 'error', code, message, topic: topic.name });
        }
      }
    },
  );
}

function filterOf(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return fail('bad_filter', 'The filter is not valid JSON.');
  }
}

/** The cursor of a durable frame is the event's id, which browsers send back by themselves when they reconnect. */
function withId(text: string): string {
  const cursor = /^\{"type":"event",.*?"cursor":"([\w-]+)"/.exec(text)?.[1];
  return `${cursor === undefined ? '' : `id: ${cursor}\n`}data: ${text}\n\n`;
}

function streamSchema(): Record<string, unknown> {
  const schema = schemaOf(listenLive);
  const stream = { description: 'Frames of the live protocol', content: { 'text/event-stream': { schema: { type: 'string' } } } };
  return { ...schema, response: { ...(schema['response'] as object), 200: stream } };
}
