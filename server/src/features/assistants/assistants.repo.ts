/** SQL of turns that no other part has. */
import { sql } from 'kysely';
import type { StreamPart } from '@piper/shared/stream/parts';
import type { InstanceRole } from '#platform/actor';
import type { Db, Tx } from '#platform/db/db';

/** The instance role of an account that may still act. */
export async function findActingRole(db: Db, userId: string): Promise<InstanceRole | undefined> {
  const { rows } = await sql<{
    role: InstanceRole;
  }>`select role from piper.users where id = ${userId} and disabled_at is null`.execute(db);
  return rows[0]?.role;
}

/** What a run has streamed so far. */
export async function listStoredParts(db: Db, runId: string): Promise<StreamPart[]> {
  const { rows } = await sql<{ part: StreamPart }>`select part from piper.run_parts where run_id = ${runId} order by seq`.execute(
    db,
  );
  return rows.map((row) => row.part);
}

/** Whether this attempt still holds the run; if so, nobody can take it before the transaction ends. */
export async function holdsRun(tx: Tx, run: { id: string; attempt: number }): Promise<boolean> {
  const { rows } = await sql`
    select 1 from piper.runs where id = ${run.id} and status = 'running' and attempt = ${run.attempt} for share`.execute(tx);
  return rows.length > 0;
}
