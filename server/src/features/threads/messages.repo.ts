/** SQL of messages. The tree is only ever walked along one branch, a bounded number of steps at a time. */
import { sql, type Insertable } from 'kysely';
import type { FinishReason } from '@piper/shared/stream/parts';
import type { Db, Tx } from '#platform/db/db';
import type { MessageTable } from './threads.tables.ts';
import type { MessageFile, MessageRow } from './threads.wire.ts';

/** What a client sent under this id before, if it did: its first message, by which the rest is found. */
export async function findSentMessage(db: Db, userId: string, clientId: string): Promise<MessageRow | undefined> {
  return db
    .selectFrom('piper.messages')
    .selectAll()
    .where('created_by', '=', userId)
    .where('client_id', '=', clientId)
    .executeTakeFirst();
}

export async function findMessage(db: Db, threadId: string, id: string): Promise<MessageRow | undefined> {
  return db.selectFrom('piper.messages').selectAll().where('id', '=', id).where('thread_id', '=', threadId).executeTakeFirst();
}

/** The answer that a run writes to this question. */
export async function findAnswerOf(
  db: Db,
  question: { threadId: string; id: string; runId: string },
): Promise<string | undefined> {
  const row = await db
    .selectFrom('piper.messages')
    .select('id')
    .where('thread_id', '=', question.threadId)
    .where('parent_id', '=', question.id)
    .where('run_id', '=', question.runId)
    .executeTakeFirst();
  return row?.id;
}

/** With what assistant the thread goes on when nothing else is said: its prompt, and the values last given for variables. */
export async function findThreadDefaults(
  db: Db,
  threadId: string,
): Promise<{ promptId: string | null; variables: Record<string, unknown> | null }> {
  const { rows } = await sql<{ promptId: string | null; variables: Record<string, unknown> | null }>`
    select
      (select prompt_id from piper.participants where thread_id = ${threadId} and kind = 'assistant' and prompt_id is not null order by id limit 1) as "promptId",
      (select variables from piper.messages where thread_id = ${threadId} and role = 'assistant' order by seq desc limit 1) as variables`.execute(
    db,
  );
  return rows[0] ?? { promptId: null, variables: null };
}

/** The thread a message is in; says nothing about who may see it. */
export async function findThreadOfMessage(db: Db, id: string): Promise<string | undefined> {
  const row = await db.selectFrom('piper.messages').select('thread_id').where('id', '=', id).executeTakeFirst();
  return row?.thread_id;
}

export async function insertMessages(tx: Tx, rows: Insertable<MessageTable>[]): Promise<MessageRow[]> {
  const inserted = await tx.insertInto('piper.messages').values(rows).returningAll().execute();
  return inserted.toSorted((a, b) => a.seq - b.seq);
}

export async function linkFiles(tx: Tx, messageId: string, fileIds: readonly string[]): Promise<void> {
  const rows = fileIds.map((file_id, position) => ({ message_id: messageId, file_id, position }));
  if (rows.length > 0) await tx.insertInto('piper.message_files').values(rows).execute();
}

export async function listFilesOf(db: Db, messageIds: readonly string[]): Promise<Map<string, MessageFile[]>> {
  const byMessage = new Map<string, MessageFile[]>();
  if (messageIds.length === 0) return byMessage;
  const { rows } = await sql<MessageFile & { message_id: string }>`
    select mf.message_id, f.id, f.name, f.media_type as "mediaType", f.size
    from piper.message_files mf join piper.files f on f.id = mf.file_id
    where mf.message_id = any(${messageIds}::uuid[]) order by mf.message_id, mf.position`.execute(db);
  for (const { message_id, ...file } of rows) byMessage.set(message_id, [...(byMessage.get(message_id) ?? []), file]);
  return byMessage;
}

export interface BranchRow extends MessageRow {
  sibling_ids: string[];
}

/**
 * At most `limit` messages from `from` towards the root, newest first, each with the messages that share its parent.
 * Every step is one look-up by primary key, every family one range of an index, so the size of the thread does not matter.
 */
export async function listBranch(db: Db, threadId: string, from: string, limit: number): Promise<BranchRow[]> {
  const { rows } = await sql<BranchRow & { step: number }>`
    with recursive branch as (
      select id, parent_id, 1 as step from piper.messages where id = ${from} and thread_id = ${threadId}
      union all
      select p.id, p.parent_id, b.step + 1 from branch b join piper.messages p on p.id = b.parent_id where b.step < ${limit}
    )
    select m.*, b.step, family.ids as sibling_ids
    from branch b
    join piper.messages m on m.id = b.id
    cross join lateral (
      select array_agg(s.id order by s.seq) as ids from (
        select id, seq from piper.messages where thread_id = ${threadId} and parent_id = b.parent_id
        union all
        select id, seq from piper.messages where b.parent_id is null and thread_id = ${threadId} and parent_id is null
      ) s
    ) family
    order by b.step`.execute(db);
  return rows;
}

/** The end of the branch through `from` that follows the newest answer at each fork. */
export async function findNewestLeaf(db: Db, threadId: string, from: string): Promise<string | undefined> {
  const { rows } = await sql<{ id: string }>`
    with recursive down as (
      select id, 1 as step from piper.messages where id = ${from} and thread_id = ${threadId}
      union all
      select c.id, d.step + 1 from down d cross join lateral (
        select id from piper.messages where thread_id = ${threadId} and parent_id = d.id order by seq desc limit 1
      ) c
    )
    select id from down order by step desc limit 1`.execute(db);
  return rows[0]?.id;
}

export interface ContextRow {
  id: string;
  role: MessageRow['role'];
  text: string;
  hasFiles: boolean;
}

/** What an AI model is told of the branch that ends in `leaf`, newest first: whole messages, as many as fit into `characters`, and always the newest. */
export async function listContext(db: Db, leaf: string, bounds: { messages: number; characters: number }): Promise<ContextRow[]> {
  const { rows } = await sql<ContextRow & { step: number }>`
    with recursive branch as (
      select id, parent_id, role, text, 1 as step, length(text) as total from piper.messages where id = ${leaf}
      union all
      select p.id, p.parent_id, p.role, p.text, b.step + 1, b.total + length(p.text)
      from branch b join piper.messages p on p.id = b.parent_id
      where b.step < ${bounds.messages} and b.total + length(p.text) <= ${bounds.characters}
    )
    select id, role, text, step, exists (select from piper.message_files f where f.message_id = branch.id) as "hasFiles"
    from branch order by step`.execute(db);
  return rows;
}

export interface MessageOutcome {
  status: Exclude<MessageRow['status'], 'streaming'>;
  parts: MessageRow['parts'];
  text: string;
  finishReason: FinishReason;
  error: MessageRow['error'];
  usage: MessageRow['usage'];
  cost: number | null;
}

/** Ends an answer that is being written; undefined when it had already ended, which changes nothing. */
export async function endMessage(tx: Tx, id: string, outcome: MessageOutcome): Promise<MessageRow | undefined> {
  return tx
    .updateTable('piper.messages')
    .set((eb) => ({
      status: outcome.status,
      parts: JSON.stringify(outcome.parts),
      text: outcome.text,
      finish_reason: outcome.finishReason,
      error: outcome.error === null ? null : JSON.stringify(outcome.error),
      usage: outcome.usage === null ? null : JSON.stringify(outcome.usage),
      cost: outcome.cost === null ? null : String(outcome.cost),
      updated_at: sql<Date>`now()`,
      version: eb('version', '+', 1),
    }))
    .where('id', '=', id)
    .where('status', '=', 'streaming')
    .returningAll()
    .executeTakeFirst();
}
