/** Rows as they are on the wire. */
import type { PromptReply, PromptVersionReply } from '@piper/shared/prompts';
import type { PromptRow } from './prompts.repo.ts';
import type { VersionWithLabels } from './versions.repo.ts';

export function presentVersion(row: VersionWithLabels): PromptVersionReply {
  const { id, number, content, role, variables, settings, note, labels } = row;
  return {
    id,
    promptId: row.prompt_id,
    number,
    content,
    role,
    variables,
    settings,
    note,
    labels,
    createdAt: row.created_at.toISOString(),
    createdBy: row.created_by,
  };
}

export function presentPrompt(row: PromptRow, newest: VersionWithLabels, labels: PromptReply['labels']): PromptReply {
  const { id, title, active, version } = row;
  const { content, role, variables, settings } = newest;
  return {
    id,
    projectId: row.project_id,
    title,
    active,
    latestVersion: row.latest_version,
    content,
    role,
    variables,
    settings,
    labels,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    createdBy: row.created_by,
    version,
  };
}
