/** SQL of prompts. Locks are always taken in the order project, prompt; otherwise two activations could wait for each other. */
import { type Selectable, sql } from 'kysely';
import type { Db, Tx } from '#platform/db/db';
import type { PromptTable } from './prompts.tables.ts';

export type PromptRow = Selectable<PromptTable>;
export type ProjectRole = 'owner' | 'admin' | 'member' | 'viewer';
export interface PromptWithRole extends PromptRow {
  member_role: ProjectRole | null;
}

/** The prompt, and what `userId` is in its project. */
export async function findPromptWithRole(db: Db, id: string, userId: string | undefined): Promise<PromptWithRole | undefined> {
  const { rows } = await sql<PromptWithRole>`
    select p.*, m.role as member_role
    from piper.prompts p
    join piper.projects j on j.id = p.project_id and j.deleted_at is null
    left join piper.members m on m.project_id = p.project_id and m.user_id = ${userId ?? null}
    where p.id = ${id}`.execute(db);
  return rows[0];
}

/** A project by id or slug, current or old, and what `userId` is in it. */
export async function findProjectWithRole(
  db: Db,
  ref: string,
  userId: string | undefined,
): Promise<{ id: string; member_role: ProjectRole | null } | undefined> {
  const { rows } = await sql<{ id: string; member_role: ProjectRole | null }>`
    select j.id, m.role as member_role
    from piper.projects j
    left join piper.members m on m.project_id = j.id and m.user_id = ${userId ?? null}
    where j.deleted_at is null
      and (j.id::text = ${ref} or j.slug = ${ref} or j.id = (select s.project_id from piper.project_slugs s where s.slug = ${ref}))
    order by (j.id::text = ${ref}) desc, (j.slug = ${ref}) desc
    limit 1`.execute(db);
  return rows[0];
}

/** Lets one transaction at a time decide which prompt of the project is active; what only refers to the project goes on. */
export async function lockProject(tx: Tx, projectId: string): Promise<boolean> {
  const { rows } = await sql`select 1 from piper.projects where id = ${projectId} and deleted_at is null for no key update`.execute(tx);
  return rows.length > 0;
}

export function lockPrompt(tx: Tx, id: string): Promise<PromptRow | undefined> {
  return tx.selectFrom('piper.prompts').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
}

export async function hasActivePrompt(tx: Tx, projectId: string): Promise<boolean> {
  const row = await tx.selectFrom('piper.prompts').select('id').where('project_id', '=', projectId).where('active', '=', true).executeTakeFirst();
  return row !== undefined;
}

export async function findActivePromptId(db: Db, projectId: string): Promise<string | undefined> {
  const query = db.selectFrom('piper.prompts').select('id').where('project_id', '=', projectId).where('active', '=', true);
  return (await query.executeTakeFirst())?.id;
}

type NewPrompt = Pick<PromptRow, 'id' | 'project_id' | 'title' | 'active' | 'created_by'>;

export function insertPrompt(tx: Tx, prompt: NewPrompt): Promise<PromptRow> {
  return tx.insertInto('piper.prompts').values({ ...prompt, latest_version: 0 }).returningAll().executeTakeFirstOrThrow();
}

export function updatePrompt(tx: Tx, id: string, changes: Partial<Pick<PromptRow, 'title' | 'active' | 'latest_version'>>): Promise<PromptRow> {
  return tx
    .updateTable('piper.prompts')
    .set((eb) => ({ ...changes, updated_at: sql<Date>`now()`, version: eb('version', '+', 1) }))
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Takes the place of the active prompt, if there is one, and returns what was active. */
export function deactivatePrompts(tx: Tx, projectId: string): Promise<PromptRow[]> {
  return tx
    .updateTable('piper.prompts')
    .set((eb) => ({ active: false, updated_at: sql<Date>`now()`, version: eb('version', '+', 1) }))
    .where('project_id', '=', projectId)
    .where('active', '=', true)
    .returningAll()
    .execute();
}

export async function deletePrompt(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('piper.prompts').where('id', '=', id).execute();
}

export async function findNewestPromptId(tx: Tx, projectId: string): Promise<string | undefined> {
  const query = tx.selectFrom('piper.prompts').select('id').where('project_id', '=', projectId).orderBy('created_at', 'desc').orderBy('id', 'desc').limit(1);
  return (await query.executeTakeFirst())?.id;
}
