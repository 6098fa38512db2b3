/** What other features read of prompts: the active one of a project, and a version by number, label or id. */
import { fail } from '@piper/shared/errors';
import type { PromptVersionReply } from '@piper/shared/prompts';
import type { Ctx } from '#platform/ctx';
import { isUuid } from '#platform/ids';
import { accessProject } from '#features/projects';
import { accessPrompt } from './prompts.access.ts';
import { presentVersion } from './prompts.present.ts';
import { findActiveVersion, findLabelledVersion, findVersion, findVersionById } from './versions.repo.ts';

/** The active prompt of a project with its newest version; undefined when the project has no prompts. */
export async function activePromptOf(
  ctx: Ctx,
  project: string,
): Promise<{ id: string; title: string; version: PromptVersionReply } | undefined> {
  // Side by side, where the id is known: somebody waits for the first word of an answer. Without the access nothing is given away.
  const reading = isUuid(project) ? findActiveVersion(ctx.db, project) : undefined;
  const [{ id: projectId }, read] = await Promise.all([accessProject(ctx, project, 'read'), reading]);
  const version = reading ? read : await findActiveVersion(ctx.db, projectId);
  return version && { id: version.prompt_id, title: version.prompt_title, version: presentVersion(version) };
}

interface WhichVersion {
  /** Its number or a label; the newest without. */
  which?: number | string;
  /** The project it must belong to. */
  projectId?: string;
}

/** A version of a prompt the actor may read. Throws `not_found`, also for a prompt of another project than asked for. */
export async function promptVersion(
  ctx: Ctx,
  promptId: string,
  { which, projectId }: WhichVersion = {},
): Promise<PromptVersionReply> {
  const prompt = await accessPrompt(ctx, promptId, 'read');
  if (projectId !== undefined && prompt.project_id !== projectId) fail('not_found', 'This project has no such prompt.');
  const found =
    typeof which === 'string'
      ? await findLabelledVersion(ctx.db, promptId, which)
      : await findVersion(ctx.db, promptId, which ?? prompt.latest_version);
  return presentVersion(found ?? fail('not_found', 'The prompt has no such version.'));
}

/** The version of this id, for what was pinned to it; undefined when it was deleted. The caller has checked the rights when it was pinned. */
export async function pinnedPromptVersion(ctx: Ctx, versionId: string): Promise<PromptVersionReply | undefined> {
  const found = await findVersionById(ctx.db, versionId);
  return found && presentVersion(found);
}
