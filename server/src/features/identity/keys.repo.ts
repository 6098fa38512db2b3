import { sql, type Selectable } from 'kysely';
import type { Db, Tx } from '#platform/db/db';
import type { ApiKeyTable } from './identity.tables.ts';

export type ApiKeyRow = Selectable<ApiKeyTable>;

export interface NewKey {
  id: string;
  user_id: string;
  project_id: string | null;
  name: string;
  access: 'read' | 'write';
  prefix: string;
  hash: Buffer;
  expires_at: Date | null;
}

export function insertKey(tx: Tx, key: NewKey): Promise<ApiKeyRow> {
  return tx
    .insertInto('piper.api_keys')
    .values({ ...key, created_by: key.user_id })
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** The key, if it may still be used, with the role of its person. */
export function findLiveKey(db: Db, hash: Buffer, now: Date) {
  return db
    .selectFrom('piper.api_keys as k')
    .innerJoin('piper.users as u', 'u.id', 'k.user_id')
    .where('k.hash', '=', hash)
    .where('k.revoked_at', 'is', null)
    .where('u.disabled_at', 'is', null)
    .where((eb) => eb.or([eb('k.expires_at', 'is', null), eb('k.expires_at', '>', now)]))
    .selectAll('k')
    .select('u.role')
    .executeTakeFirst();
}

export async function touchKey(db: Db, id: string, now: Date): Promise<void> {
  await db.updateTable('piper.api_keys').set({ last_used_at: now }).where('id', '=', id).execute();
}

/** Revokes one key of this person, or all of them; answers the ids of those that were alive. */
export async function revokeKeys(tx: Tx, which: { userId: string; id?: string }, now: Date): Promise<string[]> {
  let query = tx
    .updateTable('piper.api_keys')
    .set({ revoked_at: now, updated_at: now, version: sql<number>`version + 1` })
    .where('user_id', '=', which.userId)
    .where('revoked_at', 'is', null);
  if (which.id !== undefined) query = query.where('id', '=', which.id);
  const rows = await query.returning('id').execute();
  return rows.map((row) => row.id);
}
