/** SQL of prompts. Locks are always taken in the order project, prompt; otherwise two activations could wait for each other. */
import { type Selectable, sql } from 'kysely';
import type { Db, Tx } from '#platform/db/db';
import type { PromptTable } from './prompts.tables.ts';

export type PromptRow = Selectable<PromptTable>;

export function findPrompt(db: Db, id: string): Promise<PromptRow | undefined> {
  return db.selectFrom('piper.prompts').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Lets one transaction at a time decide which prompt of the project is active; what only refers to the project goes on. */
export async function lockProject(tx: Tx, projectId: string): Promise<boolean> {
  const { rows } =
    await sql`select 1 from piper.projects where id = ${projectId} and deleted_at is null for no key update`.execute(tx);
  return rows.length > 0;
}

export function lockPrompt(tx: Tx, id: string): Promise<PromptRow | undefined> {
  return tx.selectFrom('piper.prompts').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
}

export async function hasActivePrompt(tx: Tx, projectId: string): Promise<boolean> {
  const row = await tx
    .selectFrom('piper.prompts')
    .select('id')
    .where('project_id', '=', projectId)
    .where('active', '=', true)
    .executeTakeFirst();
  return row !== undefined;
}

type NewPrompt = Pick<PromptRow, 'id' | 'project_id' | 'title' | 'active' | 'created_by'>;

/** Its version 1 follows in the same transaction. */
export function insertPrompt(tx: Tx, prompt: NewPrompt): Promise<PromptRow> {
  return tx
    .insertInto('piper.prompts')
    .values({ ...prompt, latest_version: 1 })
    .returningAll()
    .executeTakeFirstOrThrow();
}

export function updatePrompt(
  tx: Tx,
  id: string,
  changes: Partial<Pick<PromptRow, 'title' | 'active' | 'latest_version'>>,
): Promise<PromptRow> {
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
  const query = tx
    .selectFrom('piper.prompts')
    .select('id')
    .where('project_id', '=', projectId)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1);
  return (await query.executeTakeFirst())?.id;
}
