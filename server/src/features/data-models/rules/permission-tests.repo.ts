/** The stored permission tests of projects. */
import { sql } from 'kysely';
import type { PermissionTest } from '@piper/shared/project-rules';
import type { Db, Tx } from '#platform/db/db';

export interface TestRow {
  id: string;
  name: string;
  definition: PermissionTest;
  created_at: Date;
  updated_at: Date;
  version: number;
}

const columns = sql`select id, name, definition, created_at, updated_at, version from piper.permission_tests`;

/** In the order in which they were made. */
export async function listTests(db: Db | Tx, projectId: string): Promise<TestRow[]> {
  const { rows } = await sql<TestRow>`${columns} where project_id = ${projectId} order by created_at, id`.execute(db);
  return rows;
}

export async function findTest(db: Db | Tx, projectId: string, id: string): Promise<TestRow | undefined> {
  const { rows } = await sql<TestRow>`${columns} where project_id = ${projectId} and id = ${id}`.execute(db);
  return rows[0];
}

/** For change, until the transaction ends. */
export async function lockTest(tx: Tx, projectId: string, id: string): Promise<TestRow | undefined> {
  const { rows } = await sql<TestRow>`${columns} where project_id = ${projectId} and id = ${id} for update`.execute(tx);
  return rows[0];
}

/** How many there are; nobody adds one before the transaction ends. */
export async function lockTests(tx: Tx, projectId: string): Promise<number> {
  await sql`select 1 from piper.projects where id = ${projectId} for no key update`.execute(tx);
  const { rows } = await sql<{
    count: number;
  }>`select count(*)::int as count from piper.permission_tests where project_id = ${projectId}`.execute(tx);
  return rows[0]!.count;
}

export interface NewTest {
  id: string;
  projectId: string;
  createdBy: string | null;
  definition: PermissionTest;
}

export async function insertTest(tx: Tx, { id, projectId, createdBy, definition }: NewTest): Promise<void> {
  await sql`insert into piper.permission_tests (id, project_id, name, definition, created_by)
    values (${id}, ${projectId}, ${definition.name}, ${JSON.stringify(definition)}::jsonb, ${createdBy})`.execute(tx);
}

/** False when there is no such test any more. */
export async function updateTest(tx: Tx, id: string, definition: PermissionTest): Promise<boolean> {
  const { rows } = await sql`update piper.permission_tests
    set name = ${definition.name}, definition = ${JSON.stringify(definition)}::jsonb, updated_at = now(), version = version + 1
    where id = ${id} returning id`.execute(tx);
  return rows.length > 0;
}

/** False when there is no such test. */
export async function deleteTest(tx: Tx, projectId: string, id: string): Promise<boolean> {
  const { rows } =
    await sql`delete from piper.permission_tests where project_id = ${projectId} and id = ${id} returning id`.execute(tx);
  return rows.length > 0;
}

/** The tests that act in this role. */
export async function testsNaming(db: Db | Tx, projectId: string, role: string): Promise<{ id: string; name: string }[]> {
  const { rows } = await sql<{ id: string; name: string }>`
    select id, name from piper.permission_tests where project_id = ${projectId} and definition #> '{as,roles}' ? ${role} order by created_at, id`.execute(
    db,
  );
  return rows;
}

/** Takes a role out of the tests that act in it; those that act in no other go with it. */
export async function forgetRoleInTests(tx: Tx, projectId: string, role: string): Promise<void> {
  await sql`delete from piper.permission_tests
    where project_id = ${projectId} and definition #> '{as,roles}' = ${JSON.stringify([role])}::jsonb`.execute(tx);
  await sql`update piper.permission_tests
    set definition = jsonb_set(definition, '{as,roles}', (definition #> '{as,roles}') - ${role}::text), updated_at = now(), version = version + 1
    where project_id = ${projectId} and definition #> '{as,roles}' ? ${role}`.execute(tx);
}
