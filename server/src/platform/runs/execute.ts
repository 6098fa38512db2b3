/** Executes one attempt of a run and ends it. */
import { errorCatalogue, PiperError } from '@piper/shared/errors';
import { system } from '../actor.ts';
import { ctxFor, type Ctx, type TxCtx } from '../ctx.ts';
import { withPatience } from '../db/patience.ts';
import { afterCommit, inTx } from '../db/tx.ts';
import type { Deps } from '../deps.ts';
import { appendEvents, type NewEvent } from '../events/append.ts';
import type { EndedRun, RunCut, RunHandle, RunKind } from './kind.ts';
import { packPayload, unpackPayload } from './payloads.ts';
import { endRunRow, isHeld, releaseRun, type RunEnding, type RunFence, type RunRow } from './run-rows.ts';
import { openSteps, RunLost } from './steps.ts';

/** After so many attempts a run that kills its process every time is given up. */
export const maxAttempts = 5;

export interface Attempt {
  deps: Deps;
  kind: RunKind;
  run: RunRow;
  fence: RunFence;
  signal: AbortSignal;
  /** In the transaction that gave the run back: lets another process know. */
  requeue(tx: TxCtx, run: RunRow): Promise<void>;
}

/** What became of an attempt: the run's end, or `released` when another process shall go on. */
export type Outcome = RunEnding | 'released' | 'lost';

/** Executes the attempt and ends the run. Never throws: what can't be recorded is left to whoever takes the run over. */
export async function executeAttempt(attempt: Attempt): Promise<Outcome> {
  const { deps, run } = attempt;
  const ctx = ctxFor(deps, system, `run:${run.id}`);
  try {
    const outcome = barred(attempt) ?? (await attemptOutcome(attempt, ctx));
    if (outcome === 'lost') return outcome;
    if (outcome === 'released') return await release(attempt, ctx);
    await withPatience(() => endHeldRun(ctx, attempt, outcome.ending, outcome.returned));
    return outcome.ending;
  } catch (err) {
    ctx.log.error({ err, run: run.id, kind: run.kind }, 'the end of a run could not be recorded');
    return 'lost';
  }
}

interface Ended {
  ending: RunEnding;
  /** `execute` came back by itself, so the kind has taken care of its own end. */
  returned: boolean;
}

/** A run that must not be executed (again). */
function barred({ kind, run }: Attempt): Ended | undefined {
  if (run.cancelRequested) return { ending: { status: 'cancelled' }, returned: false };
  const cut = { code: 'run_interrupted', message: errorCatalogue.run_interrupted.message };
  if (run.attempt > 1 && (kind.afterCrash === 'interrupt' || run.attempt > maxAttempts))
    return { ending: { status: 'interrupted', error: cut }, returned: false };
  return undefined;
}

async function attemptOutcome(attempt: Attempt, ctx: Ctx): Promise<Ended | 'released' | 'lost'> {
  const { deps, kind, run, fence, signal } = attempt;
  try {
    const input = await unpackPayload(deps, run.input);
    const handle: RunHandle = {
      id: run.id,
      input,
      attempt: run.attempt,
      ctx,
      signal,
      ...(await openSteps({ ctx, fence, signal })),
    };
    const output = await kind.execute(handle);
    if (cutOf(signal) === 'lease_lost') return 'lost';
    const outputJson = await packPayload(deps, `runs/${run.id}/output`, output);
    return { ending: { status: cutOf(signal) === 'cancelled' ? 'cancelled' : 'done', outputJson }, returned: true };
  } catch (error) {
    return failureOutcome(attempt, ctx, error);
  }
}

const cutOf = (signal: AbortSignal): RunCut | undefined => signal.reason as RunCut | undefined;

function failureOutcome({ kind, run, signal }: Attempt, ctx: Ctx, error: unknown): Ended | 'released' | 'lost' {
  const cut = cutOf(signal);
  if (cut === 'lease_lost' || error instanceof RunLost) return 'lost';
  if (cut === 'cancelled') return { ending: { status: 'cancelled' }, returned: false };
  if (cut === 'shutdown' && kind.afterCrash === 'resume') return 'released';
  if (cut === 'shutdown')
    return {
      ending: { status: 'interrupted', error: { code: 'run_interrupted', message: errorCatalogue.run_interrupted.message } },
      returned: false,
    };
  if (error instanceof PiperError) {
    const status = error.code === 'step_unconfirmed' || error.code === 'run_interrupted' ? 'interrupted' : 'failed';
    return { ending: { status, error: { code: error.code, message: error.message } }, returned: false };
  }
  ctx.log.error({ err: error, run: run.id, kind: run.kind }, 'a run failed');
  return { ending: { status: 'failed', error: { code: 'internal', message: errorCatalogue.internal.message } }, returned: false };
}

/** Ends a run of this executor in one transaction with its kind's `onEnd`. A failing `onEnd` must not keep the run open. */
async function endHeldRun(ctx: Ctx, { kind, run, fence }: Attempt, ending: RunEnding, returned: boolean): Promise<void> {
  const end = (withHook: boolean) =>
    inTx(ctx, async (tx: TxCtx) => {
      if (!(await endRunRow(tx.db, run.id, ending, isHeld(fence)))) return;
      await announceEnd(tx, run, ending, withHook && !returned ? kind : undefined);
    });
  try {
    await end(true);
  } catch (err) {
    if (returned || !kind.onEnd) throw err;
    ctx.log.error({ err, run: run.id, kind: run.kind }, 'onEnd of a run failed; the run ends without it');
    await end(false);
  }
}

/** The events of a run's end, its kind's `onEnd`, and the wake-up of its readers. The row must have been ended in `ctx`'s transaction. */
export async function announceEnd(ctx: TxCtx, run: RunRow, ending: RunEnding, kind: RunKind | undefined): Promise<void> {
  if (kind?.onEnd && ending.status !== 'done') {
    const ended: EndedRun = {
      id: run.id,
      input: await unpackPayload(ctx.deps, run.input),
      status: ending.status,
      error: ending.error,
    };
    await kind.onEnd(ctx, ended);
  }
  await appendEvents(
    ctx,
    runEvents(run, 'run.ended', { status: ending.status, ...(ending.error ? { error: ending.error } : {}) }),
  );
  afterCommit(ctx.db, () => ctx.deps.parts.wake(run.id));
}

/** A run's event is heard on its own topic and on that of its thread, or of its project when it has no thread. */
export function runEvents(run: RunRow, type: string, data: Record<string, unknown> = {}): NewEvent[] {
  const place = run.threadId ? `thread:${run.threadId}` : run.projectId ? `project:${run.projectId}` : undefined;
  const shared = {
    type,
    subject: run.id,
    projectId: run.projectId ?? undefined,
    cause: run.cause ?? undefined,
    data: { runId: run.id, kind: run.kind, threadId: run.threadId, messageId: run.messageId, ...data },
  };
  return [`run:${run.id}`, ...(place ? [place] : [])].map((topic) => ({ topic, ...shared }));
}

async function release(attempt: Attempt, ctx: Ctx): Promise<Outcome> {
  const released = await withPatience(() => inTx(ctx, (tx: TxCtx) => releaseAndQueue(tx, attempt)));
  return released ? 'released' : 'lost';
}

async function releaseAndQueue(tx: TxCtx, { fence, requeue }: Attempt): Promise<boolean> {
  const run = await releaseRun(tx.db, fence);
  if (run) await requeue(tx, run);
  return run !== undefined;
}
