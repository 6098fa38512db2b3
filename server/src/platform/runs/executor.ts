/**
 * What this process executes, and its part in the common care for runs: it claims queued ones, gives back those whose
 * executor died, and hears cancellations. `runs.ts` is what features see.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { system } from '../actor.ts';
import { ctxFor, type TxCtx } from '../ctx.ts';
import { afterCommit, inTx } from '../db/tx.ts';
import type { Deps } from '../deps.ts';
import { appendEvents } from '../events/append.ts';
import { executeAttempt, runEvents } from './execute.ts';
import type { RunCut, RunKind } from './kind.ts';
import { openLease, type Lease } from './lease.ts';
import { openRunQueue, type RunQueue } from './queue.ts';
import { claimRuns, hasQueued, listCancelRequested, releaseOrphans, type RunFence, type RunRow } from './run-rows.ts';

const channel = 'piper_runs';
/** Inline runs one process takes over at once. */
const claimLimit = 50;
// Together less than what a stopping process has (shutdown.ts).
const drainMs = 6_500;
/** After the cut, what is left gets this long to record its state. */
const releaseMs = 1_000;

interface Executing {
  kind: RunKind;
  controller: AbortController;
  done: Promise<unknown>;
}

export interface Executor {
  /** The lease under which an inline run may begin here now; undefined where none may. */
  inlineRef(): string | undefined;
  queue: RunQueue;
  kinds: ReadonlyMap<string, RunKind>;
  /** Executes a run whose row names this executor already. */
  begin(run: RunRow): void;
  /** Lets processes know that there is something to claim; here at once, elsewhere by a signal. */
  announceQueued(): void;
  /** Stops a run wherever it is executing. */
  cut(runId: string): void;
  /** Queues a run that was given back, in the transaction that did it. */
  requeue(tx: TxCtx, run: RunRow): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

interface State {
  deps: Deps;
  kinds: ReadonlyMap<string, RunKind>;
  queue: RunQueue;
  executing: Map<string, Executing>;
  lease: Lease | undefined;
  draining: boolean;
}

export function openExecutor(deps: Deps, kinds: ReadonlyMap<string, RunKind>): Executor {
  const queue = openRunQueue(
    deps,
    [...kinds.values()].filter((kind) => kind.executes === 'queue'),
  );
  const state: State = { deps, kinds, queue, executing: new Map(), lease: undefined, draining: false };
  deps.events.notifier.listen(channel, (item) => {
    const [verb, what] = item.split(' ');
    if (verb === 'cancel') cutHere(state, what ?? '', 'cancelled');
    else claimHere(state);
  });
  return {
    inlineRef: () => (state.draining || !deps.env.services.has('api') ? undefined : state.lease?.ref()),
    queue,
    kinds,
    begin: (run) => void begin(state, run),
    announceQueued: () => announceQueued(state),
    cut(runId) {
      if (!cutHere(state, runId, 'cancelled')) deps.events.notifier.send(channel, `cancel ${runId}`);
    },
    requeue: (tx, run) => requeue(state, tx, run),
    start: () => start(state),
    stop: () => stop(state),
  };
}

/** The kinds of one sort that this process may execute. */
function kindsHere(state: State, executes: RunKind['executes']): string[] {
  const service = executes === 'inline' ? 'api' : 'worker';
  if (!state.deps.env.services.has(service)) return [];
  return [...state.kinds.values()].filter((kind) => kind.executes === executes).map((kind) => kind.name);
}

function begin(state: State, run: RunRow): Promise<unknown> {
  const kind = state.kinds.get(run.kind);
  if (!kind || run.executor === null) throw new Error(`run ${run.id} of kind ${run.kind} can't be executed here`);
  const controller = new AbortController();
  const fence: RunFence = { id: run.id, executor: run.executor, attempt: run.attempt };
  const done = executeAttempt({
    deps: state.deps,
    kind,
    run,
    fence,
    signal: controller.signal,
    requeue: (tx, given) => requeue(state, tx, given),
  });
  const executing: Executing = { kind, controller, done };
  state.executing.set(run.id, executing);
  void done.finally(() => {
    if (state.executing.get(run.id) === executing) state.executing.delete(run.id);
  });
  return done;
}

function cutHere(state: State, runId: string, reason: RunCut): boolean {
  const executing = state.executing.get(runId);
  executing?.controller.abort(reason);
  return executing !== undefined;
}

function cutAll(state: State, reason: RunCut): void {
  for (const { controller } of state.executing.values()) controller.abort(reason);
}

async function requeue(state: State, tx: TxCtx, run: RunRow): Promise<void> {
  if (state.kinds.get(run.kind)?.executes === 'queue') await state.queue.enqueue(tx.db, run);
  await appendEvents(tx, runEvents(run, 'run.queued', { attempt: run.attempt }));
  afterCommit(tx.db, () => announceQueued(state));
}

function announceQueued(state: State): void {
  state.deps.events.notifier.send(channel, 'queued');
  claimHere(state);
}

/** Looks for work now, in the background. */
function claimHere(state: State): void {
  if (!state.lease?.ref() || state.draining) return;
  Promise.all([claimInline(state), launchQueues(state)]).catch((err: unknown) =>
    state.deps.log.warn({ err }, 'looking for runs failed; trying again'),
  );
}

async function claimInline(state: State): Promise<void> {
  const kinds = kindsHere(state, 'inline');
  const executor = state.lease?.ref();
  if (kinds.length === 0 || !executor || state.draining) return;
  const runs = await claim(state, { executor, kinds, limit: claimLimit });
  for (const run of runs) void begin(state, run);
}

function claim(
  state: State,
  which: { executor: string; kinds?: readonly string[]; id?: string; limit: number },
): Promise<RunRow[]> {
  return inTx(ctxFor(state.deps, system, 'runs'), async (tx: TxCtx) => {
    const runs = await claimRuns(tx.db, which);
    await appendEvents(
      tx,
      runs.flatMap((run) => runEvents(run, 'run.started', { attempt: run.attempt })),
    );
    return runs;
  });
}

/** DBOS starts in this process with the first run that needs it. */
async function launchQueues(state: State): Promise<void> {
  const kinds = kindsHere(state, 'queue');
  const executor = state.lease?.id;
  if (kinds.length === 0 || executor === undefined || !(await hasQueued(state.deps.db, kinds))) return;
  await state.queue.launch(executor, (runId) => executeQueued(state, runId));
}

/** The body of DBOS' workflow. It ends when the attempt ends, however that was: whatever is to follow is another workflow. */
async function executeQueued(state: State, runId: string): Promise<void> {
  const executor = await state.lease?.whenHeld();
  // A run that is left here stays queued; the next look after the runs finds it.
  if (executor === undefined || state.draining) return;
  const [run] = await claim(state, { executor, id: runId, limit: 1 });
  if (run) await begin(state, run);
}

async function start(state: State): Promise<void> {
  const { services } = state.deps.env;
  await state.queue.prepare();
  if (!services.has('api') && !services.has('worker')) return;
  state.lease = await openLease(state.deps, {
    onBeat: () => lookAfterRuns(state),
    onDeath: (tx, id) => state.queue.forget(tx, id),
    onLost: () => cutAll(state, 'lease_lost'),
  });
}

/** With each heartbeat: runs of dead executors go back into the queue, queued ones are claimed, missed cancellations are heard. */
async function lookAfterRuns(state: State): Promise<void> {
  const executor = state.lease?.ref();
  if (!executor || state.draining) return;
  await inTx(ctxFor(state.deps, system, 'runs'), async (tx: TxCtx) => {
    for (const run of await releaseOrphans(tx.db)) await requeue(state, tx, run);
    const kinds = kindsHere(state, 'queue');
    if (kinds.length > 0) for (const run of await state.queue.takeStranded(tx.db, kinds)) await state.queue.enqueue(tx.db, run);
  });
  await claimInline(state);
  await launchQueues(state);
  for (const id of await listCancelRequested(state.deps.db, executor)) cutHere(state, id, 'cancelled');
}

async function stop(state: State): Promise<void> {
  state.draining = true;
  const all = () => Promise.all([...state.executing.values()].map((executing) => executing.done));
  // Jobs may take hours and go on elsewhere; waited for is what somebody waits for, and what would be interrupted.
  for (const { kind, controller } of state.executing.values())
    if (kind.executes === 'queue' && kind.afterCrash === 'resume') controller.abort('shutdown' satisfies RunCut);
  await withDeadline(all(), drainMs);
  cutAll(state, 'shutdown');
  await withDeadline(all(), releaseMs);
  await state.queue.close();
  await state.lease?.close();
}

async function withDeadline(work: Promise<unknown>, ms: number): Promise<void> {
  const given = new AbortController();
  await Promise.race([work, pause(ms, undefined, { signal: given.signal }).catch(() => {})]);
  given.abort();
}
