/** What the log says about prompts: the fields of the record that changed, before and after. */
import type { NewEvent } from '#platform/events/append';
import type { PromptRow } from './prompts.repo.ts';

type Fields = { title: string; active: boolean; latestVersion: number };
const fieldsOf = (row: PromptRow): Fields => ({ title: row.title, active: row.active, latestVersion: row.latest_version });

function changeOf(before: Fields, after: Fields): { before: Partial<Fields>; after: Partial<Fields> } {
  const keys = (Object.keys(after) as (keyof Fields)[]).filter((key) => before[key] !== after[key]);
  const pick = (fields: Fields) => Object.fromEntries(keys.map((key) => [key, fields[key]]));
  return { before: pick(before), after: pick(after) };
}

/** The event of a prompt that was created (no `before`), updated, or deleted (no `after`). */
export function promptEvent(before: PromptRow | undefined, after: PromptRow | undefined): NewEvent {
  const row = (after ?? before) as PromptRow;
  const about = { topic: `project:${row.project_id}:model:prompts`, subject: row.id, projectId: row.project_id };
  if (before && after) return { ...about, type: 'prompt.updated', data: changeOf(fieldsOf(before), fieldsOf(after)) };
  if (after)
    return { ...about, type: 'prompt.created', data: { before: null, after: { ...fieldsOf(after), projectId: row.project_id } } };
  return { ...about, type: 'prompt.deleted', data: { before: fieldsOf(row), after: null } };
}
