import { sql, type Selectable } from 'kysely';
import type { Db, Tx } from '#platform/db/db';
import type { InvitationTable } from './identity.tables.ts';

export type InvitationRow = Selectable<InvitationTable>;

export interface NewInvitation {
  id: string;
  project_id: string | null;
  email: string;
  role: string;
  token_hash: Buffer;
  expires_at: Date;
  created_by: string;
}

export function insertInvitation(tx: Tx, invitation: NewInvitation): Promise<InvitationRow> {
  return tx.insertInto('piper.invitations').values(invitation).returningAll().executeTakeFirstOrThrow();
}

export function findOpenInvitation(db: Db, tokenHash: Buffer, now: Date) {
  return db
    .selectFrom('piper.invitations as i')
    .leftJoin('piper.users as u', 'u.id', 'i.created_by')
    .where('i.token_hash', '=', tokenHash)
    .where('i.accepted_at', 'is', null)
    .where('i.expires_at', '>', now)
    .selectAll('i')
    .select('u.name as invitedBy')
    .executeTakeFirst();
}

/** Marks an open invitation as used; undefined when it is unknown, used or expired. Of two at once, one gets it. */
export function spendInvitation(tx: Tx, tokenHash: Buffer, now: Date): Promise<InvitationRow | undefined> {
  return tx
    .updateTable('piper.invitations')
    .set({ accepted_at: now, updated_at: now, version: sql<number>`version + 1` })
    .where('token_hash', '=', tokenHash)
    .where('accepted_at', 'is', null)
    .where('expires_at', '>', now)
    .returningAll()
    .executeTakeFirst();
}

export async function setUserRole(tx: Tx, userId: string, role: 'ADMIN' | 'MEMBER'): Promise<void> {
  await tx
    .updateTable('piper.users')
    .set({ role, version: sql<number>`version + 1` })
    .where('id', '=', userId)
    .execute();
}
