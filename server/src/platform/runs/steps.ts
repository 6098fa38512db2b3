/**
 * The journal of a run's steps: what `run.step` records, and what a later attempt finds instead of executing again.
 * Steps are known by their order and name; a kind must therefore take the same steps when it is executed again.
 */
import { sql } from 'kysely';
import { PiperError, type ErrorCode } from '@piper/shared/errors';
import type { Ctx, TxCtx } from '../ctx.ts';
import type { Db } from '../db/db.ts';
import { inTx } from '../db/tx.ts';
import { newId } from '../ids.ts';
import type { RunHandle, StepEffect } from './kind.ts';
import { packPayload, unpackPayload } from './payloads.ts';
import { isHeld, type RunFence } from './run-rows.ts';

interface StepRow {
  position: number;
  name: string;
  effect: StepEffect;
  status: 'running' | 'done' | 'failed';
  output: unknown;
  error: { code: ErrorCode; message: string } | null;
}

/** Thrown when the run is no longer this executor's; whatever the step did must not be recorded. */
export class RunLost extends Error {
  constructor(id: string) {
    super(`run ${id} is no longer executed here`);
    this.name = 'RunLost';
  }
}

interface Journal {
  ctx: Ctx;
  fence: RunFence;
  signal: AbortSignal;
}

interface Step {
  position: number;
  name: string;
  effect: StepEffect;
}

/** Opens the journal; a first attempt has nothing to look up. */
export async function openSteps(journal: Journal): Promise<Pick<RunHandle, 'step' | 'transact'>> {
  const earlier = journal.fence.attempt > 1 ? await readSteps(journal.ctx.db, journal.fence.id) : new Map<number, StepRow>();
  let position = 0;

  async function take<T>(name: string, effect: StepEffect, execute: (step: Step) => Promise<T>): Promise<T> {
    const step: Step = { position: position++, name, effect };
    const row = earlier.get(step.position);
    if (row && row.name !== name)
      throw new Error(`step ${step.position} was "${row.name}" in an earlier attempt and is "${name}" now`);
    if (row?.status === 'done') return (await unpackPayload(journal.ctx.deps, row.output)) as T;
    if (row?.status === 'failed') throw errorOf(row);
    if (row && effect === 'once') throw new PiperError('step_unconfirmed', { details: { step: name } });
    journal.signal.throwIfAborted();
    return execute(step);
  }

  return {
    step: (name, effect, work) =>
      take(name, effect, async (step) => {
        await beginStep(journal, step);
        const idempotencyKey = `${journal.fence.id}:${step.position}`;
        const result = await work({ idempotencyKey, signal: journal.signal }).catch((error: unknown) =>
          recordFailure(journal, step, error),
        );
        await finishStep(journal.ctx.db, journal, step, result);
        return result;
      }),
    transact: (name, work) =>
      take(name, 'idempotent', (step) =>
        inTx(journal.ctx, async (tx: TxCtx) => {
          await beginStep({ ...journal, ctx: tx }, step);
          const result = await work(tx);
          await finishStep(tx.db, journal, step, result);
          return result;
        }),
      ),
  };
}

async function readSteps(db: Db, runId: string): Promise<Map<number, StepRow>> {
  const { rows } = await sql<StepRow>`
    select position, name, effect, status, output, error from piper.run_steps where run_id = ${runId}`.execute(db);
  return new Map(rows.map((row) => [row.position, row]));
}

const errorOf = (row: StepRow): PiperError =>
  new PiperError(row.error?.code ?? 'internal', row.error ? { message: row.error.message } : {});

async function beginStep({ ctx, fence }: Journal, step: Step): Promise<void> {
  const { rows } = await sql`
    insert into piper.run_steps (id, run_id, position, name, effect, status)
    select ${newId()}::uuid, id, ${step.position}, ${step.name}, ${step.effect}, 'running' from piper.runs where id = ${fence.id} and ${isHeld(fence)}
    on conflict (run_id, position) do update set status = 'running', attempts = piper.run_steps.attempts + 1, started_at = now(), updated_at = now()
    returning id`.execute(ctx.db);
  if (rows.length === 0) throw new RunLost(fence.id);
}

async function finishStep(db: Db, { ctx, fence }: Journal, step: Step, result: unknown): Promise<void> {
  const output = await packPayload(ctx.deps, `runs/${fence.id}/step-${step.position}`, result);
  const { rows } = await sql`
    update piper.run_steps set status = 'done', output = ${output}::jsonb, error = null, ended_at = now(), updated_at = now(), version = version + 1
    where run_id = ${fence.id} and position = ${step.position} and exists (select 1 from piper.runs where id = ${fence.id} and ${isHeld(fence)})
    returning id`.execute(db);
  if (rows.length === 0) throw new RunLost(fence.id);
}

/** A step that was cut by a shutdown stays `running`: it is taken again. Any other failure is recorded and thrown on. */
async function recordFailure({ ctx, fence, signal }: Journal, step: Step, error: unknown): Promise<never> {
  if (signal.reason !== 'shutdown' && signal.reason !== 'lease_lost') {
    const known =
      error instanceof PiperError
        ? { code: error.code, message: error.message }
        : { code: 'internal', message: 'The step failed.' };
    await sql`
      update piper.run_steps set status = 'failed', error = ${JSON.stringify(known)}::jsonb, ended_at = now(), updated_at = now(), version = version + 1
      where run_id = ${fence.id} and position = ${step.position}
        and exists (select 1 from piper.runs where id = ${fence.id} and ${isHeld(fence)})`.execute(ctx.db);
  }
  throw error;
}
