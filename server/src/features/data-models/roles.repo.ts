/** The custom roles of a project and who holds them. */
import { sql } from 'kysely';
import type { Db, Tx } from '#platform/db/db';

export interface RoleRow {
  id: string;
  project_id: string;
  key: string;
  name: string;
  description: string;
  created_at: Date;
  updated_at: Date;
  version: number;
  /** How many members hold it. */
  members: number;
}

/** Keys of the custom roles the person holds in the project. */
export async function rolesOfMember(db: Db, projectId: string, userId: string): Promise<string[]> {
  const { rows } = await sql<{ roles: string[] }>`
    select roles from piper.members where project_id = ${projectId} and user_id = ${userId}`.execute(db);
  return rows[0]?.roles ?? [];
}

const withMembers = sql`select role.*, (select count(*)::int from piper.members member where member.project_id = role.project_id and role.key = any(member.roles)) as members
  from piper.project_roles role`;

/** In the order of their names. */
export async function listRoles(db: Db | Tx, projectId: string): Promise<RoleRow[]> {
  const { rows } = await sql<RoleRow>`${withMembers} where role.project_id = ${projectId} order by role.name, role.id`.execute(
    db,
  );
  return rows;
}

/** The role of this id or key. */
export async function findRole(db: Db | Tx, projectId: string, reference: string): Promise<RoleRow | undefined> {
  const { rows } = await sql<RoleRow>`${withMembers}
    where role.project_id = ${projectId} and (role.id::text = ${reference.toLowerCase()} or role.key = ${reference})`.execute(db);
  return rows[0];
}

/** Keys and names of all custom roles; nobody adds or renames one before the transaction ends. */
export async function lockRoles(tx: Tx, projectId: string): Promise<Pick<RoleRow, 'id' | 'key' | 'name'>[]> {
  await sql`select 1 from piper.projects where id = ${projectId} for no key update`.execute(tx);
  const { rows } = await sql<Pick<RoleRow, 'id' | 'key' | 'name'>>`
    select id, key, name from piper.project_roles where project_id = ${projectId}`.execute(tx);
  return rows;
}

export type NewRole = Pick<RoleRow, 'id' | 'project_id' | 'key' | 'name' | 'description'> & { created_by: string | null };

export async function insertRole(tx: Tx, role: NewRole): Promise<void> {
  await sql`insert into piper.project_roles (id, project_id, key, name, description, created_by)
    values (${role.id}, ${role.project_id}, ${role.key}, ${role.name}, ${role.description}, ${role.created_by})`.execute(tx);
}

/** False when there is no such role any more. */
export async function updateRole(
  tx: Tx,
  id: string,
  { name, description }: Pick<RoleRow, 'name' | 'description'>,
): Promise<boolean> {
  const { rows } =
    await sql`update piper.project_roles set name = ${name}, description = ${description}, updated_at = now(), version = version + 1
    where id = ${id} returning id`.execute(tx);
  return rows.length > 0;
}

/** False when there is no such role any more. Whoever gives it to a member at this moment waits. */
export async function deleteRole(tx: Tx, id: string): Promise<boolean> {
  const { rows } = await sql`delete from piper.project_roles where id = ${id} returning id`.execute(tx);
  return rows.length > 0;
}

export interface Detached {
  id: string;
  user_id: string;
  before: string[];
  after: string[];
  version: number;
}

/** Takes a role from everybody who holds it. */
export async function detachRole(tx: Tx, projectId: string, key: string): Promise<Detached[]> {
  const { rows } = await sql<Detached>`
    with held as (select id, roles from piper.members where project_id = ${projectId} and ${key} = any(roles) for update)
    update piper.members member set roles = array_remove(held.roles, ${key}), updated_at = now(), version = member.version + 1
    from held where member.id = held.id
    returning member.id, member.user_id, held.roles as before, member.roles as after, member.version`.execute(tx);
  return rows;
}
