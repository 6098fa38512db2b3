/** The stored change sets of a project: what was changed, how far it is, and how to take it back. */
import { sql, type Selectable } from 'kysely';
import type { Db, Tx } from '#platform/db/db';
import type { ChangeSetError, ChangeSetTable, Progress } from './change-sets.tables.ts';

export type ChangeSetRow = Selectable<ChangeSetTable>;
export type NewChangeSet = Pick<
  ChangeSetRow,
  | 'id'
  | 'project_id'
  | 'kind'
  | 'of'
  | 'summary'
  | 'base_version'
  | 'actions'
  | 'before'
  | 'after'
  | 'plan'
  | 'run_id'
  | 'created_by'
>;

/** Inserts it as the next one of its project. The index of those that are being applied refuses a second one. */
export async function insertChangeSet(tx: Tx, row: NewChangeSet): Promise<void> {
  const json = (value: unknown) => sql`${JSON.stringify(value)}::jsonb`;
  await sql`
    insert into piper.change_sets (id, project_id, number, status, kind, of, summary, base_version, actions, before, after, plan, run_id, created_by)
    select ${row.id}, ${row.project_id}::uuid, coalesce(max(number), 0) + 1, 'applying', ${row.kind}, ${row.of}::uuid, ${row.summary}, ${row.base_version},
      ${json(row.actions)}, ${json(row.before)}, ${json(row.after)}, ${json(row.plan)}, ${row.run_id}::uuid, ${row.created_by}::uuid
    from piper.change_sets where project_id is not distinct from ${row.project_id}::uuid`.execute(tx);
}

export async function findChangeSet(db: Db | Tx, id: string): Promise<ChangeSetRow | undefined> {
  return db.selectFrom('piper.change_sets').selectAll().where('id', '=', id).executeTakeFirst();
}

export async function statusOf(db: Db, id: string): Promise<ChangeSetRow['status'] | undefined> {
  return (await db.selectFrom('piper.change_sets').select('status').where('id', '=', id).executeTakeFirst())?.status;
}

/** The row, held until the transaction ends. */
export async function lockChangeSet(tx: Tx, id: string): Promise<ChangeSetRow | undefined> {
  return tx.selectFrom('piper.change_sets').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
}

/** What history shows of a change set, and whom it concerns; plans and definitions are left out. */
export type ChangeSetSummary = Omit<ChangeSetRow, 'actions' | 'before' | 'after' | 'plan'> & { models: string[] };

const summary = sql`id, project_id, number, status, kind, of, summary, base_version, progress, error, run_id, created_by, created_at, finished_at,
  array(select jsonb_object_keys(after) order by 1) as models`;

/** Newest first: those numbered below `below`. */
export async function listSummaries(
  db: Db,
  projectId: string | null,
  { limit, below }: { limit: number; below?: number | undefined },
): Promise<ChangeSetSummary[]> {
  const { rows } = await sql<ChangeSetSummary>`
    select ${summary} from piper.change_sets
    where project_id is not distinct from ${projectId}::uuid and (${below ?? null}::int is null or number < ${below ?? null}::int)
    order by number desc limit ${limit}`.execute(db);
  return rows;
}

/** Applied ones numbered from `from` on, newest first. */
export async function listAppliedSince(db: Db | Tx, projectId: string | null, from: number): Promise<ChangeSetSummary[]> {
  const { rows } = await sql<ChangeSetSummary>`
    select ${summary} from piper.change_sets
    where project_id is not distinct from ${projectId}::uuid and status = 'applied' and number >= ${from} order by number desc`.execute(
    db,
  );
  return rows;
}

/** Who changed what from this version of the definitions on, newest first. */
export async function listChangesFrom(
  db: Db,
  projectId: string | null,
  version: number,
): Promise<{ number: number; summary: string; by: string; at: Date }[]> {
  const { rows } = await sql<{ number: number; summary: string; by: string; at: Date }>`
    select number, summary, coalesce(u.name, 'Piper') as by, coalesce(finished_at, c.created_at) as at
    from piper.change_sets c left join piper.users u on u.id = c.created_by
    where c.project_id is not distinct from ${projectId}::uuid and c.status = 'applied' and c.base_version >= ${version}
    order by number desc limit 20`.execute(db);
  return rows;
}

/** The one that is being applied, if any. */
export async function findApplying(
  db: Db,
  projectId: string | null,
): Promise<{ id: string; summary: string; by: string } | undefined> {
  const { rows } = await sql<{ id: string; summary: string; by: string }>`
    select c.id, summary, coalesce(u.name, 'Piper') as by from piper.change_sets c left join piper.users u on u.id = c.created_by
    where c.project_id is not distinct from ${projectId}::uuid and c.status = 'applying'`.execute(db);
  return rows[0];
}

export async function saveProgress(db: Db | Tx, id: string, progress: Progress): Promise<void> {
  await sql`update piper.change_sets set progress = ${JSON.stringify(progress)}::jsonb where id = ${id}`.execute(db);
}

/**
 * Ends it, unless it has ended. False when it had. It ends now, under the locks of the switch, and not when its transaction
 * began: what others wrote while it waited for the locks is of the definitions before.
 */
export async function endChangeSet(
  tx: Tx,
  id: string,
  { status, error }: { status: 'applied' | 'failed'; error?: ChangeSetError },
): Promise<boolean> {
  const { rows } = await sql`
    update piper.change_sets set status = ${status}, error = ${error ? JSON.stringify(error) : null}::jsonb, finished_at = clock_timestamp()
    where id = ${id} and status = 'applying' returning id`.execute(tx);
  return rows.length > 0;
}

/** Keeps what is known of the failure until the run ends with it. */
export async function noteFailure(db: Db, id: string, error: ChangeSetError): Promise<void> {
  await sql`update piper.change_sets set error = ${JSON.stringify(error)}::jsonb where id = ${id} and status = 'applying'`.execute(
    db,
  );
}

export async function markCleaned(db: Db, id: string): Promise<void> {
  await sql`update piper.change_sets set progress = progress || '{"cleaned": true}' where id = ${id}`.execute(db);
}

/** Failed ones of which something may still be there, oldest first; of all projects, or of one. */
export async function listUncleaned(db: Db, projectId?: string | null): Promise<ChangeSetRow[]> {
  const failed = db
    .selectFrom('piper.change_sets')
    .selectAll()
    .where('status', '=', 'failed')
    .where(sql<boolean>`not (progress @> '{"cleaned": true}')`);
  const wanted =
    projectId === undefined ? failed : failed.where(sql<boolean>`project_id is not distinct from ${projectId}::uuid`);
  return wanted.orderBy('created_at').limit(20).execute();
}

/** Projects whose bin holds what was put there before `before`; null: the bin of fields added to Piper's own models does. */
export async function listOldBins(db: Db, before: Date): Promise<(string | null)[]> {
  const at = before.toISOString();
  const { rows } = await sql<{ id: string | null }>`
    select distinct project_id as id from piper.data_models
    where (definition->>'deletedAt' < ${at}
      or exists (select 1 from jsonb_array_elements(coalesce(definition->'bin', '[]')) entry where entry->>'deletedAt' < ${at})) limit 50`.execute(
    db,
  );
  return rows.map((row) => row.id);
}

/** Schemas of projects that are gone. */
export async function listOrphanSchemas(db: Db): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select nspname as name from pg_namespace
    where nspname ~ '^p_[0-9a-f]{32}$' and not exists (select 1 from piper.projects where 'p_' || replace(id::text, '-', '') = nspname) limit 50`.execute(
    db,
  );
  return rows.map((row) => row.name);
}

export interface TableSize {
  /** Without its indexes, with the long values that lie beside it. */
  bytes: number;
  rows: number | null;
  /** Columns that it ever had: PostgreSQL counts those that were dropped. */
  attributes: number;
}

/** How large the tables of one schema are, by name. */
export async function sizesIn(db: Db | Tx, schema: string): Promise<Map<string, TableSize>> {
  const { rows } = await sql<{ name: string; bytes: number; rows: number; attributes: number }>`
    select c.relname as name, pg_table_size(c.oid)::float8 as bytes, c.reltuples::float8 as rows, relnatts::int as attributes
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = ${schema} and c.relkind = 'r'`.execute(db);
  return new Map(rows.map(({ name, ...size }) => [name, { ...size, rows: size.rows < 0 ? null : size.rows }]));
}
