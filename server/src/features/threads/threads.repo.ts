/** SQL of threads and participants. */
import { sql, type Updateable } from 'kysely';
import type { Db, Tx } from '#platform/db/db';
import { newId } from '#platform/ids';
import type { ThreadTable } from './threads.tables.ts';
import type { ThreadRow } from './threads.wire.ts';

export type MemberRole = 'owner' | 'admin' | 'member' | 'viewer';

export interface SeenThread extends ThreadRow {
  member_role: MemberRole;
}

/** The thread, if this user takes part in it and still belongs to its project. */
export async function findSeenThread(db: Db, userId: string, id: string): Promise<SeenThread | undefined> {
  const { rows } = await sql<SeenThread>`
    select t.*, m.role as member_role
    from piper.threads t
    join piper.participants p on p.thread_id = t.id and p.user_id = ${userId}
    join piper.members m on m.project_id = t.project_id and m.user_id = ${userId}
    join piper.projects j on j.id = t.project_id and j.deleted_at is null
    where t.id = ${id} and t.deleted_at is null`.execute(db);
  return rows[0];
}

/** The role in a project that is not deleted. */
export async function findMemberRole(db: Db, userId: string, projectId: string): Promise<MemberRole | undefined> {
  const { rows } = await sql<{ role: MemberRole }>`
    select m.role from piper.members m
    join piper.projects j on j.id = m.project_id and j.deleted_at is null
    where m.project_id = ${projectId} and m.user_id = ${userId}`.execute(db);
  return rows[0]?.role;
}

export interface LockedThread extends ThreadRow {
  /** The people in it. */
  user_ids: string[];
}

/** Takes the thread's row lock: whoever numbers messages or moves the leaf holds it until the transaction ends. */
export async function lockThread(tx: Tx, id: string): Promise<LockedThread | undefined> {
  const { rows } = await sql<LockedThread>`
    select t.*, array(select p.user_id from piper.participants p where p.thread_id = t.id and p.user_id is not null) as user_ids
    from piper.threads t where t.id = ${id} for update of t`.execute(tx);
  return rows[0];
}

export interface NewThread {
  id: string;
  projectId: string;
  title: string;
  titleBy: ThreadRow['title_by'];
  userId: string;
  promptId: string | undefined;
}

/** Inserts the thread with its two first participants: who made it, and an assistant. Its row is locked by that. */
export async function insertThread(tx: Tx, thread: NewThread): Promise<LockedThread> {
  const { rows } = await sql<ThreadRow>`
    with made as (
      insert into piper.threads (id, project_id, title, title_by, created_by)
      values (${thread.id}, ${thread.projectId}, ${thread.title}, ${thread.titleBy}, ${thread.userId}) returning *
    ), joined as (
      insert into piper.participants (id, thread_id, user_id, prompt_id, kind, created_by)
      select * from (values
        (${newId()}::uuid, ${thread.id}::uuid, ${thread.userId}::uuid, null::uuid, 'user', ${thread.userId}::uuid),
        (${newId()}::uuid, ${thread.id}::uuid, null::uuid, ${thread.promptId ?? null}::uuid, 'assistant', ${thread.userId}::uuid)
      ) as p
    )
    select * from made`.execute(tx);
  return { ...rows[0]!, user_ids: [thread.userId] };
}

export async function updateThread(tx: Tx, id: string, changes: Updateable<ThreadTable>): Promise<ThreadRow | undefined> {
  return tx
    .updateTable('piper.threads')
    .set((eb) => ({ ...changes, updated_at: sql<Date>`now()`, version: eb('version', '+', 1) }))
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
}

/** Runs that are not over in this thread. */
export async function listOpenRuns(db: Db, threadId: string): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from piper.runs where thread_id = ${threadId} and status in ('queued', 'running', 'waiting')`.execute(db);
  return rows.map((row) => row.id);
}

/** Removes threads that were deleted more than `days` ago, a few at a time so that no lock is held long. */
export async function purgeDeletedThreads(db: Db, days: number): Promise<number> {
  const { rows } = await sql<{ id: string }>`
    delete from piper.threads where id in (
      select id from piper.threads where deleted_at < now() - make_interval(days => ${days}::int)
      order by deleted_at limit 100 for update skip locked)
    returning id`.execute(db);
  return rows.length;
}
