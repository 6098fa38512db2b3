/**
 * What a durable run is made of, as features see it. A feature contributes kinds through `runKinds`; the executor
 * (this folder) records, leases, resumes and cancels them.
 */
import type { TurnFrame } from '@piper/shared/stream/parts';
import type { Ctx, TxCtx } from '../ctx.ts';
import type { Tx } from '../db/db.ts';

export type RunStatus = 'queued' | 'running' | 'waiting' | 'done' | 'failed' | 'cancelled' | 'interrupted';
export type StepEffect = 'pure' | 'idempotent' | 'once';

export interface RunKind<I = unknown, O = unknown> {
  /** Explicit and stable: rows name it. */
  name: string;
  /** `inline`: started at once by the process that committed it (a turn, in API processes). `queue`: taken by workers. */
  executes: 'inline' | 'queue';
  /** Whether a run cut by a crash is executed again (`resume`) or ends as `interrupted` (`interrupt`). */
  afterCrash: 'resume' | 'interrupt';
  /** Runs of this kind at once per process; queue kinds only. */
  concurrency?: number;
  /** Executes the run; finished steps of an earlier attempt are not repeated. The result becomes the run's output. */
  execute(run: RunHandle<I>): Promise<O>;
  /** Called in the transaction that ends the run in any way but by `execute` returning (cancelled, interrupted, failed). */
  onEnd?(ctx: TxCtx, run: EndedRun<I>): Promise<void>;
  /** What `event: turn`, the first frame of its stream, says; by default the ids that its row names. */
  firstFrame?(run: { id: string; input: I }): TurnFrame;
}

export interface RunHandle<I = unknown> {
  id: string;
  input: I;
  /** 1 for the first execution, +1 for each takeover or restart. */
  attempt: number;
  ctx: Ctx;
  /** Aborted by cancel, by shutdown and by the loss of the lease; `signal.reason` is a RunCut. */
  signal: AbortSignal;
  /** A recorded step: its result is kept, and after a crash it is returned instead of executing again. */
  step<T>(name: string, effect: StepEffect, work: (step: StepContext) => Promise<T>): Promise<T>;
  /** A recorded step that only writes to our database: its effect and its record commit together, so it happens exactly once. */
  transact<T>(name: string, work: (tx: TxCtx) => Promise<T>): Promise<T>;
}

export interface StepContext {
  /** Stable over attempts: send it to the outside as `Idempotency-Key`. */
  idempotencyKey: string;
  signal: AbortSignal;
}

export interface EndedRun<I = unknown> {
  id: string;
  input: I;
  status: Extract<RunStatus, 'failed' | 'cancelled' | 'interrupted'>;
  error: { code: string; message: string } | undefined;
}

/** Why a run's signal fired. */
export type RunCut = 'cancelled' | 'shutdown' | 'lease_lost';

export interface NewRun {
  id?: string;
  kind: string;
  input: Record<string, unknown>;
  projectId?: string | undefined;
  threadId?: string | undefined;
  messageId?: string | undefined;
  createdBy?: string | undefined;
  /** What it is pinned to, for example a workflow version. */
  pinned?: string | undefined;
  cause?: string | undefined;
}

declare module '../feature.ts' {
  interface Feature {
    // oxlint-disable-next-line typescript/no-explicit-any -- kinds of different inputs stand in one list; each is checked where it is defined
    runKinds?: RunKind<any, any>[];
  }
}

/** The executor, as features see it. */
export interface Runs {
  /** Writes the run's row in the caller's transaction and starts it after the commit. Returns its id. */
  start(ctx: { db: Tx } & Ctx, run: NewRun): Promise<string>;
  /** Asks a run to stop. It reaches the step that is executing, in whatever process. False when it had already ended. */
  cancel(ctx: Ctx, runId: string): Promise<boolean>;
}

declare module '../deps.ts' {
  interface Deps {
    runs: Runs;
  }
}
