/** A run's stream as the reply to a request: its first frame, then its parts as they are stored. */
import type { FastifyReply } from 'fastify';
import { PiperError } from '@piper/shared/errors';
import type { Ctx } from '../ctx.ts';
import { withPatience } from '../db/patience.ts';
import { concernsActor, endsCredential, mayChangeRights } from '../events/concerns.ts';
import type { LogEvent } from '../events/log-reader.ts';
import { eventFrame, openEventStream } from '../http/event-stream.ts';
import { access } from '../records/records.ts';

/** Deleting a thread or project cancels its runs: who reads one is still told that it ended. */
const graceMs = 400;

interface Sending {
  reply: FastifyReply;
  runId: string;
  /** Parts up to this number are left out. */
  after: number;
  frame: object;
  /** The server closes. */
  closing: AbortSignal;
}

/**
 * Writes the stream until its `finish`, until the reader goes away, which stops nothing else, until the reader loses the right
 * to see the run, or until the server closes; a reader that was cut goes on at GET /api/runs/:id/stream with the last `id:`
 * it has.
 */
export async function sendParts(ctx: Ctx, { reply, runId, after, frame, closing }: Sending): Promise<void> {
  const { deps } = ctx;
  const stream = openEventStream(reply);
  const rights = watchRights(ctx, runId);
  try {
    await stream.write(eventFrame({ event: 'turn', data: frame }));
    const until = AbortSignal.any([stream.gone, closing, rights.lost]);
    for await (const parts of deps.parts.read(runId, after, until)) {
      await stream.write(parts.map(({ seq, part }) => eventFrame({ event: 'part', id: seq, data: part })).join(''));
    }
  } catch (err) {
    // The status is sent: all that is left is to cut the stream, so that the reader resumes it.
    if (!stream.gone.aborted) reply.log.warn({ err, run: runId }, 'a stream was cut');
  } finally {
    rights.stop();
    stream.end();
  }
}

/** Looks at the reader's rights again whenever the log tells of something that may have changed them. */
function watchRights(ctx: Ctx, runId: string): { lost: AbortSignal; stop(): void } {
  const lost = new AbortController();
  const look = async (): Promise<void> => {
    try {
      await withPatience(() => access(ctx, 'runs', runId, 'read', ['id']));
    } catch (error) {
      if (!(error instanceof PiperError)) ctx.log.warn({ err: error, run: runId }, 'rights could not be checked');
      setTimeout(() => lost.abort(), graceMs);
    }
  };
  const hear = (events: readonly LogEvent[]): void => {
    const concerning = events.filter((event) => mayChangeRights(event) && concernsActor(event, ctx.actor));
    if (concerning.some((event) => endsCredential(event, ctx.actor))) lost.abort();
    else if (concerning.length > 0) void look();
  };
  return { lost: lost.signal, stop: ctx.deps.events.listen(hear) };
}
