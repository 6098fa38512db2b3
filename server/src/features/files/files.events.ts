/** What the log says about files. A file of no project is heard by its owner. */
import type { NewEvent } from '#platform/events/append';
import type { FileMeta } from './files.repo.ts';

const fieldsOf = ({ name, media_type, size, project_id }: FileMeta) => ({
  name,
  mediaType: media_type,
  size,
  projectId: project_id,
});

/** The event of a file that was created (no `before`), updated, or deleted (no `after`). */
export function fileEvent(before: FileMeta | undefined, after: FileMeta | undefined): NewEvent {
  const row = (after ?? before) as FileMeta;
  const topic = row.project_id === null ? `user:${row.created_by}` : `project:${row.project_id}:model:files`;
  const type = before ? (after ? 'file.updated' : 'file.deleted') : 'file.created';
  const data = { before: before ? fieldsOf(before) : null, after: after ? fieldsOf(after) : null };
  return { topic, type, subject: row.id, projectId: row.project_id ?? undefined, data };
}
