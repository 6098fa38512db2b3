/**
 * Writing into a thread: the one path by which messages get their number, their place in the tree and their events. Users'
 * messages and answers that are about to be written go in together, under the thread's row lock.
 */
import type { Insertable } from 'kysely';
import { fail } from '@piper/shared/errors';
import type { Message } from '@piper/shared/threads';
import type { TxCtx } from '#platform/ctx';
import { appendEvents, type NewEvent } from '#platform/events/append';
import { newId } from '#platform/ids';
import { announceMessage } from './threads.hooks.ts';
import { endMessage, findMessage, insertMessages, linkFiles, listFilesOf, type MessageOutcome } from './messages.repo.ts';
import { requireUser } from './threads.access.ts';
import { insertThread, lockThread, updateThread, type LockedThread } from './threads.repo.ts';
import type { MessageTable } from './threads.tables.ts';
import { changesBetween, toMessage, toThread, type MessageRow } from './threads.wire.ts';
import { titleFromText } from './thread-title.ts';

/** A thread whose row lock this transaction holds. */
export type HeldThread = LockedThread;

export interface Draft {
  id: string;
  parentId: string | null;
  role: 'user' | 'assistant';
  text: string;
  status: 'done' | 'streaming';
  runId: string | null;
  clientId?: string | undefined;
  clientHash?: Buffer | undefined;
  fileIds?: readonly string[] | undefined;
  promptVersionId?: string | undefined;
  variables?: Record<string, unknown> | undefined;
  aiModel?: string | undefined;
  parameters?: Record<string, unknown> | undefined;
  /** What made it, when another message did. */
  cause?: string | undefined;
}

interface NewThread {
  projectId: string;
  title?: string | undefined;
  promptId?: string | undefined;
}

/** Makes an empty thread with its creator and an assistant in it. The caller has checked the project. */
export async function openThread(ctx: TxCtx, { projectId, title, promptId }: NewThread): Promise<HeldThread> {
  const userId = requireUser(ctx.actor);
  const titleBy = title === undefined ? 'none' : 'user';
  const thread = await insertThread(ctx.db, { id: newId(), projectId, title: title ?? '', titleBy, userId, promptId });
  await appendEvents(ctx, threadEvents(thread, 'thread.created', { after: toThread(thread) }));
  return thread;
}

/** Locks a thread the caller has access to. Throws `thread_gone` when it was deleted meanwhile. */
export async function holdThread(ctx: TxCtx, id: string): Promise<HeldThread> {
  const thread = await lockThread(ctx.db, id);
  if (!thread || thread.deleted_at) fail('thread_gone');
  return thread;
}

/**
 * The message that something new may follow. Throws `not_found` when it is not of this thread and `turn_in_progress` when
 * it is still being written.
 */
export async function requireParent(ctx: TxCtx, thread: HeldThread, id: string): Promise<MessageRow> {
  const parent = await findMessage(ctx.db, thread.id, id);
  if (!parent || parent.deleted_at) fail('not_found', 'The message to follow is not in this thread.');
  if (parent.status === 'streaming') fail('turn_in_progress');
  return parent;
}

/** Posts the drafts in their order; the last one becomes the end of the branch that is shown. */
export async function postMessages(ctx: TxCtx, thread: HeldThread, drafts: readonly Draft[]): Promise<Message[]> {
  const userId = requireUser(ctx.actor);
  const rows = await insertMessages(
    ctx.db,
    drafts.map((draft, index) => toRow(draft, thread, index, userId)),
  );
  for (const draft of drafts) await linkFiles(ctx.db, draft.id, draft.fileIds ?? []);
  const files = await listFilesOf(
    ctx.db,
    drafts.filter((draft) => draft.fileIds?.length).map((draft) => draft.id),
  );
  const messages = rows.map((row) => toMessage(row, files.get(row.id) ?? []));
  const title = thread.title_by === 'none' ? titleFromText(drafts.find((draft) => draft.role === 'user')?.text ?? '') : '';
  const changed = await updateThread(ctx.db, thread.id, {
    seq: thread.seq + drafts.length,
    current_leaf_id: drafts.at(-1)?.id ?? thread.current_leaf_id,
    last_message_at: ctx.deps.clock.now(),
    ...(title === '' ? {} : { title, title_by: 'text' as const }),
  });
  const created = messages.map((message, index): NewEvent => ({
    ...messageEvent(thread, 'message.created', message, { after: message }),
    cause: drafts[index]?.cause,
  }));
  const touched = changed ? threadEvents(thread, 'thread.updated', changesBetween(toThread(thread), toThread(changed))) : [];
  await appendEvents(ctx, [...created, ...touched]);
  for (const message of messages) await announceMessage(ctx, message);
  return messages;
}

function toRow(draft: Draft, thread: HeldThread, index: number, userId: string): Insertable<MessageTable> {
  const json = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value));
  return {
    id: draft.id,
    thread_id: thread.id,
    parent_id: draft.parentId,
    seq: thread.seq + 1 + index,
    role: draft.role,
    author_id: draft.role === 'user' ? userId : null,
    parts: JSON.stringify(draft.text === '' ? [] : [{ type: 'text', id: '0', text: draft.text }]),
    text: draft.text,
    status: draft.status,
    finish_reason: null,
    error: null,
    run_id: draft.runId,
    client_id: draft.clientId ?? null,
    client_hash: draft.clientHash ?? null,
    prompt_version_id: draft.promptVersionId ?? null,
    variables: json(draft.variables),
    ai_model: draft.aiModel ?? null,
    parameters: json(draft.parameters),
    usage: null,
    cost: null,
    deleted_at: null,
    created_by: userId,
  };
}

export interface EndedAnswer {
  id: string;
  threadId: string;
  projectId: string;
  outcome: MessageOutcome;
  /** The run that wrote it, as events name causes. */
  cause: string;
}

/** Ends an answer with what came of it, once; false when it had already ended. */
export async function finishMessage(ctx: TxCtx, { id, threadId, projectId, outcome, cause }: EndedAnswer): Promise<boolean> {
  const thread = { id: threadId, project_id: projectId };
  const row = await endMessage(ctx.db, id, outcome);
  if (!row) return false;
  const message = toMessage(row, []);
  const { status, parts, finishReason, error, usage, cost, updatedAt, version } = message;
  const after = { status, parts, finishReason, error, usage, cost, updatedAt, version };
  const before = {
    status: 'streaming',
    parts: [],
    finishReason: null,
    error: null,
    usage: null,
    cost: null,
    version: version - 1,
  };
  await appendEvents(ctx, [{ ...messageEvent(thread, 'message.updated', message, { before, after }), cause }]);
  return true;
}

const messageEvent = (
  thread: { id: string; project_id: string },
  type: string,
  message: Message,
  data: Record<string, unknown>,
): NewEvent => ({
  topic: `thread:${thread.id}`,
  type,
  subject: message.id,
  projectId: thread.project_id,
  data,
});

/** A thread's change is heard in the thread and by each of its people, whose lists of threads show it. */
export function threadEvents(thread: LockedThread, type: string, data: Record<string, unknown>): NewEvent[] {
  const topics = [`thread:${thread.id}`, ...thread.user_ids.map((id) => `user:${id}`)];
  return topics.map((topic) => ({ topic, type, subject: thread.id, projectId: thread.project_id, data }));
}

/** For changes that the records engine announces in the thread by itself. */
export async function announceToPeople(
  ctx: TxCtx,
  thread: LockedThread,
  type: string,
  data: Record<string, unknown>,
): Promise<void> {
  await appendEvents(
    ctx,
    threadEvents(thread, type, data).filter((event) => event.topic.startsWith('user:')),
  );
}
