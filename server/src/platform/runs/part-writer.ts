/**
 * Stores the parts of all streams of this process: one INSERT per flush, one flush at a time. A stream's first part is
 * flushed at once, later ones together. Each flush checks in the same statement that the run is still in the attempt
 * that opened the writer; a writer whose run was taken over is cut instead of mixing its parts into the new attempt's.
 */
import type { Pool } from 'pg';
import type { StreamPart } from '@piper/shared/stream/parts';
import { isDatabaseAway, withPatience } from '../db/patience.ts';
import { openPartQueue, storableJson, type PartQueue } from './part-queue.ts';
import type { PartWriter, StoredPart } from './parts.ts';

/** Between flushes: fewer streams are flushed more often. */
const quickFlushMs = 40;
const busyFlushMs = 90;
const busyStreams = 20;

/** The attempt a writer belongs to. */
export interface Fence {
  runId: string;
  executor: string | null;
  attempt: number;
  lastSeq: number;
}

interface Stream {
  fence: Fence;
  queue: PartQueue;
  isNew: boolean;
  isClosing: boolean;
  error: unknown;
}

interface Batch {
  stream: Stream;
  parts: StoredPart[];
}

export class WriterCut extends Error {
  constructor(runId: string) {
    super(`run ${runId} is no longer executed here`);
    this.name = 'WriterCut';
  }
}

const hasParts = (stream: Stream): boolean => !stream.error && !stream.queue.isEmpty(stream.isClosing);

/** Opens the common store; `onStored` gets each stream's parts after they were stored. */
export function openPartStore(pool: Pool, onStored: OnStored) {
  const streams = new Set<Stream>();
  let timer: NodeJS.Timeout | undefined;
  let flushing: Promise<void> | undefined;
  let lastFlush = 0;

  function schedule(atOnce: boolean): void {
    if (flushing) return;
    const interval = streams.size > busyStreams ? busyFlushMs : quickFlushMs;
    const wait = atOnce ? 0 : lastFlush + interval - performance.now();
    if (timer && !atOnce) return;
    clearTimeout(timer);
    if (wait <= 0) return void flush();
    timer = setTimeout(flush, wait);
  }

  function flush(): Promise<void> {
    timer = undefined;
    flushing ??= flushAll().finally(() => {
      flushing = undefined;
      const waiting = [...streams].filter(hasParts);
      if (waiting.length > 0) schedule(waiting.some((stream) => stream.isNew));
    });
    return flushing;
  }

  async function flushAll(): Promise<void> {
    // What is pushed in the same turn of the loop rides along.
    await Promise.resolve();
    lastFlush = performance.now();
    const batches: Batch[] = [];
    for (const stream of streams) {
      if (!hasParts(stream)) continue;
      stream.isNew = false;
      batches.push({ stream, parts: stream.queue.take(stream.isClosing) });
    }
    if (batches.length > 0) await storeBatches(pool, batches, onStored);
  }

  async function drain(stream: Stream): Promise<void> {
    while (flushing || hasParts(stream)) await (flushing ?? flush());
    if (stream.error) throw stream.error;
  }

  return {
    open(fence: Fence): PartWriter {
      const stream: Stream = { fence, queue: openPartQueue(fence.lastSeq), isNew: true, isClosing: false, error: undefined };
      streams.add(stream);
      return {
        push(part: StreamPart) {
          if (stream.error) return;
          stream.queue.push(part);
          schedule(stream.isNew || part.type === 'finish');
        },
        flush: () => drain(stream),
        async close() {
          stream.isClosing = true;
          try {
            await drain(stream);
          } finally {
            streams.delete(stream);
          }
        },
      };
    },
    /** Whether a stream of this run is being written here. */
    has: (runId: string): boolean => [...streams].some((stream) => stream.fence.runId === runId),
  };
}

const insertParts = `
  with part as (
    select * from unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::int[]) as p (run_id, seq, part, executor, attempt)
  ), held as (
    select distinct r.id from part p join piper.runs r
      on r.id = p.run_id and r.status = 'running' and r.attempt = p.attempt and r.executor is not distinct from p.executor
  ), stored as (
    insert into piper.run_parts (run_id, seq, part)
    select p.run_id, p.seq, p.part::jsonb from part p join held h on h.id = p.run_id
    on conflict (run_id, seq) do nothing
  )
  select id from held`;

async function insertBatches(pool: Pool, batches: readonly Batch[]): Promise<Set<string>> {
  const rows = batches.flatMap(({ stream, parts }) => parts.map((stored) => ({ stored, fence: stream.fence })));
  const result = await pool.query<{ id: string }>({
    name: 'insert_run_parts',
    text: insertParts,
    values: [
      rows.map((row) => row.fence.runId),
      rows.map((row) => row.stored.seq),
      rows.map((row) => storableJson(row.stored.part)),
      rows.map((row) => row.fence.executor),
      rows.map((row) => row.fence.attempt),
    ],
  });
  return new Set(result.rows.map((row) => row.id));
}

type OnStored = (runId: string, parts: StoredPart[]) => void;

/** Storing again after a lost connection is safe: a part that got through is not stored twice. */
async function storeBatches(pool: Pool, batches: readonly Batch[], onStored: OnStored): Promise<void> {
  try {
    const held = await withPatience(() => insertBatches(pool, batches));
    for (const { stream, parts } of batches) {
      if (held.has(stream.fence.runId)) onStored(stream.fence.runId, parts);
      else stream.error = new WriterCut(stream.fence.runId);
    }
  } catch (error) {
    // A part that can't be stored must not take the other streams with it.
    if (batches.length > 1 && !isDatabaseAway(error)) for (const batch of batches) await storeBatches(pool, [batch], onStored);
    else for (const { stream } of batches) stream.error = error;
  }
}
