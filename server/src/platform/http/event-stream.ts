/** A reply as a stream of server-sent events, written outside Fastify's serialisation. */
import { once } from 'node:events';
import type { FastifyReply } from 'fastify';

/** Often enough for proxies that close silent connections. */
const heartbeatMs = 15_000;

export interface EventStream {
  /** Aborted when the reader went away. */
  gone: AbortSignal;
  /** Writes raw frames; resolves when the reader keeps up. Nothing happens when it is gone. */
  write(frames: string): Promise<void>;
  /** Bytes the reader has not taken yet. */
  waiting(): number;
  end(): void;
}

/** Takes the socket over from Fastify, with the headers its hooks have set, and keeps it alive until `end`. */
export function openEventStream(reply: FastifyReply): EventStream {
  const headers = reply.getHeaders() as Record<string, string | string[]>;
  reply.hijack();
  const response = reply.raw;
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  response.on('error', () => gone.abort());
  response.writeHead(200, {
    ...headers,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    // Proxies must not collect the stream.
    'x-accel-buffering': 'no',
  });
  response.flushHeaders();
  const heartbeat = setInterval(() => response.write(': still here\n\n'), heartbeatMs);
  gone.signal.addEventListener('abort', () => clearInterval(heartbeat));
  return {
    gone: gone.signal,
    async write(frames) {
      if (gone.signal.aborted || response.write(frames)) return;
      await once(response, 'drain', { signal: gone.signal }).catch(() => undefined);
    },
    waiting: () => response.writableLength,
    end() {
      clearInterval(heartbeat);
      const { socket } = response;
      response.end(() => {
        // A closing server ends only the connections that are idle by then: one that becomes so later would hold it up.
        if (!reply.server.server.listening) socket?.end();
      });
    },
  };
}

/** One frame. `data` is JSON, which has no line breaks. */
export function eventFrame(frame: { event?: string; id?: string | number; data: unknown }): string {
  const event = frame.event === undefined ? '' : `event: ${frame.event}\n`;
  const id = frame.id === undefined ? '' : `id: ${frame.id}\n`;
  return `${event}${id}data: ${JSON.stringify(frame.data)}\n\n`;
}
