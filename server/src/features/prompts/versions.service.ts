/** Versions: immutable, numbered from 1 without gaps under the lock of their prompt's row. */
import { isDeepStrictEqual } from 'node:util';
import type { Static } from 'typebox';
import { fail } from '@piper/shared/errors';
import { limits } from '@piper/shared/limits';
import type { createPromptVersion, PromptVersionReply } from '@piper/shared/prompts';
import { completeVariables, renderPrompt, variableNames, type VariableProblem } from '@piper/shared/prompts-template';
import { userIdOf } from '#platform/actor';
import type { Ctx, TxCtx } from '#platform/ctx';
import { inTx } from '#platform/db/tx';
import { appendEvents } from '#platform/events/append';
import { accessPrompt } from './prompts.access.ts';
import { promptEvent } from './prompts.events.ts';
import { presentVersion } from './prompts.present.ts';
import { lockPrompt, type PromptRow, updatePrompt } from './prompts.repo.ts';
import * as repo from './versions.repo.ts';
import type { VersionDraft, VersionWithLabels } from './versions.repo.ts';

/** What a caller gives for a new version; the rest is taken from the version before. */
export type VersionInput = Static<typeof createPromptVersion.body>;

const emptyDraft: VersionDraft = { content: '', role: 'system', variables: [], settings: {}, note: '' };

/** The content of the next version. Throws when the content or a variable can't be used. */
export function draftVersion(input: VersionInput, previous: VersionDraft = emptyDraft): VersionDraft {
  const { content = previous.content, role = previous.role, settings = previous.settings, note = '' } = input;
  const completed = completeVariables(content, input.variables ?? keptVariables(content, previous));
  if (!completed.ok) refuse(completed.problems);
  return { content, role, variables: completed.variables, settings, note };
}

/** Without a list of variables, those still used keep their types. */
function keptVariables(content: string, previous: VersionDraft): VersionDraft['variables'] {
  const used = new Set(variableNames(content));
  return previous.variables.filter(({ name }) => previous.content === content || used.has(name));
}

function refuse(problems: VariableProblem[]): never {
  const code = problems.some((p) => p.variable.startsWith('{{')) ? 'prompt_content_invalid' : 'prompt_variable_invalid';
  fail(code, problems[0]?.message, problems);
}

/** Whether two versions would say the same to an AI model. */
export function isSameContent(a: VersionDraft, b: VersionDraft): boolean {
  const substance = ({ content, role, variables, settings }: VersionDraft) => ({ content, role, variables, settings });
  return isDeepStrictEqual(substance(a), substance(b));
}

/** Writes a version of a prompt; the caller holds the lock of its row, so the number is free. */
export async function writeVersion(
  ctx: TxCtx,
  promptId: string,
  number: number,
  draft: VersionDraft,
): Promise<VersionWithLabels> {
  const { content, role, variables, settings, note } = draft;
  const row = { content, role, variables, settings, note, prompt_id: promptId, number, created_by: userIdOf(ctx.actor) ?? null };
  return { ...(await repo.insertVersion(ctx.db, row)), labels: [] };
}

/** Adds a version to a prompt, also when nothing changed. */
export async function createVersion(ctx: Ctx, promptId: string, input: VersionInput): Promise<PromptVersionReply> {
  return inTx(ctx, async (tx) => {
    const prompt = await accessAndLock(tx, promptId);
    const previous = await repo.findVersion(tx.db, promptId, prompt.latest_version);
    return addVersion(tx, prompt, draftVersion(input, previous));
  });
}

/** Makes a new version with the content of an old one. */
export async function restoreVersion(ctx: Ctx, promptId: string, number: number): Promise<PromptVersionReply> {
  return inTx(ctx, async (tx) => {
    const prompt = await accessAndLock(tx, promptId);
    const old = await getVersion(tx, promptId, number);
    return addVersion(tx, prompt, { ...old, note: `Version ${number} restored` });
  });
}

async function addVersion(tx: TxCtx, prompt: PromptRow, draft: VersionDraft): Promise<PromptVersionReply> {
  const number = prompt.latest_version + 1;
  const version = await writeVersion(tx, prompt.id, number, draft);
  const after = await updatePrompt(tx.db, prompt.id, { latest_version: number });
  await appendEvents(tx, [promptEvent(prompt, after)]);
  return presentVersion(version);
}

async function accessAndLock(tx: TxCtx, promptId: string): Promise<PromptRow> {
  await accessPrompt(tx, promptId, 'update');
  return (await lockPrompt(tx.db, promptId)) ?? fail('not_found');
}

async function getVersion(ctx: Ctx, promptId: string, number: number): Promise<VersionWithLabels> {
  return (await repo.findVersion(ctx.db, promptId, number)) ?? fail('not_found', `The prompt has no version ${number}.`);
}

/** One version of a prompt the actor may read. */
export async function readVersion(ctx: Ctx, promptId: string, number: number): Promise<PromptVersionReply> {
  await accessPrompt(ctx, promptId, 'read');
  return presentVersion(await getVersion(ctx, promptId, number));
}

interface VersionPage {
  data: PromptVersionReply[];
  meta: { before: number | null };
}

/** The versions of a prompt, newest first; `meta.before` reads on. */
export async function listVersions(ctx: Ctx, promptId: string, page: { before?: number; limit?: number }): Promise<VersionPage> {
  await accessPrompt(ctx, promptId, 'read');
  const limit = page.limit ?? limits.defaultPageSize;
  const rows = await repo.listVersions(ctx.db, promptId, { before: page.before, limit });
  const last = rows.length === limit ? (rows.at(-1)?.number ?? 1) : 1;
  return { data: rows.map(presentVersion), meta: { before: last > 1 ? last : null } };
}

/** Puts a label on a version of the prompt; it leaves the version it sat on. */
export async function setLabel(
  ctx: Ctx,
  promptId: string,
  label: string,
  number: number,
): Promise<{ label: string; number: number }> {
  return inTx(ctx, async (tx) => {
    const prompt = await accessAndLock(tx, promptId);
    const version = await getVersion(tx, promptId, number);
    const labels = await repo.listLabels(tx.db, promptId);
    if (labels.length >= limits.promptLabels && !labels.some((l) => l.label === label)) {
      fail('rule_violated', `A prompt has at most ${limits.promptLabels} labels.`);
    }
    await repo.setLabel(tx.db, { prompt_id: promptId, label, version_id: version.id });
    const before = labels.find((l) => l.label === label)?.number ?? null;
    await appendEvents(tx, [labelEvent(prompt, label, before, number)]);
    return { label, number };
  });
}

/** Takes a label off. Throws `not_found` when there is none of that name. */
export async function removeLabel(ctx: Ctx, promptId: string, label: string): Promise<void> {
  await inTx(ctx, async (tx) => {
    const prompt = await accessAndLock(tx, promptId);
    const before = (await repo.listLabels(tx.db, promptId)).find((l) => l.label === label);
    if (!before || !(await repo.removeLabel(tx.db, promptId, label))) fail('not_found', `The prompt has no label "${label}".`);
    await appendEvents(tx, [labelEvent(prompt, label, before.number, null)]);
  });
}

function labelEvent(prompt: PromptRow, label: string, before: number | null, after: number | null) {
  return {
    topic: `project:${prompt.project_id}:model:prompts`,
    type: 'prompt.labelled',
    subject: prompt.id,
    projectId: prompt.project_id,
    data: { before: { label, number: before }, after: { label, number: after } },
  };
}

/** The text of a version with values filled in. Throws `prompt_values_invalid` listing every value that is missing or wrong. */
export async function renderVersion(
  ctx: Ctx,
  promptId: string,
  input: { values?: Record<string, unknown>; number?: number },
): Promise<{ text: string; number: number }> {
  const prompt = await accessPrompt(ctx, promptId, 'read');
  const version = await getVersion(ctx, promptId, input.number ?? prompt.latest_version);
  const rendered = renderPrompt(version.content, version.variables, input.values ?? {});
  if (!rendered.ok) fail('prompt_values_invalid', rendered.problems[0]?.message, rendered.problems);
  return { text: rendered.text, number: version.number };
}
