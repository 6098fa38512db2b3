/**
 * Reads the log so that nothing is skipped: only transactions below the snapshot's xmin are settled (none of them can
 * still commit), and they are taken in (transaction_id, position) order.
 */
import { sql, type RawBuilder } from 'kysely';
import type { Db } from '../db/db.ts';
import type { LogPosition } from './cursor.ts';

export interface LogEvent extends LogPosition {
  at: Date;
  topic: string;
  type: string;
  actor: string;
  subject: string | null;
  projectId: string | null;
  data: Record<string, unknown>;
  cause: string | null;
}

export interface ReadLogOptions {
  after: LogPosition;
  /** Up to and with this place. */
  until?: LogPosition;
  topic?: string;
  types?: readonly string[];
  /** On one of these topics, or of a type that begins with one of these. */
  anyOf?: { topics: readonly string[]; types: readonly string[] };
  limit: number;
}

export interface LogPage {
  events: LogEvent[];
  /** Whether events after these are committed but not settled yet: look again soon. */
  unsettled: boolean;
}

interface Row {
  transactionId: string;
  position: number;
  at: Date;
  topic: string;
  type: string;
  actor: string;
  subject: string | null;
  projectId: string | null;
  data: Record<string, unknown>;
  cause: string | null;
  settled: boolean;
}

/** The next settled events after a place, oldest first, at most `limit`. */
export async function readLog(db: Db, options: ReadLogOptions): Promise<LogPage> {
  const { after, until, topic, types, anyOf, limit } = options;
  const filters: RawBuilder<unknown>[] = [
    sql`(transaction_id, position) > (${String(after.transactionId)}::xid8, ${after.position}::bigint)`,
  ];
  if (until) filters.push(sql`(transaction_id, position) <= (${String(until.transactionId)}::xid8, ${until.position}::bigint)`);
  if (topic !== undefined) filters.push(sql`topic = ${topic}`);
  if (types) filters.push(sql`type = any(${types})`);
  if (anyOf) filters.push(sql`(topic = any(${anyOf.topics}) or type like any(${anyOf.types.map((start) => `${start}%`)}))`);
  const { rows } = await sql<Row>`
    select transaction_id::text as "transactionId", position, at, topic, type, actor, subject, project_id as "projectId", data, cause,
           transaction_id < pg_snapshot_xmin(pg_current_snapshot()) as settled
    from piper.events where ${sql.join(filters, sql` and `)}
    order by transaction_id, position limit ${limit}`.execute(db);
  const firstUnsettled = rows.findIndex((row) => !row.settled);
  const settled = firstUnsettled < 0 ? rows : rows.slice(0, firstUnsettled);
  return { events: settled.map(eventOf), unsettled: firstUnsettled >= 0 };
}

function eventOf({ settled: _settled, transactionId, ...row }: Row): LogEvent {
  return { ...row, transactionId: BigInt(transactionId) };
}

/** The place behind everything that is settled now: whatever commits later comes after it. */
export async function readHead(db: Db): Promise<LogPosition> {
  const { rows } = await sql<{ xmin: string }>`select pg_snapshot_xmin(pg_current_snapshot())::text as xmin`.execute(db);
  return { transactionId: BigInt(rows[0]!.xmin), position: 0 };
}

/** The newest event of a type on these topics after a place, settled or not; undefined when there is none. */
export async function findNewest(
  db: Db,
  { after, topics, type }: { after: LogPosition; topics: readonly string[]; type: string },
): Promise<LogPosition | undefined> {
  const { rows } = await sql<{ transactionId: string; position: number }>`
    select transaction_id::text as "transactionId", position from piper.events
    where topic = any(${topics}) and type = ${type} and (transaction_id, position) > (${String(after.transactionId)}::xid8, ${after.position}::bigint)
    order by transaction_id desc, position desc limit 1`.execute(db);
  return rows[0] && { transactionId: BigInt(rows[0].transactionId), position: rows[0].position };
}

export interface Backlog {
  /** Committed events after the place; counted up to 10,000. */
  events: number;
  /** Age of the oldest of them. */
  seconds: number;
}

export async function measureBacklog(db: Db, after: LogPosition): Promise<Backlog> {
  const { rows } = await sql<Backlog>`
    select count(*)::int as events, coalesce(extract(epoch from clock_timestamp() - min(at)), 0)::float8 as seconds
    from (select at from piper.events where (transaction_id, position) > (${String(after.transactionId)}::xid8, ${after.position}::bigint)
          order by transaction_id, position limit 10000) as behind`.execute(db);
  return rows[0]!;
}
