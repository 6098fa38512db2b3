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

/** A version of a prompt the actor may read: the newest, the one of this number, or the one under this label. */
export async function promptVersion(ctx: Ctx, promptId: string, which?: number | string): Promise<PromptVersionReply> {
  const prompt = await accessPrompt(ctx, promptId, 'read');
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
