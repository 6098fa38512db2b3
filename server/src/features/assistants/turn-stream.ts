/** A turn's stream as the reply to the request that started it: the turn's frame, then the run's parts as they are stored. */
import type { FastifyReply } from 'fastify';
import type { TurnFrame } from '@piper/shared/stream/parts';
import type { Deps } from '#platform/deps';
import { eventFrame, openEventStream } from '#platform/http/event-stream';

/**
 * Writes the stream until its `finish`, until the reader goes away, which stops nothing else, or until `closing`; a reader
 * that was cut goes on at GET /api/runs/:id/stream with the last `id:` it has.
 */
export async function sendTurn(deps: Deps, reply: FastifyReply, frame: TurnFrame, closing: AbortSignal): Promise<void> {
  const stream = openEventStream(reply);
  try {
    await stream.write(eventFrame({ event: 'turn', data: frame }));
    for await (const parts of deps.parts.read(frame.runId, 0, AbortSignal.any([stream.gone, closing]))) {
      await stream.write(parts.map(({ seq, part }) => eventFrame({ event: 'part', id: seq, data: part })).join(''));
    }
  } catch (err) {
    // The status is sent: all that is left is to cut the stream, so that the reader resumes it.
    if (!stream.gone.aborted) reply.log.warn({ err, run: frame.runId }, 'a stream was cut');
  } finally {
    stream.end();
  }
}
