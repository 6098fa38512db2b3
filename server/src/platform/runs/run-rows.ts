/** The SQL of piper.runs. Every change of a running run is fenced: it only happens while the same executor is in the same attempt. */
import { sql, type RawBuilder } from 'kysely';
import type { Db, Tx } from '../db/db.ts';
import type { RunStatus } from './kind.ts';

export interface RunRow {
  id: string;
  kind: string;
  status: RunStatus;
  projectId: string | null;
  threadId: string | null;
  messageId: string | null;
  /** As stored: perhaps a reference to storage. */
  input: unknown;
  executor: string | null;
  attempt: number;
  cancelRequested: boolean;
  createdBy: string | null;
  cause: string | null;
}

/** Who executes: the run, the executor's lease and the attempt. */
export interface RunFence {
  id: string;
  executor: string;
  attempt: number;
}

const columns = sql`id, kind, status, project_id as "projectId", thread_id as "threadId", message_id as "messageId", input, executor, attempt,
  cancel_requested_at is not null as "cancelRequested", created_by as "createdBy", cause`;

export const isHeld = (fence: RunFence): RawBuilder<boolean> =>
  sql`(status = 'running' and executor = ${fence.executor} and attempt = ${fence.attempt})`;

export interface RunInsert {
  id: string;
  kind: string;
  inputJson: string;
  /** Set: it begins at once, in this executor. */
  executor: string | undefined;
  projectId: string | undefined;
  threadId: string | undefined;
  messageId: string | undefined;
  createdBy: string | undefined;
  pinned: string | undefined;
  cause: string | undefined;
}

/** Undefined when a run of this id is already there. */
export async function insertRun(tx: Tx, run: RunInsert): Promise<RunRow | undefined> {
  const begins = run.executor !== undefined;
  const { rows } = await sql<RunRow>`
    insert into piper.runs (id, kind, status, project_id, thread_id, message_id, input, executor, attempt, started_at, created_by, pinned, cause)
    values (${run.id}, ${run.kind}, ${begins ? 'running' : 'queued'}, ${run.projectId ?? null}, ${run.threadId ?? null}, ${run.messageId ?? null},
      ${run.inputJson}::jsonb, ${run.executor ?? null}, ${begins ? 1 : 0}, ${begins ? sql`now()` : null}, ${run.createdBy ?? null},
      ${run.pinned ?? null}, ${run.cause ?? null})
    on conflict (id) do nothing returning ${columns}`.execute(tx);
  return rows[0];
}

export async function findRun(db: Db, id: string): Promise<RunRow | undefined> {
  const { rows } = await sql<RunRow>`select ${columns} from piper.runs where id = ${id}`.execute(db);
  return rows[0];
}

export async function lockRun(tx: Tx, id: string): Promise<RunRow | undefined> {
  const { rows } = await sql<RunRow>`select ${columns} from piper.runs where id = ${id} for update`.execute(tx);
  return rows[0];
}

/** Takes queued runs of these kinds, or the one named, for this executor. */
export async function claimRuns(
  tx: Tx,
  claim: { executor: string; kinds?: readonly string[]; id?: string; limit: number },
): Promise<RunRow[]> {
  const which = claim.id === undefined ? sql`kind = any(${claim.kinds ?? []})` : sql`id = ${claim.id}`;
  const { rows } = await sql<RunRow>`
    update piper.runs set status = 'running', executor = ${claim.executor}, attempt = attempt + 1, started_at = coalesce(started_at, now()),
      updated_at = now(), version = version + 1
    where id in (select id from piper.runs where status = 'queued' and ${which} order by created_at limit ${claim.limit} for update skip locked)
    returning ${columns}`.execute(tx);
  return rows;
}

export interface RunEnding {
  status: Extract<RunStatus, 'done' | 'failed' | 'cancelled' | 'interrupted'>;
  outputJson?: string | undefined;
  error?: { code: string; message: string } | undefined;
}

/** Ends the run if `guard` still holds; false when it does not. Terminal states never change. */
export async function endRunRow(tx: Tx, id: string, ending: RunEnding, guard: RawBuilder<boolean>): Promise<boolean> {
  const { rows } = await sql`
    update piper.runs set status = ${ending.status}, output = ${ending.outputJson ?? null}::jsonb,
      error = ${ending.error ? JSON.stringify(ending.error) : null}::jsonb, ended_at = now(), updated_at = now(), version = version + 1
    where id = ${id} and ${guard} returning id`.execute(tx);
  return rows.length > 0;
}

/** Gives a run back, so that the next process goes on with it. */
export async function releaseRun(tx: Tx, fence: RunFence): Promise<RunRow | undefined> {
  const { rows } = await sql<RunRow>`
    update piper.runs set status = 'queued', executor = null, updated_at = now(), version = version + 1
    where id = ${fence.id} and ${isHeld(fence)} returning ${columns}`.execute(tx);
  return rows[0];
}

/** Gives back the runs whose executor no longer holds a lease. */
export async function releaseOrphans(tx: Tx): Promise<RunRow[]> {
  const { rows } = await sql<RunRow>`
    update piper.runs r set status = 'queued', executor = null, updated_at = now(), version = version + 1
    where status = 'running' and not exists (select 1 from piper.executors e where e.id || ':' || e.epoch = r.executor)
    returning ${columns}`.execute(tx);
  return rows;
}

/** Counts an attempt of the queued runs of these kinds for which DBOS has no waiting workflow any more. */
export async function bumpStranded(tx: Tx, kinds: readonly string[]): Promise<RunRow[]> {
  const { rows } = await sql<RunRow>`
    update piper.runs r set attempt = attempt + 1, updated_at = now(), version = version + 1
    where status = 'queued' and kind = any(${kinds}) and updated_at < now() - interval '1 second' and not exists (
      select 1 from dbos.workflow_status w
      where w.workflow_uuid = r.id || ':' || r.attempt + 1 and w.status in ('ENQUEUED', 'PENDING', 'DELAYED'))
    returning ${columns}`.execute(tx);
  return rows;
}

export async function requestCancel(tx: Tx, id: string): Promise<void> {
  await sql`update piper.runs set cancel_requested_at = coalesce(cancel_requested_at, now()), updated_at = now(), version = version + 1
    where id = ${id}`.execute(tx);
}

/** Runs of this executor that somebody wants to end: for when the signal was lost. */
export async function listCancelRequested(db: Db, executor: string): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from piper.runs where status = 'running' and executor = ${executor} and cancel_requested_at is not null`.execute(
    db,
  );
  return rows.map((row) => row.id);
}

export async function hasQueued(db: Db, kinds: readonly string[]): Promise<boolean> {
  const { rows } =
    await sql`select 1 from piper.runs where status in ('queued', 'running') and kind = any(${kinds}) limit 1`.execute(db);
  return rows.length > 0;
}
