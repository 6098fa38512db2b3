import { sql, type Selectable } from 'kysely';
import type { Db, Tx } from '#platform/db/db';
import type { SessionTable } from './identity.tables.ts';

export type SessionRow = Selectable<SessionTable>;

export interface NewSession {
  id: string;
  userId: string;
  userAgent: string | null;
  ip: string;
  now: Date;
  expiresAt: Date;
  tokenHash: Buffer;
}

/** Writes the session and its first refresh token. */
export async function insertSession(tx: Tx, s: NewSession): Promise<void> {
  await sql`
    with session as (
      insert into piper.sessions (id, user_id, user_agent, ip, last_used_at, expires_at, created_by)
      values (${s.id}, ${s.userId}, ${s.userAgent}, ${s.ip}, ${s.now}, ${s.expiresAt}, ${s.userId})
      returning id
    )
    insert into piper.refresh_tokens (hash, session_id) select ${s.tokenHash}, id from session`.execute(tx);
}

export interface Rotation {
  hash: Buffer;
  nextHash: Buffer;
  now: Date;
  expiresAt: Date;
  userAgent: string | null;
  ip: string;
}

/**
 * Spends a refresh token and writes its successor, in one statement: of two at the same moment exactly one succeeds.
 * Undefined when the token is unknown, was used, or its session or account has ended.
 */
export async function rotateRefreshToken(db: Db, r: Rotation): Promise<{ sessionId: string; userId: string } | undefined> {
  const { rows } = await sql<{ session_id: string; user_id: string }>`
    with spent as (
      update piper.refresh_tokens t set used_at = ${r.now}
      from piper.sessions s join piper.users u on u.id = s.user_id
      where t.hash = ${r.hash} and t.used_at is null and s.id = t.session_id
        and s.revoked_at is null and s.expires_at > ${r.now} and u.disabled_at is null
      returning t.session_id, s.user_id
    ), fresh as (
      insert into piper.refresh_tokens (hash, session_id) select ${r.nextHash}, session_id from spent
    ), used as (
      update piper.sessions s
      set last_used_at = ${r.now}, expires_at = ${r.expiresAt}, user_agent = ${r.userAgent}, ip = ${r.ip}
      from spent where s.id = spent.session_id
    )
    select session_id, user_id from spent`.execute(db);
  const row = rows[0];
  return row && { sessionId: row.session_id, userId: row.user_id };
}

export interface RefreshTokenState {
  sessionId: string;
  userId: string;
  usedAt: Date | null;
  /** The session can still be refreshed. */
  alive: boolean;
  /** The successor exists and nobody has used it. */
  successorUnused: boolean;
}

/** What became of a refresh token that could not be spent. */
export async function findRefreshToken(
  db: Db,
  hash: Buffer,
  nextHash: Buffer,
  now: Date,
): Promise<RefreshTokenState | undefined> {
  const row = await db
    .selectFrom('piper.refresh_tokens as t')
    .innerJoin('piper.sessions as s', 's.id', 't.session_id')
    .innerJoin('piper.users as u', 'u.id', 's.user_id')
    .leftJoin('piper.refresh_tokens as next', (join) => join.on('next.hash', '=', nextHash))
    .where('t.hash', '=', hash)
    .select([
      't.session_id',
      's.user_id',
      't.used_at',
      's.revoked_at',
      's.expires_at',
      'u.disabled_at',
      'next.hash as next',
      'next.used_at as nextUsedAt',
    ])
    .executeTakeFirst();
  if (!row) return undefined;
  return {
    sessionId: row.session_id,
    userId: row.user_id,
    usedAt: row.used_at,
    alive: row.revoked_at === null && row.expires_at > now && row.disabled_at === null,
    successorUnused: row.next !== null && row.nextUsedAt === null,
  };
}

/** The account behind a live session: what an actor is made of. */
export async function findLiveSession(db: Db, id: string, now: Date) {
  return db
    .selectFrom('piper.sessions as s')
    .innerJoin('piper.users as u', 'u.id', 's.user_id')
    .where('s.id', '=', id)
    .where('s.revoked_at', 'is', null)
    .where('s.expires_at', '>', now)
    .where('u.disabled_at', 'is', null)
    .select(['s.id', 's.user_id', 's.expires_at', 'u.role'])
    .executeTakeFirst();
}

export function listLiveSessions(db: Db, userId: string, now: Date): Promise<SessionRow[]> {
  return db
    .selectFrom('piper.sessions')
    .selectAll()
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .orderBy('last_used_at', 'desc')
    .execute();
}

export interface SessionChoice {
  userId: string;
  /** Only this one. */
  id?: string;
  /** All but this one. */
  except?: string;
}

/** Ends sessions; answers the ids of those that were alive. */
export async function endSessions(tx: Tx, which: SessionChoice, now: Date): Promise<string[]> {
  let query = tx
    .updateTable('piper.sessions')
    .set({ revoked_at: now, updated_at: now, version: sql<number>`version + 1` })
    .where('user_id', '=', which.userId)
    .where('revoked_at', 'is', null);
  if (which.id !== undefined) query = query.where('id', '=', which.id);
  if (which.except !== undefined) query = query.where('id', '<>', which.except);
  const rows = await query.returning('id').execute();
  return rows.map((row) => row.id);
}

/** Removes what ended long ago; the log keeps its own memory of it. */
export async function deleteDeadSessions(db: Db, before: Date): Promise<void> {
  await db
    .deleteFrom('piper.sessions')
    .where((eb) => eb.or([eb('expires_at', '<', before), eb('revoked_at', '<', before)]))
    .execute();
}

/** Spent refresh tokens prove reuse only while their session lives; of a long one the last month is enough. */
export async function deleteSpentTokens(db: Db, before: Date): Promise<void> {
  await db.deleteFrom('piper.refresh_tokens').where('used_at', '<', before).execute();
}

/** The session a refresh token belongs to, used or not. */
export async function findSessionOfToken(db: Db, hash: Buffer): Promise<string | undefined> {
  const row = await db.selectFrom('piper.refresh_tokens').select('session_id').where('hash', '=', hash).executeTakeFirst();
  return row?.session_id;
}
