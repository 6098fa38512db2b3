/**
 * Streams of runs. Parts are stored first (part-writer.ts) and pushed after: to readers in this process directly, to
 * other processes as a hint upon which they read the table. A reader that can't keep up holds no more than a bounded
 * queue; it reads the table instead.
 */
import type { Pool } from 'pg';
import { fail } from '@piper/shared/errors';
import type { StreamPart } from '@piper/shared/stream/parts';
import type { Notifier } from '../events/notifier.ts';
import { withPatience } from '../db/patience.ts';
import { openSleep } from '../events/tail.ts';
import { openPartStore, type Fence } from './part-writer.ts';
import type { PartStreams, StoredPart } from './parts.ts';

const channel = 'piper_parts';
const pageSize = 500;
/** Parts kept for one reader between its reads. */
const readerQueue = 200;
/** A hint may be lost: readers of runs that are executed elsewhere look again. */
const pollMs = 1_000;

interface Watcher {
  /** Pushed here and not read yet, without gaps among them. */
  waiting: StoredPart[];
  /** The table may hold what was not pushed: it must be asked. */
  mustLook: boolean;
  sleep: ReturnType<typeof openSleep>;
}

export interface PartStreamsOptions {
  pool: Pool;
  /** For storing parts. */
  writePool: Pool;
  notifier: Notifier;
}

/** Opens the streams of this process. */
export function openPartStreams({ pool, writePool, notifier }: PartStreamsOptions): PartStreams {
  const watchers = new Map<string, Set<Watcher>>();
  const wakeHere = (runId: string) => {
    for (const watcher of watchers.get(runId) ?? []) {
      watcher.mustLook = true;
      watcher.sleep.wake();
    }
  };
  const wakeAll = () => {
    for (const runId of watchers.keys()) wakeHere(runId);
  };
  notifier.listen(channel, wakeHere, wakeAll);

  const store = openPartStore(writePool, (runId, parts) => {
    for (const watcher of watchers.get(runId) ?? []) {
      if (watcher.waiting.length + parts.length <= readerQueue) watcher.waiting.push(...parts);
      else {
        watcher.waiting = [];
        watcher.mustLook = true;
      }
      watcher.sleep.wake();
    }
    notifier.send(channel, runId);
  });

  return {
    async writer(runId) {
      return store.open(await readFence(pool, runId));
    },
    read: (runId, after, signal) => readParts({ pool, runId, after, signal, watch: () => watch(watchers, runId) }),
    wake(runId) {
      wakeHere(runId);
      notifier.send(channel, runId);
    },
  };
}

async function readFence(pool: Pool, runId: string): Promise<Fence> {
  const { rows } = await pool.query<Fence & { status: string }>({
    name: 'part_fence',
    text: `select id as "runId", executor, attempt, status,
             coalesce((select max(seq) from piper.run_parts where run_id = id), 0) as "lastSeq" from piper.runs where id = $1`,
    values: [runId],
  });
  const fence = rows[0];
  if (!fence) throw new Error(`there is no run ${runId}`);
  if (fence.status !== 'running') throw new Error(`run ${runId} is ${fence.status}: nothing may be written to its stream`);
  return fence;
}

function watch(watchers: Map<string, Set<Watcher>>, runId: string) {
  const watcher: Watcher = { waiting: [], mustLook: true, sleep: openSleep() };
  const ofRun = watchers.get(runId) ?? new Set();
  watchers.set(runId, ofRun.add(watcher));
  return {
    watcher,
    stop() {
      ofRun.delete(watcher);
      if (ofRun.size === 0) watchers.delete(runId);
    },
  };
}

interface Read {
  pool: Pool;
  runId: string;
  after: number;
  signal: AbortSignal;
  watch: () => ReturnType<typeof watch>;
}

/** Watches first and reads the table then, so that no part falls between. */
async function* readParts({ pool, runId, after, signal, watch: startWatching }: Read): AsyncGenerator<StoredPart[]> {
  const { watcher, stop } = startWatching();
  const onAbort = watcher.sleep.wake;
  signal.addEventListener('abort', onAbort);
  let last = after;
  try {
    while (!signal.aborted) {
      const { parts, ended } = await nextParts(watcher, { pool, runId, after: last, signal });
      if (parts.length > 0) {
        last = parts.at(-1)!.seq;
        yield parts;
      }
      if (ended || parts.at(-1)?.part.type === 'finish') return;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    stop();
  }
}

/**
 * What was pushed; else what the table holds, which is asked only when it may hold more than was pushed, or when nothing
 * came for a while. Empty when it is time to look again.
 */
async function nextParts(
  watcher: Watcher,
  { pool, runId, after, signal }: Omit<Read, 'watch'>,
): Promise<{ parts: StoredPart[]; ended?: true }> {
  const pushed = takePushed(watcher, after);
  if (pushed.length > 0) return { parts: pushed };
  if (!watcher.mustLook) {
    await watcher.sleep.until(pollMs);
    watcher.mustLook ||= watcher.waiting.length === 0;
    return { parts: [] };
  }
  // Before the question: what happens while it is answered must be looked after once more.
  watcher.mustLook = false;
  const stored = await withPatience(() => readStored(pool, runId, after), signal);
  const ending = stored.length > 0 ? 'more' : await withPatience(() => readEnding(pool, runId, after), signal);
  if (ending === 'more') watcher.mustLook = true;
  else if (ending) return { parts: ending, ended: true };
  return { parts: stored };
}

/** What was pushed and follows on what the reader has; where it leaves a gap, the table must be asked. */
function takePushed(watcher: Watcher, last: number): StoredPart[] {
  const fresh = watcher.waiting.filter((stored) => stored.seq > last);
  watcher.waiting = [];
  if (fresh.length === 0 || fresh[0]?.seq === last + 1) return fresh;
  watcher.mustLook = true;
  return [];
}

async function readStored(pool: Pool, runId: string, after: number): Promise<StoredPart[]> {
  const { rows } = await pool.query<StoredPart>({
    name: 'read_run_parts',
    text: `select seq, part from piper.run_parts where run_id = $1 and seq > $2 order by seq limit ${pageSize}`,
    values: [runId, after],
  });
  return rows;
}

interface RunEnd {
  status: string;
  error: { code: string; message: string } | null;
  last: number;
  finished: boolean;
}

/**
 * The parts that close the stream of a run that ended without having written them (it was cancelled before it began, or
 * its process died); empty when the reader has all; `more` when parts were stored meanwhile; undefined while the run goes on.
 */
async function readEnding(pool: Pool, runId: string, after: number): Promise<StoredPart[] | 'more' | undefined> {
  const { rows } = await pool.query<RunEnd>({
    name: 'run_ending',
    text: `select r.status, r.error, coalesce(p.seq, 0) as last, coalesce(p.part ->> 'type' = 'finish', false) as finished
           from piper.runs r left join lateral (select seq, part from piper.run_parts where run_id = r.id order by seq desc limit 1) p on true
           where r.id = $1`,
    values: [runId],
  });
  const run = rows[0];
  if (!run) fail('not_found');
  const parts = closingParts(run);
  if (!parts) return undefined;
  if (run.last > after) return 'more';
  return parts.map((part, index) => ({ seq: run.last + index + 1, part })).filter((stored) => stored.seq > after);
}

function closingParts({ status, error, finished }: RunEnd): StreamPart[] | undefined {
  const finish = (reason: 'stop' | 'cancelled' | 'interrupted' | 'error'): StreamPart => ({
    type: 'finish',
    reason,
    usage: null,
  });
  if (finished) return [];
  switch (status) {
    case 'done':
      return [finish('stop')];
    case 'cancelled':
      return [finish('cancelled')];
    case 'interrupted':
      return [finish('interrupted')];
    case 'failed':
      return [{ type: 'error', code: error?.code ?? 'internal', message: error?.message ?? 'The run failed.' }, finish('error')];
    default:
      return undefined;
  }
}
