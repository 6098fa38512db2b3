import { sql, type Selectable } from 'kysely';
import type { Db, Tx } from '#platform/db/db';
import type { UserTable } from './identity.tables.ts';

export type UserRow = Selectable<UserTable>;

export function findUser(db: Db, id: string): Promise<UserRow | undefined> {
  return db.selectFrom('piper.users').selectAll().where('id', '=', id).executeTakeFirst();
}

export function findUserByEmail(db: Db, email: string): Promise<UserRow | undefined> {
  return db
    .selectFrom('piper.users')
    .selectAll()
    .where(sql<string>`lower(email)`, '=', sql<string>`lower(${email})`)
    .executeTakeFirst();
}

export function findUserByExternal(db: Db, issuer: string, subject: string): Promise<UserRow | undefined> {
  return db
    .selectFrom('piper.users')
    .selectAll()
    .where('external_issuer', '=', issuer)
    .where('external_subject', '=', subject)
    .executeTakeFirst();
}

export async function hasUsers(db: Db): Promise<boolean> {
  return (await db.selectFrom('piper.users').select('id').limit(1).executeTakeFirst()) !== undefined;
}

/** Serialises registrations while there is no account yet, so that exactly one of them becomes the owner. */
export async function lockFirstUser(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('piper:first-user', 0))`.execute(tx);
}

export interface NewUser {
  id: string;
  email: string;
  name: string;
  role: UserRow['role'];
  password_hash?: string;
  image?: string | null;
  external_issuer?: string;
  external_subject?: string;
}

/** Undefined when the address or the external identity is already taken. */
export function insertUser(tx: Tx, user: NewUser): Promise<UserRow | undefined> {
  return tx
    .insertInto('piper.users')
    .values({ ...user, created_by: user.id })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
}

export interface UserChanges {
  name?: string;
  email?: string;
  image?: string | null;
  preferences?: string;
  password_hash?: string | null;
  external_issuer?: string;
  external_subject?: string;
}

export function updateUser(db: Db, id: string, changes: UserChanges): Promise<UserRow> {
  return db
    .updateTable('piper.users')
    .set({ ...changes, updated_at: sql<Date>`now()`, version: sql<number>`version + 1` })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

/**
 * The owners that can act, serialised until the transaction ends. An advisory lock rather than row locks: whoever changes an
 * owner holds that row already, and two of them would wait for each other.
 */
export async function lockActiveOwners(tx: Tx): Promise<string[]> {
  await sql`select pg_advisory_xact_lock(hashtextextended('piper:instance-owners', 0))`.execute(tx);
  const rows = await tx
    .selectFrom('piper.users')
    .select('id')
    .where('role', '=', 'OWNER')
    .where('disabled_at', 'is', null)
    .execute();
  return rows.map((row) => row.id);
}
