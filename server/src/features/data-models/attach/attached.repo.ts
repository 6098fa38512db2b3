/** The databases attached to projects. */
import { sql } from 'kysely';
import type { Db, Tx } from '#platform/db/db';
import type { CopyProgress } from './copy.ts';
import type { Mapped } from './mapped.ts';
import type { Verified } from './verify.ts';

export type AttachStatus = 'inspecting' | 'creating' | 'copying' | 'verifying' | 'done' | 'failed';

export interface AttachedRow {
  id: string;
  project_id: string;
  host: string;
  port: number;
  database: string;
  username: string;
  secret: Buffer | null;
  tls: 'verified' | 'unverified' | 'off';
  schemas: string[] | null;
  public_only: boolean;
  status: AttachStatus;
  mapped: Mapped | null;
  progress: CopyProgress;
  report: Verified[] | null;
  error: { code: string; message: string } | null;
  run_id: string | null;
  created_at: Date;
  updated_at: Date;
  created_by: string | null;
  finished_at: Date | null;
  version: number;
}

export type NewAttached = Pick<
  AttachedRow,
  | 'id'
  | 'project_id'
  | 'host'
  | 'port'
  | 'database'
  | 'username'
  | 'secret'
  | 'tls'
  | 'schemas'
  | 'public_only'
  | 'run_id'
  | 'created_by'
>;

export async function insertAttached(tx: Tx, row: NewAttached): Promise<void> {
  await sql`insert into piper.attached_databases
    (id, project_id, host, port, database, username, secret, tls, schemas, public_only, run_id, created_by, status)
    values (${row.id}, ${row.project_id}, ${row.host}, ${row.port}, ${row.database}, ${row.username}, ${row.secret}, ${row.tls},
      ${row.schemas}, ${row.public_only}, ${row.run_id}, ${row.created_by}, 'inspecting')`.execute(tx);
}

export async function findAttached(db: Db | Tx, projectId: string, id: string): Promise<AttachedRow | undefined> {
  const { rows } = await sql<AttachedRow>`
    select * from piper.attached_databases where id = ${id} and project_id = ${projectId}`.execute(db);
  return rows[0];
}

/** For change, until the transaction ends. */
export async function lockAttached(tx: Tx, id: string): Promise<AttachedRow | undefined> {
  const { rows } = await sql<AttachedRow>`select * from piper.attached_databases where id = ${id} for update`.execute(tx);
  return rows[0];
}

const mostListed = 200;

export async function listAttached(db: Db, projectId: string): Promise<AttachedRow[]> {
  const { rows } = await sql<AttachedRow>`
    select * from piper.attached_databases where project_id = ${projectId} order by id desc limit ${mostListed}`.execute(db);
  return rows;
}

export interface AttachedChanges {
  status?: AttachStatus;
  mapped?: Mapped;
  progress?: CopyProgress;
  report?: Verified[] | null;
  error?: { code: string; message: string } | null;
  run_id?: string;
  host?: string;
  port?: number;
  secret?: Buffer | null;
  public_only?: boolean;
  finished_at?: Date | null;
}

const documents = new Set(['mapped', 'progress', 'report', 'error']);

/** False when it is not there any more: it was forgotten meanwhile. */
export async function updateAttached(tx: Tx, id: string, changes: AttachedChanges): Promise<boolean> {
  const set = Object.entries(changes).map(([name, value]) => {
    const isDocument = documents.has(name) && value !== null;
    return isDocument ? sql`${sql.ref(name)} = ${JSON.stringify(value)}::jsonb` : sql`${sql.ref(name)} = ${value}`;
  });
  const { rows } = await sql`update piper.attached_databases set ${sql.join(set)}, updated_at = now(), version = version + 1
    where id = ${id} returning id`.execute(tx);
  return rows.length > 0;
}

export async function deleteAttached(tx: Tx, id: string): Promise<void> {
  await sql`delete from piper.attached_databases where id = ${id}`.execute(tx);
}
