/** Change sets: from what somebody asks for to definitions and tables in force, with a look at the data before. */
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Definitions, ModelAction, ModelDefinition } from '@piper/shared/data-models';
import { fail, PiperError, type ErrorCode } from '@piper/shared/errors';
import type { Ctx, TxCtx } from '#platform/ctx';
import { inTx } from '#platform/db/tx';
import { newId } from '#platform/ids';
import { editOf, type Change } from './change-sets.editing.ts';
import { brokenTests, planned, sizesOf } from './change-sets.planning.ts';
import {
  findApplying,
  findChangeSet,
  insertChangeSet,
  listChangesFrom,
  statusOf,
  type ChangeSetRow,
} from './change-sets.repo.ts';
import type { ChangeSetInput } from './change-sets.run.ts';
import type { Touched } from './change-sets.tables.ts';
import { findProblems } from './data-problems.ts';
import { loadDefinitions, readMetadataVersion } from './definitions.repo.ts';
import type { Plan } from './plan/step.ts';
import { summaryOf } from './plan/summary.ts';

export interface ApplyOptions {
  /** Milliseconds to wait for its end; afterwards it is answered as it is, still `applying`. */
  wait?: number;
  /** The version the actions were thought up for; `conflict` when there is another one by now. */
  baseVersion?: number;
  summary?: string;
  /** False: refused with `change_set_refused` when values would be lost. */
  acceptLoss?: boolean;
  /** How long to try for the locks on tables in use. */
  patienceMs?: number;
  /** Tables up to this size are changed at once; 0: all are changed beside the work on them. */
  smallTableBytes?: number;
  /** Permission tests that may fail: they are about to go. */
  ignoredTests?: ReadonlySet<string>;
}

const defaultWaitMs = 10_000;
/**
 * Applies the actions as one change set and waits for it up to `wait`. Throws what the edit refuses, `conflict` when the
 * definitions changed since `baseVersion`, `change_set_unfinished` while another is applied, and what made it fail.
 */
export async function applyChangeSet(
  ctx: Ctx,
  projectId: string | null,
  actions: readonly ModelAction[],
  options: ApplyOptions = {},
): Promise<ChangeSetRow> {
  const before = await loadDefinitions(ctx.db, projectId);
  await requireVersion(ctx, before, options.baseVersion);
  const edit = await editOf(ctx, before);
  return applyChange(ctx, edit(actions), options);
}

/** As `applyChangeSet`, for somebody who asks for it from outside. Undefined, and nothing is noted, when it changes nothing. */
export async function applyAsked(
  ctx: Ctx,
  projectId: string | null,
  actions: readonly ModelAction[],
  options: ApplyOptions,
): Promise<ChangeSetRow | undefined> {
  const before = await loadDefinitions(ctx.db, projectId);
  await requireVersion(ctx, before, options.baseVersion);
  const edit = await editOf(ctx, before, actions);
  const change = edit(actions);
  if (Object.keys(touchedBy(before, change.after).after).length === 0) return undefined;
  return applyChange(ctx, change, options);
}

/** Applies the actions at once, whatever they lose, and waits to the end. Returns the new metadata version. */
export async function applyActions(
  ctx: Ctx,
  projectId: string,
  actions: readonly ModelAction[],
  options: Pick<ApplyOptions, 'ignoredTests'> = {},
): Promise<number> {
  const row = await applyChangeSet(ctx, projectId, actions, { ...options, wait: 600_000 });
  return row.base_version + 1;
}

/** Starts the change and waits for it as long as asked. */
export async function applyChange(ctx: Ctx, change: Change, options: ApplyOptions): Promise<ChangeSetRow> {
  const { before } = change;
  const { after, plan } = await planned(ctx, change, await sizesOf(ctx, before), options.smallTableBytes);
  await requireAcceptable(ctx, plan, after, options.acceptLoss ?? true);
  await requireTests(ctx, before, { after, ignored: options.ignoredTests });
  const id = await startChangeSet(ctx, { ...change, after }, plan, options);
  return waitFor(ctx, id, options.wait ?? defaultWaitMs);
}

/** Refuses what a permission test of the project says must not become so. */
async function requireTests(
  ctx: Ctx,
  before: Definitions,
  { after, ignored }: { after: readonly ModelDefinition[]; ignored: ReadonlySet<string> | undefined },
): Promise<void> {
  const failures = (await brokenTests(ctx, before, after)).filter(({ test }) => ignored?.has(test) !== true);
  const names = failures.map(({ name }) => `"${name}"`).join(', ');
  if (failures.length > 0) fail('permission_tests_failed', `Permission tests would fail: ${names}.`, failures);
}

/** Refuses what the data does not allow, and, unless it was accepted, what loses values. */
async function requireAcceptable(ctx: Ctx, plan: Plan, models: readonly ModelDefinition[], acceptLoss: boolean): Promise<void> {
  const checks = acceptLoss ? plan.checks.filter((check) => check.effect === 'obstacle') : plan.checks;
  const problems = await findProblems(ctx.deps, checks, models);
  const obstacles = problems.filter((problem) => problem.effect === 'obstacle' && problem.count !== null);
  if (obstacles.length > 0) fail('change_set_refused', obstacles.map((problem) => problem.message).join(' '), { problems });
  if (acceptLoss) return;
  const losses = plan.steps.filter((step) => step.risk === 'loses-data').map((step) => step.sentence);
  if (problems.length === 0 && losses.length === 0) return;
  const isOnlyNarrower = losses.length === 0 && problems.every(({ kind }) => kind === 'disallowed');
  const what = isOnlyNarrower ? 'leaves values that it does not allow any more' : 'loses values';
  const message = `This change ${what}. Look at its preview, and send "acceptLoss": true to go on.`;
  fail('change_set_refused', message, { problems, losses });
}

async function startChangeSet(ctx: Ctx, change: Change, plan: Plan, options: ApplyOptions): Promise<string> {
  const { before, after } = change;
  const id = newId();
  const runId = newId();
  const createdBy = ctx.actor.kind === 'system' ? null : ctx.actor.userId;
  const projectId = before.projectId ?? undefined;
  const input: ChangeSetInput = {
    changeSetId: id,
    projectId: projectId ?? '',
    ...(options.patienceMs === undefined ? {} : { patienceMs: options.patienceMs }),
  };
  try {
    await inTx(ctx, async (tx: TxCtx) => {
      await insertChangeSet(tx.db, {
        id,
        project_id: before.projectId,
        kind: change.kind,
        of: change.of ?? null,
        summary: options.summary ?? summaryOf(change.actions, before, after),
        base_version: before.version,
        actions: [...change.actions],
        ...touchedBy(before, after),
        plan,
        run_id: runId,
        created_by: createdBy,
      });
      // From here on nobody else changes them; somebody may have since they were read.
      await requireVersion(ctx, { ...before, version: await readMetadataVersion(tx.db, before.projectId) }, before.version);
      await ctx.deps.runs.start(tx, {
        id: runId,
        kind: 'change-set',
        input: { ...input },
        projectId,
        createdBy: createdBy ?? undefined,
      });
    });
  } catch (error) {
    const { code, constraint } = error as { code?: string; constraint?: string };
    if (code !== '23505' || !constraint?.startsWith('change_sets_')) throw error;
    await refuseUnfinished(ctx, before.projectId);
  }
  return id;
}

async function refuseUnfinished(ctx: Ctx, projectId: string | null): Promise<never> {
  const other = await findApplying(ctx.db, projectId);
  const what = other ? `${other.by} is changing the same definitions (${other.summary})` : undefined;
  return fail('change_set_unfinished', what && `${what}. Wait for it, then try again.`, other && { changeSetId: other.id });
}

function touchedBy(before: Definitions, after: readonly ModelDefinition[]): { before: Touched; after: Touched } {
  const old = new Map(before.models.map((model) => [model.id, model]));
  const now = new Map(after.map((model) => [model.id, model]));
  const ids = [...new Set([...old.keys(), ...now.keys()])].filter((id) => !isDeepStrictEqual(old.get(id), now.get(id)));
  const pick = (from: ReadonlyMap<string, ModelDefinition>): Touched =>
    Object.fromEntries(ids.map((id) => [id, from.get(id) ?? null]));
  return { before: pick(old), after: pick(now) };
}

/** Throws `conflict`, saying who changed what meanwhile. */
async function requireVersion(ctx: Ctx, { projectId, version }: Definitions, wanted: number | undefined): Promise<void> {
  if (wanted === undefined || wanted === version) return;
  if (wanted > version) fail('conflict', 'There is no such version of the definitions yet. Read them again.');
  const changes = await listChangesFrom(ctx.db, projectId, wanted);
  const first = changes[0];
  const who = first ? ` ${first.by}: ${first.summary}` : '';
  fail('conflict', `The definitions were changed meanwhile.${who} Read them again and repeat your change.`, {
    version,
    changes: changes.map(({ number, summary, by, at }) => ({ number, summary, by, at: at.toISOString() })),
  });
}

/** The change set when it has ended, or as it is when that takes longer. Throws what made it fail. */
async function waitFor(ctx: Ctx, id: string, ms: number): Promise<ChangeSetRow> {
  const deadline = performance.now() + ms;
  for (let delay = 5; ; delay = Math.min(250, delay * 1.5)) {
    const status = await statusOf(ctx.deps.db, id);
    if (status !== 'applying' || performance.now() >= deadline) break;
    await pause(Math.min(delay, Math.max(1, deadline - performance.now())));
  }
  const row = (await findChangeSet(ctx.deps.db, id)) ?? fail('not_found');
  if (row.status === 'failed') throw failureOf(row);
  return row;
}

function failureOf({ error }: ChangeSetRow): PiperError {
  const { code, message, details } = error ?? { code: 'internal', message: 'The change failed.' };
  return new PiperError(code as ErrorCode, { message, details });
}
