/**
 * Prompts: whenever a project has prompts, exactly one is active. Whatever may change which one takes the project's row
 * first (see prompts.repo.ts for the order of locks).
 */
import type { Static } from 'typebox';
import { fail } from '@piper/shared/errors';
import type { createPrompt as createContract, PromptReply, updatePrompt as updateContract } from '@piper/shared/prompts';
import { userIdOf } from '#platform/actor';
import type { Ctx, TxCtx } from '#platform/ctx';
import { inTx } from '#platform/db/tx';
import { appendEvents, type NewEvent } from '#platform/events/append';
import { newId } from '#platform/ids';
import { accessProject } from '#features/projects';
import { accessPrompt } from './prompts.access.ts';
import { promptEvent } from './prompts.events.ts';
import { presentPrompt } from './prompts.present.ts';
import * as repo from './prompts.repo.ts';
import type { PromptRow } from './prompts.repo.ts';
import { findVersion, listLabels } from './versions.repo.ts';
import { draftVersion, isSameContent, type VersionInput, writeVersion } from './versions.service.ts';

type NewPromptInput = Static<typeof createContract.body>;
type PromptChanges = Static<typeof updateContract.body>;

/** Creates a prompt with its version 1. The first of its project becomes active, a later one when `active` says so. */
export async function createPrompt(ctx: Ctx, input: NewPromptInput): Promise<PromptReply> {
  const { id: projectId } = await accessProject(ctx, input.projectId, 'write');
  const draft = draftVersion(input);
  return inTx(ctx, async (tx) => {
    if (!(await repo.lockProject(tx.db, projectId))) fail('not_found');
    const active = input.active === true || !(await repo.hasActivePrompt(tx.db, projectId));
    const replaced = active ? await deactivateOthers(tx, projectId) : [];
    const row = { id: newId(), project_id: projectId, title: input.title, active, created_by: userIdOf(tx.actor) ?? null };
    const prompt = await repo.insertPrompt(tx.db, row);
    const version = await writeVersion(tx, prompt.id, prompt.latest_version, draft);
    await appendEvents(tx, [...replaced, promptEvent(undefined, prompt)]);
    return presentPrompt(prompt, version, []);
  });
}

/** A prompt with the content of its newest version. */
export async function readPrompt(ctx: Ctx, id: string): Promise<PromptReply> {
  return present(ctx, await accessPrompt(ctx, id, 'read'));
}

/** Changes a prompt; another content makes a new version. With `ifMatch`, only if the prompt still has that `version`. */
export async function updatePrompt(
  ctx: Ctx,
  id: string,
  changes: PromptChanges,
  ifMatch: number | undefined,
): Promise<PromptReply> {
  return inTx(ctx, async (tx) => {
    const before = await accessAndLock(tx, id, { verb: 'update', withProject: changes.active !== undefined });
    requireVersion(before, ifMatch);
    if (changes.active === false && before.active) {
      fail('rule_violated', 'One prompt of a project is always active. Activate another one instead.');
    }
    const events = changes.active === true && !before.active ? await deactivateOthers(tx, before.project_id) : [];
    const columns = { ...changedColumns(before, changes), ...(await writeVersionIfChanged(tx, before, changes)) };
    if (Object.keys(columns).length === 0) return present(tx, before);
    const after = await repo.updatePrompt(tx.db, id, columns);
    await appendEvents(tx, [...events, promptEvent(before, after)]);
    return present(tx, after);
  });
}

function changedColumns(row: PromptRow, { title, active }: PromptChanges): Partial<Pick<PromptRow, 'title' | 'active'>> {
  return {
    ...(title === undefined || title === row.title ? {} : { title }),
    ...(active === undefined || active === row.active ? {} : { active }),
  };
}

async function writeVersionIfChanged(
  tx: TxCtx,
  row: PromptRow,
  changes: PromptChanges,
): Promise<Partial<Pick<PromptRow, 'latest_version'>>> {
  const { title: _title, active: _active, ...input } = changes;
  if (Object.keys(input).length === 0) return {};
  const previous = await findVersion(tx.db, row.id, row.latest_version);
  const draft = draftVersion(input satisfies VersionInput, previous);
  if (previous && isSameContent(draft, previous)) return {};
  const number = row.latest_version + 1;
  await writeVersion(tx, row.id, number, draft);
  return { latest_version: number };
}

/** Makes the prompt the active one of its project. */
export function activatePrompt(ctx: Ctx, id: string): Promise<PromptReply> {
  return updatePrompt(ctx, id, { active: true }, undefined);
}

/** Deletes a prompt and its versions; if it was active, the newest one left becomes active. */
export async function deletePrompt(ctx: Ctx, id: string, ifMatch: number | undefined): Promise<void> {
  await inTx(ctx, async (tx) => {
    const before = await accessAndLock(tx, id, { verb: 'delete', withProject: true });
    requireVersion(before, ifMatch);
    await repo.deletePrompt(tx.db, id);
    const passed = before.active ? await activateNewest(tx, before.project_id) : [];
    await appendEvents(tx, [promptEvent(before, undefined), ...passed]);
  });
}

async function activateNewest(tx: TxCtx, projectId: string): Promise<NewEvent[]> {
  const heirId = await repo.findNewestPromptId(tx.db, projectId);
  const heir = heirId === undefined ? undefined : await repo.lockPrompt(tx.db, heirId);
  return heir ? [promptEvent(heir, await repo.updatePrompt(tx.db, heir.id, { active: true }))] : [];
}

async function deactivateOthers(tx: TxCtx, projectId: string): Promise<NewEvent[]> {
  const rows = await repo.deactivatePrompts(tx.db, projectId);
  return rows.map((row) => promptEvent({ ...row, active: true }, row));
}

async function accessAndLock(
  tx: TxCtx,
  id: string,
  how: { verb: 'update' | 'delete'; withProject: boolean },
): Promise<PromptRow> {
  const prompt = await accessPrompt(tx, id, how.verb);
  if (how.withProject && !(await repo.lockProject(tx.db, prompt.project_id))) fail('not_found');
  return (await repo.lockPrompt(tx.db, id)) ?? fail('not_found');
}

function requireVersion(row: PromptRow, ifMatch: number | undefined): void {
  if (ifMatch !== undefined && ifMatch !== row.version) fail('version_mismatch', undefined, { version: row.version });
}

async function present(ctx: Ctx, row: PromptRow): Promise<PromptReply> {
  const newest = await findVersion(ctx.db, row.id, row.latest_version);
  // The row was read before its version, without a lock: it may have been deleted in between.
  if (!newest) fail('not_found');
  return presentPrompt(row, newest, await listLabels(ctx.db, row.id));
}
