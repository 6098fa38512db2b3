import { sql } from 'kysely';
import type { Db, Tx } from '#platform/db/db';

export async function findSetting(db: Db | Tx, key: string): Promise<unknown> {
  const row = await db.selectFrom('piper.settings').select('value').where('key', '=', key).executeTakeFirst();
  return row?.value;
}

export async function upsertSetting(tx: Tx, setting: { key: string; value: unknown; by: string }): Promise<void> {
  const value = JSON.stringify(setting.value);
  await tx
    .insertInto('piper.settings')
    .values({ key: setting.key, value, updated_by: setting.by })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value, updated_by: setting.by, updated_at: sql<Date>`now()` }))
    .execute();
}
