import { sql } from 'kysely';
import type { Db, Tx } from '#platform/db/db';
import type { ProjectRole } from '@piper/shared/system-models/roles';

export interface NewMember {
  id: string;
  project_id: string;
  user_id: string;
  role: ProjectRole;
  created_by: string | null;
}

/** False when the person belongs to the project already. */
export async function insertMember(tx: Tx, member: NewMember): Promise<boolean> {
  const row = await tx
    .insertInto('piper.members')
    .values(member)
    .onConflict((conflict) => conflict.columns(['project_id', 'user_id']).doNothing())
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

export async function listMemberIds(db: Db | Tx, projectId: string): Promise<string[]> {
  const rows = await db.selectFrom('piper.members').select('user_id').where('project_id', '=', projectId).execute();
  return rows.map((row) => row.user_id);
}

/** The membership that is one of an owner now; undefined when there is none. */
export async function makeOwner(tx: Tx, projectId: string, userId: string): Promise<{ id: string; version: number } | undefined> {
  return tx
    .updateTable('piper.members')
    .set({ role: 'owner', updated_at: sql<Date>`now()`, version: sql<number>`version + 1` })
    .where('project_id', '=', projectId)
    .where('user_id', '=', userId)
    .returning(['id', 'version'])
    .executeTakeFirst();
}

export async function findRole(db: Db | Tx, projectId: string, userId: string): Promise<ProjectRole | undefined> {
  const row = await db
    .selectFrom('piper.members')
    .select('role')
    .where('project_id', '=', projectId)
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return row?.role;
}

/**
 * The owners' memberships, serialised until the transaction ends, so that two of them can't leave at the same moment. An
 * advisory lock, because each of the two holds the row of its own membership already.
 */
export async function lockOwners(tx: Tx, projectId: string): Promise<string[]> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`piper:project-owners:${projectId}`}, 0))`.execute(tx);
  const rows = await tx
    .selectFrom('piper.members')
    .select('id')
    .where('project_id', '=', projectId)
    .where('role', '=', 'owner')
    .execute();
  return rows.map((row) => row.id);
}

/** Those of the keys that are no custom roles of the project; the roles that are stay until the transaction ends. */
export async function listUnknownRoles(tx: Tx, projectId: string, keys: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ key: string }>`
    select key from piper.project_roles where project_id = ${projectId} and key = any(${keys}::text[]) for key share`.execute(tx);
  const known = new Set(rows.map((row) => row.key));
  return keys.filter((key) => !known.has(key));
}
