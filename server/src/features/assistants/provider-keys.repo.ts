/** Rows of stored provider keys: the instance's (no user) and each user's own. */
import { sql, type ColumnType, type Generated } from 'kysely';
import type { Db, Tx } from '#platform/db/db';

export interface ProviderKeyTable {
  id: string;
  user_id: string | null;
  provider: string;
  label: ColumnType<string, string | undefined, string>;
  secret: Buffer | null;
  base_url: string | null;
  created_at: Generated<Date>;
  updated_at: ColumnType<Date, Date | undefined, Date>;
  /** Who set it last: an address set by somebody who does not own the instance must be public. */
  created_by: string | null;
  version: Generated<number>;
}

declare module '#platform/db/tables' {
  interface Tables {
    'piper.provider_keys': ProviderKeyTable;
  }
}

export interface ProviderKeyRow {
  id: string;
  user_id: string | null;
  provider: string;
  label: string;
  secret: Buffer | null;
  base_url: string | null;
  updated_at: Date;
  /** Set by somebody who owns the instance now. */
  by_owner: boolean;
}

const selectKeys = (db: Db) =>
  db
    .selectFrom('piper.provider_keys as k')
    .leftJoin('piper.users as u', 'u.id', 'k.created_by')
    .select(['k.id', 'k.user_id', 'k.provider', 'k.label', 'k.secret', 'k.base_url', 'k.updated_at'])
    .select(sql<boolean>`coalesce(u.role = 'OWNER' and u.disabled_at is null, false)`.as('by_owner'));

/** The instance's keys and, with a user, that user's; the user's first. */
export function listKeyRows(db: Db, userId: string | undefined): Promise<ProviderKeyRow[]> {
  return selectKeys(db)
    .where((eb) => eb.or([eb('k.user_id', 'is', null), ...(userId === undefined ? [] : [eb('k.user_id', '=', userId)])]))
    .orderBy((eb) => eb('k.user_id', 'is', null))
    .orderBy('k.provider')
    .execute();
}

export function lockKeyRow(tx: Tx, provider: string, userId: string | null): Promise<ProviderKeyRow | undefined> {
  return selectKeys(tx)
    .where('k.provider', '=', provider)
    .where('k.user_id', userId === null ? 'is' : '=', userId)
    .forUpdate('k')
    .executeTakeFirst();
}

export interface KeyValues {
  id: string;
  user_id: string | null;
  provider: string;
  label: string;
  secret: Buffer | null;
  base_url: string | null;
  created_by: string;
  updated_at: Date;
}

export async function insertKeyRow(tx: Tx, values: KeyValues): Promise<void> {
  await tx.insertInto('piper.provider_keys').values(values).execute();
}

export async function updateKeyRow(tx: Tx, { id, label, secret, base_url, created_by, updated_at }: KeyValues): Promise<void> {
  await tx
    .updateTable('piper.provider_keys')
    .set((eb) => ({ label, secret, base_url, created_by, updated_at, version: eb('version', '+', 1) }))
    .where('id', '=', id)
    .execute();
}

export async function deleteKeyRow(tx: Tx, provider: string, userId: string | null): Promise<string | undefined> {
  const deleted = await tx
    .deleteFrom('piper.provider_keys')
    .where('provider', '=', provider)
    .where('user_id', userId === null ? 'is' : '=', userId)
    .returning('id')
    .executeTakeFirst();
  return deleted?.id;
}
