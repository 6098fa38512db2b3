/** Executes one step of a change set, or takes it back. Each looks first whether it has been done. */
import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import { quoteTable } from '#platform/records/sql-writer';
import type { Report } from '../change-set-progress.ts';
import type { DdlSession } from './ddl-session.ts';
import type { Batch, Step } from './step.ts';

export const isSwitch = (step: Step): boolean => step.phase === 'switch';

interface Execution {
  report: Report;
  signal: AbortSignal;
}

export async function executeStep(session: DdlSession, step: Step, execution: Execution): Promise<void> {
  if (step.done !== undefined && (await isDone(session, step.done))) return;
  switch (step.kind) {
    case 'brief':
      return session.underLocks(step.locks ?? [], async (tx) => void (await sql.raw(step.sql).execute(tx)));
    case 'online':
      return session.patiently(() => session.unlimited(step.sql));
    case 'index':
      return session.patiently(() => buildIndex(session, step));
    case 'batch':
      return changeInBatches(session, step.batch!, execution);
  }
}

/** Removes what the step added; when it added nothing, without any lock. */
export async function takeBack(session: DdlSession, step: Step): Promise<void> {
  if (!step.undo) return;
  const { sql: statement, locks } = step.undo;
  // An index is removed as it was built, outside of any transaction.
  if (step.kind === 'index') return session.patiently(() => session.unlimited(statement));
  if (step.done !== undefined && !(await isDone(session, step.done))) return;
  await session.underLocks(locks ?? [], async (tx) => void (await sql.raw(statement).execute(tx)));
}

async function isDone(session: DdlSession, query: string): Promise<boolean> {
  const { rows } = await sql.raw<Record<string, boolean>>(query).execute(session.db);
  return Object.values(rows[0] ?? {})[0] === true;
}

/** What a build that was cut off leaves behind is invalid, and is built anew. */
async function buildIndex(session: DdlSession, step: Step): Promise<void> {
  const name = quoteTable(step.index!);
  const { rows } = await sql<{ valid: boolean }>`
    select indisvalid as valid from pg_index where indexrelid = to_regclass(${name})`.execute(session.db);
  if (rows[0]?.valid) return;
  if (rows[0]) await session.unlimited(`drop index concurrently if exists ${name}`);
  await session.unlimited(step.sql);
}

/** How long one batch should take: rows that it changes are locked for as long. */
const batchMs = 100;
const firstBatch = 500;
const largestBatch = 20_000;

/** Goes through the table in the order of ids, some rows at a time, each batch a transaction of its own. */
async function changeInBatches(session: DdlSession, batch: Batch, { report, signal }: Execution): Promise<void> {
  let { cursor, rows: seen } = report.cursor();
  for (let size = firstBatch; ;) {
    signal.throwIfAborted();
    const from = performance.now();
    const done = await session.patiently(() => changeBatch(session, batch, { after: cursor, size }));
    const took = performance.now() - from;
    if (done.last === null) return;
    cursor = done.last;
    seen += done.seen;
    await report.rows(seen, cursor);
    size = Math.round(Math.min(largestBatch, Math.max(50, size * Math.min(2, Math.max(0.25, batchMs / Math.max(1, took))))));
    // Others want the disk too.
    await pause(Math.min(50, took / 4), undefined, { signal });
  }
}

interface Page {
  after: string | undefined;
  size: number;
}

async function changeBatch(
  session: DdlSession,
  batch: Batch,
  { after, size }: Page,
): Promise<{ last: string | null; seen: number }> {
  // The lowest id there can be is one that people give.
  const next = after === undefined ? sql`` : sql`where id > ${after}::uuid`;
  const { rows } = await sql<{ last: string | null; seen: number }>`
    with page as (
      select ${sql.raw(batch.into?.columns ?? 'id')} from ${sql.raw(batch.table)}
      ${next} order by id limit ${size} ${sql.raw(batch.into ? 'for share' : '')}
    ), changed as (${sql.raw(changeOf(batch))})
    select (select id from page order by id desc limit 1) as last, (select count(*)::int from page) as seen`.execute(session.db);
  return rows[0]!;
}

/** What is copied must not change meanwhile: without the lock a row deleted in this instant would stay in the copy. */
function changeOf({ table, set, into, where }: Batch): string {
  if (into) return `insert into ${into.table} (${into.columns}) select ${into.columns} from page on conflict (id) do nothing`;
  return set === undefined
    ? `delete from ${table} t using page where t.id = page.id and (${where})`
    : `update ${table} t set ${set} from page where t.id = page.id and (${where})`;
}
