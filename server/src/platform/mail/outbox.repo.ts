/** SQL of the outbox. */
import { type Generated, type Insertable, type Selectable, sql } from 'kysely';
import type { Db } from '../db/db.ts';

export interface OutboxTable {
  id: string;
  to_address: string;
  subject: string;
  text: string | null;
  html: string | null;
  status: 'queued' | 'sent' | 'failed' | 'held';
  attempts: Generated<number>;
  next_attempt_at: Generated<Date>;
  error: string | null;
  sent_at: Date | null;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
  created_by: string | null;
  version: Generated<number>;
}
export type OutboxRow = Selectable<OutboxTable>;

declare module '../db/tables.ts' {
  interface Tables {
    'piper.outbox': OutboxTable;
  }
}

export async function insertMail(db: Db, row: Insertable<OutboxTable>): Promise<void> {
  await db.insertInto('piper.outbox').values(row).execute();
}

/** Takes one due mail for an attempt, and puts its next one off, so that nobody else gets it meanwhile. */
export async function claimMail(db: Db): Promise<OutboxRow | undefined> {
  const { rows } = await sql<OutboxRow>`
    update piper.outbox set
      attempts = attempts + 1,
      next_attempt_at = now() + least(interval '1 hour', interval '30 seconds' * power(2, attempts)),
      updated_at = now()
    where id = (
      select id from piper.outbox where status = 'queued' and next_attempt_at <= now()
      order by next_attempt_at limit 1 for update skip locked
    )
    returning *`.execute(db);
  return rows[0];
}

export async function markSent(db: Db, id: string): Promise<void> {
  await db
    .updateTable('piper.outbox')
    .set({ status: 'sent', sent_at: sql`now()`, updated_at: sql`now()`, error: null, text: null, html: null })
    .where('id', '=', id)
    .execute();
}

export async function markUnsent(db: Db, id: string, outcome: { status: 'queued' | 'failed'; error: string }): Promise<void> {
  await db
    .updateTable('piper.outbox')
    .set({ ...outcome, updated_at: sql`now()` })
    .where('id', '=', id)
    .execute();
}

/** Newest first; `before` is the id of the last one read. */
export function listOutbox(db: Db, page: { before: string | undefined; limit: number }): Promise<OutboxRow[]> {
  const query = db.selectFrom('piper.outbox').selectAll().orderBy('created_at', 'desc').orderBy('id', 'desc').limit(page.limit);
  if (page.before === undefined) return query.execute();
  return query
    .where(sql<boolean>`(created_at, id) < (select o.created_at, o.id from piper.outbox o where o.id = ${page.before})`)
    .execute();
}

/** Mails that are settled and old say nothing any more. */
export async function deleteOldMails(db: Db, days: number): Promise<void> {
  await db
    .deleteFrom('piper.outbox')
    .where('status', '!=', 'queued')
    .where(sql<boolean>`updated_at < now() - make_interval(days => ${days})`)
    .execute();
}
