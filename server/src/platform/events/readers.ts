/**
 * Durable readers: whatever must see every event, also those written while no process ran (webhooks, triggers). Each
 * has a cursor row; the handler's writes and the cursor commit together, so an event has its effect exactly once.
 */
import { sql } from 'kysely';
import { system } from '../actor.ts';
import { ctxFor, type TxCtx } from '../ctx.ts';
import { inTx } from '../db/tx.ts';
import type { Deps } from '../deps.ts';
import { contributed, type Feature } from '../feature.ts';
import type { LogPosition } from './cursor.ts';
import { measureBacklog, readHead, readLog, type Backlog, type LogEvent } from './log-reader.ts';
import { openSleep, type Tail } from './tail.ts';

export interface EventReader {
  /** Explicit and stable: the cursor row is found by it. */
  name: string;
  /** Only these types of events; all, if undefined. */
  types?: readonly string[];
  /** Where a reader that never ran begins. */
  from?: 'start' | 'head';
  /**
   * Handles the next events in order, in one transaction with the cursor; throwing undoes both and they come again.
   * It must be quick (the whole log waits for open transactions that write): longer work and outside calls are runs it starts.
   */
  handle(ctx: TxCtx, events: readonly LogEvent[]): Promise<void>;
}

declare module '../feature.ts' {
  interface Feature {
    eventReaders?: EventReader[];
  }
}

/** Declares a durable reader; it begins at the head unless told otherwise. */
export const defineReader = (reader: EventReader): EventReader => reader;

const pageSize = 200;
/** Also without a wake-up: the process that held a reader may have died. */
const pollMs = 5_000;

/** Runs the durable readers of `features` in this process; of several processes one at a time handles a reader's events. */
export async function startReaders(deps: Deps, features: readonly Feature[], tail: Tail): Promise<{ close(): Promise<void> }> {
  const readers = contributed(features, 'eventReaders').flat();
  const names = new Set(readers.map((reader) => reader.name));
  if (names.size < readers.length) throw new Error('two event readers have the same name');
  const loops = await Promise.all(readers.map((reader) => startReader(deps, reader, tail)));
  return {
    async close() {
      await Promise.all(loops.map((loop) => loop.close()));
    },
  };
}

async function startReader(deps: Deps, reader: EventReader, tail: Tail) {
  await ensureCursor(deps, reader);
  const sleep = openSleep();
  const pause = openSleep();
  const forget = tail.listen(sleep.wake);
  let stopped = false;
  const loop = async () => {
    let delay = 100;
    while (!stopped) {
      try {
        const more = await handleNext(deps, reader);
        delay = 100;
        if (!more) await sleep.until(pollMs);
      } catch (err) {
        deps.log.error({ err, reader: reader.name }, 'an event reader failed; its events come again');
        await pause.until(delay);
        delay = Math.min(delay * 2, 30_000);
      }
    }
  };
  const running = loop();
  return {
    async close() {
      stopped = true;
      forget();
      sleep.wake();
      pause.wake();
      await running;
    },
  };
}

async function ensureCursor(deps: Deps, reader: EventReader): Promise<void> {
  const from = reader.from === 'start' ? { transactionId: 0n, position: 0 } : await readHead(deps.db);
  await sql`insert into piper.event_cursors (reader, transaction_id, position)
    values (${reader.name}, ${String(from.transactionId)}::xid8, ${from.position}) on conflict do nothing`.execute(deps.db);
}

/** Whether there may be more. An advisory lock instead of a row lock, since that would give the transaction an id at once and hold up the log. */
async function handleNext(deps: Deps, reader: EventReader): Promise<boolean> {
  return inTx(ctxFor(deps, system, `reader:${reader.name}`), async (ctx) => {
    const lock = await sql<{
      ok: boolean;
    }>`select pg_try_advisory_xact_lock(hashtextextended(${`piper.reader.${reader.name}`}, 0)) as ok`.execute(ctx.db);
    if (!lock.rows[0]?.ok) return false;
    const after = await readCursor(ctx.db, reader.name);
    const page = await readLog(ctx.db, { after, limit: pageSize });
    const last = page.events.at(-1);
    if (!last) return false;
    // Filtered here and not in SQL, so that the cursor also passes over what the reader does not want.
    const wanted = reader.types ? page.events.filter((event) => reader.types?.includes(event.type)) : page.events;
    if (wanted.length > 0) await reader.handle(ctx, wanted);
    await sql`update piper.event_cursors set transaction_id = ${String(last.transactionId)}::xid8, position = ${last.position}, updated_at = now()
      where reader = ${reader.name}`.execute(ctx.db);
    return page.events.length === pageSize;
  });
}

async function readCursor(db: Deps['db'], name: string): Promise<LogPosition> {
  const { rows } = await sql<{ id: string; position: number }>`
    select transaction_id::text as id, position from piper.event_cursors where reader = ${name}`.execute(db);
  const row = rows[0];
  if (!row) throw new Error(`the cursor of reader ${name} is gone`);
  return { transactionId: BigInt(row.id), position: row.position };
}

/** How far each durable reader is behind the log. */
export async function measureReaders(db: Deps['db']): Promise<(Backlog & { reader: string })[]> {
  const { rows } = await sql<{ reader: string; id: string; position: number }>`
    select reader, transaction_id::text as id, position from piper.event_cursors order by reader`.execute(db);
  return Promise.all(
    rows.map(async (row) => ({
      reader: row.reader,
      ...(await measureBacklog(db, { transactionId: BigInt(row.id), position: row.position })),
    })),
  );
}
