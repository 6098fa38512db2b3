/**
 * Durable runs, as features see them. piper.runs is the truth: who executes which attempt stands in the row, and every
 * change is fenced by it. An inline run (a turn) is executed at once by the process that committed it; a queued one is
 * dequeued by DBOS. A run whose executor died or gave it back is `queued` again, and the next process goes on with it.
 */
import { sql } from 'kysely';
import { fail } from '@piper/shared/errors';
import type { Ctx, TxCtx } from '../ctx.ts';
import { afterCommit, inTx } from '../db/tx.ts';
import type { Deps } from '../deps.ts';
import { appendEvents } from '../events/append.ts';
import { contributed, type Feature } from '../feature.ts';
import { newId } from '../ids.ts';
import { gauge } from '../metrics.ts';
import { announceEnd, runEvents } from './execute.ts';
import { openExecutor, type Executor } from './executor.ts';
import type { NewRun, RunKind, Runs } from './kind.ts';
import { packPayload } from './payloads.ts';
import { endRunRow, insertRun, lockRun, requestCancel } from './run-rows.ts';

export interface OpenRuns {
  runs: Runs;
  kinds: ReadonlyMap<string, RunKind>;
  /** Begins to execute: takes the lease, goes on with what was left, and takes queued runs where this process is a worker. */
  start(): Promise<void>;
  /** Takes no new run, waits some seconds for those somebody waits for, and gives back what is not done. */
  stop(): Promise<void>;
}

/** Opens the executor of the kinds of `features`; it executes nothing before `start`. */
export function openRuns(deps: Deps, features: readonly Feature[]): OpenRuns {
  const all = contributed(features, 'runKinds').flat() as RunKind[];
  const kinds = new Map(all.map((kind) => [kind.name, kind]));
  if (kinds.size < all.length) throw new Error('two run kinds have the same name');
  const executor = openExecutor(deps, kinds);
  gauge('piper_runs_open', 'Runs that are queued, running or waiting', () => countOpen(deps));
  return {
    runs: { start: (ctx, run) => startRun(executor, ctx, run), cancel: (ctx, runId) => cancelRun(executor, ctx, runId) },
    kinds,
    start: executor.start,
    stop: executor.stop,
  };
}

async function countOpen({ db }: Deps): Promise<number> {
  const { rows } = await sql<{
    n: number;
  }>`select count(*)::int as n from piper.runs where status in ('queued', 'running', 'waiting')`.execute(db);
  return rows[0]?.n ?? 0;
}

async function startRun(executor: Executor, ctx: TxCtx, run: NewRun): Promise<string> {
  const kind = executor.kinds.get(run.kind);
  if (!kind) throw new Error(`there is no run kind ${run.kind}`);
  const id = run.id ?? newId();
  const ref = kind.executes === 'inline' ? executor.inlineRef() : undefined;
  const row = await insertRun(ctx.db, {
    id,
    kind: run.kind,
    inputJson: await packPayload(ctx.deps, `runs/${id}/input`, run.input),
    executor: ref,
    projectId: run.projectId,
    threadId: run.threadId,
    messageId: run.messageId,
    createdBy: run.createdBy,
    pinned: run.pinned,
    cause: run.cause,
  });
  if (!row) return id;
  if (kind.executes === 'queue') await executor.queue.enqueue(ctx.db, row);
  await appendEvents(ctx, runEvents(row, ref ? 'run.started' : 'run.queued', { attempt: row.attempt }));
  // Whatever keeps it from beginning here, the lease's loss included, is found by the next look after the runs.
  afterCommit(ctx.db, () => (ref ? executor.begin(row) : executor.announceQueued()));
  return id;
}

/** Queued runs end here and now; a running one is cut in its process, which ends it. */
async function cancelRun(executor: Executor, ctx: Ctx, runId: string): Promise<boolean> {
  return inTx(ctx, async (tx: TxCtx) => {
    const run = await lockRun(tx.db, runId);
    if (!run) fail('not_found');
    switch (run.status) {
      case 'running':
        await requestCancel(tx.db, runId);
        afterCommit(tx.db, () => executor.cut(runId));
        return true;
      case 'queued':
      case 'waiting':
        await endRunRow(tx.db, runId, { status: 'cancelled' }, sql`true`);
        await announceEnd(tx, run, { status: 'cancelled' }, executor.kinds.get(run.kind));
        return true;
      default:
        return false;
    }
  });
}
