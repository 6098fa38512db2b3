/** The history of a project's definitions: what is in force of it, taking changes back and applying them again, and the bin. */
import { fail } from '@piper/shared/errors';
import type { Definitions, ModelDefinition } from '@piper/shared/data-models';
import type { Ctx } from '#platform/ctx';
import { newId } from '#platform/ids';
import { findChangeSet, listAppliedSince, type ChangeSetRow, type ChangeSetSummary } from './change-sets.repo.ts';
import { changeTo } from './change-sets.editing.ts';
import { revertDefinitions } from './change-sets.revert.ts';
import { applyChange, type ApplyOptions } from './change-sets.service.ts';
import { loadDefinitions } from './definitions.repo.ts';

/** The change set, if it is one of the project's. Throws `not_found`. */
export async function getChangeSet(ctx: Ctx, projectId: string | null, id: string): Promise<ChangeSetRow> {
  const row = await findChangeSet(ctx.db, id);
  return row?.project_id === projectId ? row : fail('not_found');
}

/** Which of them were taken back: an undo takes back what it is of, a redo the undo. `newestFirst` must hold all later ones. */
export function findUndone(newestFirst: readonly Pick<ChangeSetSummary, 'id' | 'of'>[]): ReadonlyMap<string, string> {
  const undone = new Map<string, string>();
  for (const { id, of } of newestFirst) if (of !== null && !undone.has(id)) undone.set(of, id);
  return undone;
}

/** Takes the change set back, unless it was already or a later one touched the same models. */
export async function undoChangeSet(
  ctx: Ctx,
  projectId: string | null,
  id: string,
  options: ApplyOptions = {},
): Promise<ChangeSetRow> {
  const row = await getChangeSet(ctx, projectId, id);
  const state = await stateSince(ctx, row);
  if (findUndone(state.later).has(row.id)) fail('conflict', 'This change was already taken back.');
  return revert(ctx, row, { ...state, kind: row.kind === 'undo' ? 'redo' : 'undo', options });
}

/** Applies a change set again that was taken back: takes the undo back. */
export async function redoChangeSet(
  ctx: Ctx,
  projectId: string | null,
  id: string,
  options: ApplyOptions = {},
): Promise<ChangeSetRow> {
  const row = await getChangeSet(ctx, projectId, id);
  const { current, later } = await stateSince(ctx, row);
  const undo = findUndone(later).get(row.id);
  if (undo === undefined) fail('conflict', 'This change was not taken back.');
  const undoRow = await getChangeSet(ctx, projectId, undo);
  const since = later.filter((one) => one.number >= undoRow.number);
  return revert(ctx, undoRow, { current, later: since, kind: 'redo', options });
}

interface State {
  current: Definitions;
  /** What was applied from the change set on, newest first. */
  later: ChangeSetSummary[];
}

/** The history is read after the definitions: what comes in between is seen, or makes them old. */
async function stateSince(ctx: Ctx, { project_id: projectId, number }: ChangeSetRow): Promise<State> {
  const current = await loadDefinitions(ctx.db, projectId);
  return { current, later: await listAppliedSince(ctx.db, projectId, number) };
}

async function revert(
  ctx: Ctx,
  row: ChangeSetRow,
  { current, later, kind, options }: State & { kind: ChangeSetRow['kind']; options: ApplyOptions },
): Promise<ChangeSetRow> {
  if (row.status !== 'applied') fail('conflict', 'Only a change that was applied can be taken back.');
  if (row.kind === 'empty-bin') fail('conflict', 'What was removed from the bin is gone for good.');
  requireUntouched(row, later);
  const now = ctx.deps.clock.now().toISOString();
  const wanted = revertDefinitions(current, { before: row.before, after: row.after, newId, now });
  const change = await changeTo(ctx, current, wanted, { kind, of: row.id });
  const done = row.kind === 'change' ? row.summary : row.summary.replace(/^(?:Undo|Redo): /, '');
  const summary = options.summary ?? `${kind === 'undo' ? 'Undo' : 'Redo'}: ${done}`.slice(0, 200);
  return applyChange(ctx, change, { ...options, summary });
}

function requireUntouched(row: ChangeSetRow, later: readonly ChangeSetSummary[]): void {
  const undone = findUndone(later);
  const models = new Set(Object.keys(row.after));
  // What was removed for good can't be taken back, and concerns an undo only if that needs it.
  const isInForce = (one: ChangeSetSummary): boolean =>
    one.kind !== 'empty-bin' && !undone.has(one.id) && !(one.of !== null && undone.get(one.of) === one.id);
  const other = later.find((one) => one.number > row.number && isInForce(one) && one.models.some((id) => models.has(id)));
  if (!other) return;
  fail('conflict', `Change ${other.number} touched the same since: ${other.summary} Take that back first.`, {
    changeSetId: other.id,
    number: other.number,
  });
}

/** Removes for good what lies in the bin, or only what was put there before `before`. Undefined when there is nothing. */
export async function emptyBin(
  ctx: Ctx,
  projectId: string | null,
  { before, ...options }: ApplyOptions & { before?: Date } = {},
): Promise<ChangeSetRow | undefined> {
  const current = await loadDefinitions(ctx.db, projectId);
  const limit = before?.toISOString();
  const isOver = (deletedAt: string): boolean => limit === undefined || deletedAt < limit;
  const after = current.models
    .filter((model) => model.deletedAt === undefined || !isOver(model.deletedAt))
    .map((model) => withoutOld(model, isOver));
  if (after.length === current.models.length && after.every((model, i) => model === current.models[i])) return undefined;
  const change = { before: current, after, actions: [], kind: 'empty-bin' as const };
  return applyChange(ctx, change, { summary: 'Emptied the bin.', ...options });
}

function withoutOld(model: ModelDefinition, isOver: (deletedAt: string) => boolean): ModelDefinition {
  const bin = model.bin?.filter((entry) => !isOver(entry.deletedAt));
  return bin === undefined || bin.length === model.bin!.length ? model : { ...model, bin };
}
