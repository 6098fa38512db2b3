import { sql, type Selectable } from 'kysely';
import type { ProjectRole } from '@piper/shared/system-models/roles';
import type { Db, Tx } from '#platform/db/db';
import type { ProjectTable } from './projects.tables.ts';

export type ProjectRow = Selectable<ProjectTable>;
export type MemberProjectRow = ProjectRow & { role: ProjectRole };

/** The project as this person sees it: undefined unless they are a member. */
export function findProjectOfMember(
  db: Db,
  which: { id: string; userId: string; deleted: boolean },
): Promise<MemberProjectRow | undefined> {
  return db
    .selectFrom('piper.projects as p')
    .innerJoin('piper.members as m', 'm.project_id', 'p.id')
    .where('p.id', '=', which.id)
    .where('m.user_id', '=', which.userId)
    .where('p.deleted_at', which.deleted ? 'is not' : 'is', null)
    .selectAll('p')
    .select('m.role')
    .executeTakeFirst();
}

export function findProject(db: Db, id: string): Promise<ProjectRow | undefined> {
  return db.selectFrom('piper.projects').selectAll().where('id', '=', id).where('deleted_at', 'is', null).executeTakeFirst();
}

/** The project that has this slug, or had it once. */
export async function findIdBySlug(db: Db, slug: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('piper.projects')
    .select('id')
    .where('slug', '=', slug)
    .unionAll(db.selectFrom('piper.project_slugs').select('project_id as id').where('slug', '=', slug))
    .limit(1)
    .executeTakeFirst();
  return row?.id;
}

export function listDeletedOf(db: Db, userId: string, since: Date): Promise<ProjectRow[]> {
  return db
    .selectFrom('piper.projects as p')
    .innerJoin('piper.members as m', 'm.project_id', 'p.id')
    .where('m.user_id', '=', userId)
    .where('m.role', '=', 'owner')
    .where('p.deleted_at', '>', since)
    .selectAll('p')
    .orderBy('p.deleted_at', 'desc')
    .execute();
}

/** Sets or clears the mark of deletion; undefined when somebody was faster. */
export function markDeleted(tx: Tx, id: string, deletedAt: Date | null): Promise<ProjectRow | undefined> {
  return tx
    .updateTable('piper.projects')
    .set({ deleted_at: deletedAt, updated_at: sql<Date>`now()`, version: sql<number>`version + 1` })
    .where('id', '=', id)
    .where('deleted_at', deletedAt ? 'is' : 'is not', null)
    .returningAll()
    .executeTakeFirst();
}

/** Locks some projects whose undo window is over; those another process holds are left to it. */
export async function lockExpired(tx: Tx, before: Date, limit: number): Promise<string[]> {
  const rows = await tx
    .selectFrom('piper.projects')
    .select('id')
    .where('deleted_at', '<', before)
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute();
  return rows.map((row) => row.id);
}

/** Removes the project and, by cascade, all that is its own; its runs know it without a foreign key. */
export async function removeProject(tx: Tx, id: string): Promise<void> {
  await sql`delete from piper.runs where project_id = ${id}`.execute(tx);
  await tx.deleteFrom('piper.projects').where('id', '=', id).execute();
}

/** Runs of the project that are not over. */
export async function listOpenRuns(tx: Tx, projectId: string): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from piper.runs where project_id = ${projectId} and status in ('queued', 'running', 'waiting')`.execute(tx);
  return rows.map((row) => row.id);
}
