/** The custom roles of a project and who holds them. */
import { sql } from 'kysely';
import type { Db } from '#platform/db/db';

/** Keys of the custom roles the person holds in the project. */
export async function rolesOfMember(db: Db, projectId: string, userId: string): Promise<string[]> {
  const { rows } = await sql<{ roles: string[] }>`
    select roles from piper.members where project_id = ${projectId} and user_id = ${userId}`.execute(db);
  return rows[0]?.roles ?? [];
}
