/** Comments on records: whoever sees a record sees what is said about it. */
import { sql } from 'kysely';
import type { DataModel } from '@piper/shared/data-model';
import { fail } from '@piper/shared/errors';
import { managers } from '@piper/shared/system-models/roles';
import { system, userIdOf } from '#platform/actor';
import type { Ctx, TxCtx } from '#platform/ctx';
import { inTx } from '#platform/db/tx';
import { appendEvent } from '#platform/events/append';
import { isUuid, newId } from '#platform/ids';
import { requireWriteScope } from '#platform/key-scope';
import { entryOf } from '#platform/records/catalogue';
import { readRecord } from '#platform/records/records';
import { findRecord } from '#platform/records/read';
import type { ProjectCtx } from './items.place.ts';
import { peopleNamed } from './revisions.ts';

interface CommentRow {
  id: string;
  text: string;
  createdAt: Date;
  updatedAt: Date;
  createdBy: string | null;
  version: number;
}

export interface Comment extends Omit<CommentRow, 'createdAt' | 'updatedAt'> {
  createdAt: string;
  updatedAt: string;
  by: { id: string; name: string | null } | null;
}

/** Which record, of which model. */
export interface Subject {
  model: string;
  id: string;
}

const columns = sql`id, text, created_at as "createdAt", updated_at as "updatedAt", created_by as "createdBy", version`;

/** Oldest first. */
export async function listCommentsOf(
  ctx: ProjectCtx,
  subject: Subject,
  page: { limit: number; cursor?: string },
): Promise<{ data: Comment[]; meta: { nextCursor: string | null } }> {
  const { model, id } = await recordSeen(ctx, subject);
  if (page.cursor !== undefined && !isUuid(page.cursor)) fail('bad_cursor');
  const { rows } = await sql<CommentRow>`
    select ${columns} from piper.record_comments
    where project_id = ${ctx.project.id} and model_id = ${model.id} and record_id = ${id} and (${page.cursor ?? null}::uuid is null or id > ${page.cursor ?? null}::uuid)
    order by id limit ${page.limit + 1}`.execute(ctx.db);
  const shown = rows.slice(0, page.limit);
  return { data: await present(ctx, shown), meta: { nextCursor: rows.length > page.limit ? shown.at(-1)!.id : null } };
}

/** Adds a comment. Viewers only read. */
export async function createComment(ctx: ProjectCtx, subject: Subject, text: string): Promise<Comment> {
  const { model, id } = await recordSeen(ctx, subject);
  requireVoice(ctx);
  return inTx(ctx, async (tx) => {
    const now = ctx.deps.clock.now();
    const { rows } = await sql<CommentRow>`
      insert into piper.record_comments (id, project_id, model_id, record_id, text, created_at, updated_at, created_by)
      values (${newId()}, ${ctx.project.id}, ${model.id}, ${id}, ${text}, ${now}, ${now}, ${userIdOf(ctx.actor) ?? null}) returning ${columns}`.execute(
      tx.db,
    );
    return told(tx as TxCtx & ProjectCtx, { model, id, change: 'created' }, rows[0]!);
  });
}

/** Changes a comment of one's own. */
export async function updateComment(ctx: ProjectCtx, subject: Subject, comment: string, text: string): Promise<Comment> {
  const { model, id } = await recordSeen(ctx, subject);
  requireVoice(ctx);
  return inTx(ctx, async (tx) => {
    const row = await lock(tx as TxCtx & ProjectCtx, { model, id, comment });
    if (row.createdBy === null || row.createdBy !== userIdOf(ctx.actor))
      fail('forbidden', 'Only who wrote a comment may change it.');
    const { rows } = await sql<CommentRow>`
      update piper.record_comments set text = ${text}, updated_at = ${ctx.deps.clock.now()}, version = version + 1 where id = ${comment} returning ${columns}`.execute(
      tx.db,
    );
    return told(tx as TxCtx & ProjectCtx, { model, id, change: 'updated' }, rows[0]!);
  });
}

/** Deletes a comment of one's own; who manages the project may delete any. */
export async function deleteComment(ctx: ProjectCtx, subject: Subject, comment: string): Promise<void> {
  const { model, id } = await recordSeen(ctx, subject);
  requireWriteScope(ctx);
  await inTx(ctx, async (tx) => {
    const row = await lock(tx as TxCtx & ProjectCtx, { model, id, comment });
    const isOwn = row.createdBy !== null && row.createdBy === userIdOf(ctx.actor);
    if (!isOwn && !ctx.project.roles.some((role) => managers.includes(role as never)))
      fail('forbidden', 'Only who wrote a comment, or who manages the project, may delete it.');
    await sql`delete from piper.record_comments where id = ${comment}`.execute(tx.db);
    await told(tx as TxCtx & ProjectCtx, { model, id, change: 'deleted' }, row);
  });
}

async function recordSeen(ctx: Ctx, subject: Subject): Promise<{ model: DataModel; id: string }> {
  const { id } = await readRecord(ctx, subject.model, subject.id, ['id']);
  return { model: entryOf(ctx, subject.model).model, id: String(id) };
}

function requireVoice(ctx: ProjectCtx): void {
  requireWriteScope(ctx);
  if (ctx.project.roles.every((role) => role === 'viewer')) fail('forbidden', 'Viewers may not comment.');
}

async function lock(tx: TxCtx & ProjectCtx, of: { model: DataModel; id: string; comment: string }): Promise<CommentRow> {
  const { rows } = await sql<CommentRow>`
    select ${columns} from piper.record_comments
    where id = ${of.comment} and project_id = ${tx.project.id} and model_id = ${of.model.id} and record_id = ${of.id} for update`.execute(
    tx.db,
  );
  return rows[0] ?? fail('not_found', 'There is no such comment.');
}

/** Tells the change on the model's topic. The record comes along for the rules to be decided on; it is not delivered, and the log, which names no project for it, shows it to nobody. */
async function told(
  tx: TxCtx & ProjectCtx,
  { model, id, change }: { model: DataModel; id: string; change: 'created' | 'updated' | 'deleted' },
  row: CommentRow,
): Promise<Comment> {
  const [comment] = await present(tx, [row]);
  const fields = model.fields.filter((field) => field.column !== undefined && !field.secret).map(({ key }) => key);
  const record = await findRecord({ ...tx, actor: system }, model, id, fields);
  await appendEvent(tx, {
    topic: `project:${tx.project.id}:model:${model.id}`,
    type: `comment.${change}`,
    subject: id,
    data: { comment: change === 'deleted' ? { id: row.id } : comment, record },
  });
  return comment!;
}

async function present(ctx: ProjectCtx, rows: readonly CommentRow[]): Promise<Comment[]> {
  const names = await peopleNamed(
    ctx,
    rows.map(({ createdBy }) => createdBy),
  );
  return rows.map((row) => ({
    ...row,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    by: row.createdBy === null ? null : { id: row.createdBy, name: names.get(row.createdBy) ?? null },
  }));
}
