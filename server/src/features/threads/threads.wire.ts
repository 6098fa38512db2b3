/** Rows as they leave the feature: what replies and events show. */
import type { Selectable } from 'kysely';
import type { Message, Thread } from '@piper/shared/threads';
import type { MessageTable, ThreadTable } from './threads.tables.ts';

export type ThreadRow = Selectable<ThreadTable>;
export type MessageRow = Selectable<MessageTable>;
export type MessageFile = Message['files'][number];

export function toThread(row: ThreadRow): Thread {
  return {
    id: row.id,
    projectId: row.project_id,
    title: row.title,
    titleBy: row.title_by,
    seq: row.seq,
    currentLeafId: row.current_leaf_id,
    lastMessageAt: row.last_message_at.toISOString(),
    archivedAt: row.archived_at?.toISOString() ?? null,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    createdBy: row.created_by,
    version: row.version,
  };
}

export function toMessage(row: MessageRow, files: MessageFile[]): Message {
  return {
    id: row.id,
    threadId: row.thread_id,
    parentId: row.parent_id,
    seq: row.seq,
    role: row.role,
    authorId: row.author_id,
    parts: row.parts,
    status: row.status,
    finishReason: row.finish_reason,
    error: row.error,
    runId: row.run_id,
    clientId: row.client_id,
    promptVersionId: row.prompt_version_id,
    variables: row.variables,
    aiModel: row.ai_model,
    parameters: row.parameters,
    usage: row.usage === null ? null : { ...row.usage },
    cost: row.cost === null ? null : Number(row.cost),
    files,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    version: row.version,
  };
}

type Changed = Record<string, unknown>;

/** The fields of `after` that differ from `before`, in both states: what a change event carries. */
export function changesBetween(before: object, after: object): { before: Changed; after: Changed } {
  const old = before as Changed;
  const keys = Object.entries(after)
    .filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(old[key]))
    .map(([key]) => key);
  const pick = (source: Changed): Changed => Object.fromEntries(keys.map((key) => [key, source[key]]));
  return { before: pick(old), after: pick(after as Changed) };
}
