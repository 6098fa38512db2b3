/** The log's monthly partitions, made ahead of time, so that retention can drop whole months. */
import { sql } from 'kysely';
import type { Db } from '../db/db.ts';

const monthsAhead = 2;

interface Month {
  name: string;
  from: string;
  to: string;
}

/** Makes the partitions of this month and the next two, where missing. Rows that had fallen into the default partition are moved. */
export async function ensurePartitions(db: Db, now: Date): Promise<void> {
  for (let ahead = 0; ahead <= monthsAhead; ahead++) {
    const month = monthOf(now, ahead);
    const { rows } = await sql<{ there: boolean }>`select to_regclass(${`piper.${month.name}`}) is not null as there`.execute(db);
    if (!rows[0]?.there) await makePartition(db, month);
  }
}

function monthOf(now: Date, ahead: number): Month {
  const from = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead, 1));
  const to = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead + 1, 1));
  const digits = from.toISOString().slice(0, 7).replace('-', 'm');
  return { name: `events_y${digits}`, from: from.toISOString(), to: to.toISOString() };
}

/** Filled first and attached afterwards: attaching directly is refused while the default partition holds rows of the month. */
async function makePartition(db: Db, month: Month): Promise<void> {
  const table = sql.id('piper', month.name);
  const from = sql.lit(month.from);
  const to = sql.lit(month.to);
  await db.transaction().execute(async (tx) => {
    const lock = await sql<{
      ok: boolean;
    }>`select pg_try_advisory_xact_lock(hashtextextended('piper.partitions', 0)) as ok`.execute(tx);
    if (!lock.rows[0]?.ok) return;
    // Everything that writes events waits for this lock: better to try again in an hour than to hold it up.
    await sql`set local lock_timeout = '200ms'`.execute(tx);
    await sql`lock table piper.events in access exclusive mode`.execute(tx);
    await sql`create table ${table} (like piper.events including defaults including indexes)`.execute(tx);
    await sql`with moved as (delete from piper.events_default where at >= ${from} and at < ${to} returning *)
      insert into ${table} select * from moved`.execute(tx);
    await sql`alter table piper.events attach partition ${table} for values from (${from}) to (${to})`.execute(tx);
  });
}
