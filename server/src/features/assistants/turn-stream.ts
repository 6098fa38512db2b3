/** A turn's stream as the reply to the request that started it: the turn's frame, then the run's parts as they are stored. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { TurnFrame } from '@piper/shared/stream/parts';
import type { Deps } from '#platform/deps';

/** Often enough for proxies that close silent connections. */
const heartbeatMs = 15_000;

/**
 * Writes the stream until its `finish`, until the reader goes away, which stops nothing else, or until `closing`; a reader
 * that was cut goes on at GET /api/runs/:id/stream with the last `id:` it has.
 */
export async function sendTurn(deps: Deps, reply: FastifyReply, frame: TurnFrame, closing: AbortSignal): Promise<void> {
  const response = startEventStream(reply);
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const heartbeat = setInterval(() => response.write(': still here\n\n'), heartbeatMs);
  try {
    response.write(`event: turn\ndata: ${JSON.stringify(frame)}\n\n`);
    for await (const parts of deps.parts.read(frame.runId, 0, AbortSignal.any([gone.signal, closing]))) {
      const text = parts.map(({ seq, part }) => `event: part\nid: ${seq}\ndata: ${JSON.stringify(part)}\n\n`).join('');
      if (!response.write(text) && !gone.signal.aborted) await once(response, 'drain', { signal: gone.signal });
    }
  } catch (err) {
    // The status is sent: all that is left is to cut the stream, so that the reader resumes it.
    if (!gone.signal.aborted) reply.log.warn({ err, run: frame.runId }, 'a stream was cut');
  } finally {
    clearInterval(heartbeat);
    response.end();
  }
}

/** Takes the socket over from Fastify, with the headers its hooks have set. */
function startEventStream(reply: FastifyReply): ServerResponse {
  const headers = reply.getHeaders() as Record<string, string | string[]>;
  reply.hijack();
  const response = reply.raw;
  response.writeHead(200, {
    ...headers,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    // Proxies must not collect the stream.
    'x-accel-buffering': 'no',
  });
  response.socket?.setNoDelay(true);
  return response;
}
