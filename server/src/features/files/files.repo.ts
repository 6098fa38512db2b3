/** SQL of files and of blobs that wait for removal. */
import { type Insertable, type Selectable, sql } from 'kysely';
import type { Db, Tx } from '#platform/db/db';
import type { FileTable } from './files.tables.ts';

export type FileRow = Selectable<FileTable>;

/** Everything but the text, which may be long. */
const columns = [
  'id',
  'project_id',
  'name',
  'media_type',
  'size',
  'sha256',
  'storage_key',
  'orphan_after',
  'created_at',
  'updated_at',
  'created_by',
  'version',
] as const;
export type FileMeta = Pick<FileRow, (typeof columns)[number]>;

export function findFile(db: Db, id: string): Promise<FileMeta | undefined> {
  return db.selectFrom('piper.files').select(columns).where('id', '=', id).executeTakeFirst();
}

export async function hasFileOfBlob(db: Db, key: string): Promise<boolean> {
  return (await db.selectFrom('piper.files').select('id').where('storage_key', '=', key).executeTakeFirst()) !== undefined;
}

export async function findFileText(db: Db, id: string): Promise<string | null> {
  const row = await db.selectFrom('piper.files').select('text').where('id', '=', id).executeTakeFirst();
  return row?.text ?? null;
}

export function insertFile(tx: Tx, row: Insertable<FileTable>): Promise<FileMeta> {
  return tx.insertInto('piper.files').values(row).returning(columns).executeTakeFirstOrThrow();
}

export function deleteFile(tx: Tx, id: string): Promise<FileMeta | undefined> {
  return tx.deleteFrom('piper.files').where('id', '=', id).returning(columns).executeTakeFirst();
}

/** In the order of ids, so that two attaching the same files don't wait for each other. */
export function lockFiles(tx: Tx, ids: readonly string[]): Promise<FileMeta[]> {
  return tx.selectFrom('piper.files').select(columns).where('id', 'in', ids).orderBy('id').forUpdate().execute();
}

/** Keeps files from being removed as orphans. To their readers they are the same, so their version stays. */
export function keepFiles(tx: Tx, ids: readonly string[]): Promise<FileMeta[]> {
  return tx.updateTable('piper.files').set({ orphan_after: null }).where('id', 'in', ids).returning(columns).execute();
}

/** Deletes files whose time is over. One that was attached again just when its last message went stays all the same. */
export function deleteOrphans(tx: Tx, limit: number): Promise<FileMeta[]> {
  return tx
    .deleteFrom('piper.files')
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('piper.files')
        .select('id')
        .where('orphan_after', '<=', sql<Date>`now()`)
        .where(sql<boolean>`not exists (select 1 from piper.message_files m where m.file_id = piper.files.id)`)
        .orderBy('orphan_after')
        .limit(limit)
        .forUpdate()
        .skipLocked(),
    )
    .returning(columns)
    .execute();
}

/** Says beforehand that a blob is to be removed, unless its row comes to be until then: so a crash while uploading leaves nothing behind. */
export async function announceBlob(db: Db, key: string, hours: number): Promise<void> {
  await sql`insert into piper.blob_deletions (storage_key, created_at) values (${key}, now() + make_interval(hours => ${hours}))`.execute(
    db,
  );
}

/** The blob has a row now. False when it was given up before. */
export async function keepBlob(tx: Tx, key: string): Promise<boolean> {
  const result = await tx.deleteFrom('piper.blob_deletions').where('storage_key', '=', key).executeTakeFirst();
  return result.numDeletedRows > 0n;
}

/** Takes a blob that is due for removal; nobody else gets it for these minutes, after which it is due again unless it was forgotten. */
export async function takeDueBlob(db: Db, minutes: number): Promise<string | undefined> {
  const { rows } = await sql<{ storage_key: string }>`
    update piper.blob_deletions set created_at = now() + make_interval(mins => ${minutes})
    where storage_key = (
      select storage_key from piper.blob_deletions where created_at <= now() order by created_at limit 1 for update skip locked)
    returning storage_key`.execute(db);
  return rows[0]?.storage_key;
}

export async function forgetBlob(db: Db, key: string): Promise<void> {
  await db.deleteFrom('piper.blob_deletions').where('storage_key', '=', key).execute();
}

export async function retryBlob(db: Db, key: string, minutes: number): Promise<void> {
  await sql`update piper.blob_deletions set created_at = now() + make_interval(mins => ${minutes}) where storage_key = ${key}`.execute(
    db,
  );
}
