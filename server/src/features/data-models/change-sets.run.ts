/**
 * Applying a change set: what it adds is prepared beside what is in use, then one transaction switches tables and definitions
 * together. Every step looks first whether it has been done, so a run that was cut off anywhere goes on; until the switch
 * the old definitions are in force, afterwards the new ones. What fails before the switch is taken back.
 */
import { sql } from 'kysely';
import type { ModelDefinition } from '@piper/shared/data-models';
import { fail, PiperError } from '@piper/shared/errors';
import type { Ctx, TxCtx } from '#platform/ctx';
import { afterCommit } from '#platform/db/tx';
import { appendEvent } from '#platform/events/append';
import { toPiperError } from '#platform/http/errors';
import type { EndedRun, RunHandle, RunKind } from '#platform/runs/kind';
import { refreshSystemCatalogue } from '#platform/records/records';
import { quote } from '#platform/records/sql-writer';
import {
  endChangeSet,
  findChangeSet,
  listUncleaned,
  lockChangeSet,
  markCleaned,
  noteFailure,
  type ChangeSetRow,
} from './change-sets.repo.ts';
import type { Touched } from './change-sets.tables.ts';
import { findProblems } from './data-problems.ts';
import { saveDefinitions } from './definitions.repo.ts';
import { schemaOf } from './names.ts';
import { executeStep, isSwitch, takeBack } from './plan/execute-step.ts';
import { openDdlSession, type DdlSession } from './plan/ddl-session.ts';
import { forgetCatalogue } from './project-catalogue.ts';
import { followInTests } from './rules/follow-renames.ts';
import { reportTo } from './change-set-progress.ts';

export interface ChangeSetInput {
  changeSetId: string;
  projectId: string;
  /** How long to try for a lock; for tests. */
  patienceMs?: number;
}

export const changeSetKind: RunKind<ChangeSetInput, { version: number | null }> = {
  name: 'change-set',
  // Somebody waits for the answer; if this process ends, another goes on.
  executes: 'inline',
  afterCrash: 'resume',
  execute: executeChangeSet,
  onEnd: endFailed,
};

async function executeChangeSet(run: RunHandle<ChangeSetInput>): Promise<{ version: number | null }> {
  const { ctx, input, signal } = run;
  const row = await findChangeSet(ctx.db, input.changeSetId);
  if (!row || row.status === 'failed') return { version: null };
  const session = await openDdlSession(ctx.deps, {
    changeSet: row.id,
    project: row.project_id,
    signal,
    ...(input.patienceMs === undefined ? {} : { patienceMs: input.patienceMs }),
  });
  try {
    if (row.status === 'applying') await prepareAndSwitch(run, row, session);
    await cleanUp(run, row, session);
    return { version: row.base_version + 1 };
  } finally {
    await session.close();
  }
}

async function prepareAndSwitch(run: RunHandle<ChangeSetInput>, row: ChangeSetRow, session: DdlSession): Promise<void> {
  const { ctx, signal } = run;
  const steps = row.plan.steps.filter((step) => step.phase === 'prepare');
  const report = reportTo(ctx, row, steps.length + 1);
  try {
    if (row.project_id !== null)
      await sql.raw(`create schema if not exists ${quote(schemaOf(row.project_id))}`).execute(session.db);
    // What an earlier one could not take back has the names that this one may want.
    for (const failed of await listUncleaned(ctx.db, row.project_id)) await takeAllBack(ctx, failed, session);
    for (const [i, step] of steps.entries()) {
      await run.step(`${i + 1}. ${step.sentence}`.slice(0, 200), 'idempotent', async () => {
        await report.begin(i + 1, step);
        await executeStep(session, step, { report, signal });
        return null;
      });
    }
    await run.step('Switch to the new definitions', 'idempotent', async () => {
      await switchOver(ctx, row, session);
      return null;
    });
  } catch (error) {
    if (signal.reason === 'shutdown' || signal.reason === 'lease_lost') throw error;
    // It may be what failed, and it holds the project's turn.
    await session.close().catch(() => undefined);
    throw await undoPreparation(run, row, error);
  }
}

/** One transaction: tables, definitions, version, event and the change set itself. */
async function switchOver(ctx: Ctx, row: ChangeSetRow, session: DdlSession): Promise<void> {
  const steps = row.plan.steps.filter(isSwitch);
  const locks = steps.flatMap((step) => step.locks ?? []);
  await session.underLocks(locks, async (db) => {
    const tx: TxCtx = { ...ctx, db };
    if ((await lockChangeSet(db, row.id))?.status !== 'applying') return;
    for (const step of steps) await sql.raw(step.sql).execute(db);
    const before = { projectId: row.project_id, version: row.base_version, models: modelsOf(row.before) };
    if (row.project_id !== null) await followInTests(db, row.project_id, modelsOf(row.after));
    const version = (await saveDefinitions(db, before, modelsOf(row.after))) ?? fail('conflict');
    await endChangeSet(db, row.id, { status: 'applied' });
    const models = Object.keys(row.after);
    await appendEvent(tx, {
      topic: row.project_id === null ? 'instance' : `project:${row.project_id}`,
      type: 'models.changed',
      subject: row.id,
      projectId: row.project_id ?? undefined,
      data: { version, changeSetId: row.id, kind: row.kind, models },
    });
    afterCommit(db, () => {
      if (row.project_id !== null) return forgetCatalogue(ctx.deps, row.project_id);
      refreshSystemCatalogue(ctx.deps).catch((err: unknown) => ctx.log.warn({ err }, 'added fields could not be read'));
    });
  });
}

const modelsOf = (touched: Touched): ModelDefinition[] => Object.values(touched).filter((model) => model !== null);

async function cleanUp(run: RunHandle<ChangeSetInput>, row: ChangeSetRow, session: DdlSession): Promise<void> {
  const steps = row.plan.steps.filter((step) => step.phase === 'clean');
  const report = reportTo(run.ctx, row, steps.length);
  for (const step of steps) {
    await run.step(step.sentence.slice(0, 200), 'idempotent', async () => {
      await executeStep(session, step, { report, signal: run.signal });
      return null;
    });
  }
}

/** Takes back what was prepared, with a session of its own: the other's may be what failed. Returns what to tell. */
async function undoPreparation(run: RunHandle<ChangeSetInput>, row: ChangeSetRow, thrown: unknown): Promise<PiperError> {
  const { ctx } = run;
  const error = await explain(ctx, row, thrown, run.signal.reason === 'cancelled');
  const told = { code: error.code, message: error.message, ...(error.details === undefined ? {} : { details: error.details }) };
  await noteFailure(ctx.db, row.id, told);
  try {
    await removePrepared(ctx, row);
  } catch (err) {
    ctx.log.warn({ err, changeSet: row.id }, 'what a change set prepared is still there; a sweep removes it');
  }
  return error;
}

/** As long as this takes, nobody can change the project; what is not done then is done by a sweep. */
const takingBackMs = 15_000;

/** Removes what a change set that failed had prepared, unless somebody else was faster. */
async function removePrepared(ctx: Ctx, { id, project_id: project }: ChangeSetRow): Promise<void> {
  const { signal } = new AbortController();
  const session = await openDdlSession(ctx.deps, { changeSet: id, project, signal, patienceMs: takingBackMs });
  try {
    // Only now nobody else works on the project; what came since may have made the same again.
    const row = await findChangeSet(ctx.db, id);
    if (row && row.status !== 'applied' && row.progress.cleaned !== true) await takeAllBack(ctx, row, session);
  } finally {
    await session.close();
  }
}

async function takeAllBack(ctx: Ctx, row: ChangeSetRow, session: DdlSession): Promise<void> {
  for (const step of row.plan.steps.filter((one) => one.phase === 'prepare').toReversed()) await takeBack(session, step);
  await markCleaned(ctx.db, row.id);
}

/** By SQLSTATE: what the data did not allow. */
const dataErrors: Record<string, string> = {
  '23505': 'Records repeat a value that must be unique.',
  '23514': 'Records have no value in a field that is to be required.',
  '23502': 'Records have no value in a field that is to be required.',
  '23503': 'Records lead to something that is not there.',
  '54000': 'A value is too long for a field that is indexed or unique.',
  '54011':
    'The table has used up the 1,600 columns it can have; those in the bin count too: empty the bin, or give it fewer fields.',
};

async function explain(ctx: Ctx, row: ChangeSetRow, thrown: unknown, isCancelled: boolean): Promise<PiperError> {
  if (isCancelled) return new PiperError('conflict', { message: 'The change was cancelled.' });
  const { code = '', table } = thrown as { code?: string; table?: string };
  // Of the definitions themselves, it says nothing of the data.
  const message = table === 'data_models' ? undefined : dataErrors[code];
  const error = toPiperError(thrown);
  ctx.log.warn({ err: thrown, changeSet: row.id }, 'a change set could not be applied');
  if (message === undefined) return error;
  const problems = await findProblems(ctx.deps, row.plan.checks, modelsOf(row.after)).catch(() => []);
  return new PiperError('change_set_refused', { message, details: { problems }, cause: thrown });
}

/** In the transaction that ends the run: the change set fails with it, and another one may begin. */
async function endFailed(ctx: TxCtx, run: EndedRun<ChangeSetInput>): Promise<void> {
  const row = await lockChangeSet(ctx.db, run.input.changeSetId);
  if (row?.status !== 'applying') return;
  const error = row.error ?? run.error ?? { code: 'run_interrupted', message: 'The change was stopped.' };
  await endChangeSet(ctx.db, row.id, { status: 'failed', error });
  await appendEvent(ctx, {
    topic: row.project_id === null ? 'instance' : `project:${row.project_id}`,
    type: 'change-set.failed',
    subject: row.id,
    projectId: row.project_id ?? undefined,
    data: { changeSetId: row.id, error: { code: error.code, message: error.message } },
  });
}

/** Comes round for what could not be removed at once. */
export async function sweepFailed(ctx: Ctx, rows: readonly ChangeSetRow[]): Promise<void> {
  for (const row of rows)
    await removePrepared(ctx, row).catch((err: unknown) => ctx.log.info({ err, changeSet: row.id }, 'leftovers stay for now'));
}
