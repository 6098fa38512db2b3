/** The stored definitions of a project, and of the fields the instance owner added to Piper's own models. */
import { sql } from 'kysely';
import type { Definitions, ModelDefinition } from '@piper/shared/data-models';
import { fail } from '@piper/shared/errors';
import type { Db, Tx } from '#platform/db/db';
import { isUuid } from '#platform/ids';
import { rowIdOf, withEveryModel } from './extensions/stored.ts';

/** Everything of the project, the bin included, as of one metadata version. */
export async function loadDefinitions(db: Db | Tx, projectId: string | null): Promise<Definitions> {
  const { rows } = await sql<{ version: number; models: ModelDefinition[] }>`
    select coalesce((select metadata_version from piper.projects where id = ${projectId}::uuid), (select version from piper.instance_metadata where ${projectId}::uuid is null), 0) as version,
      coalesce((select jsonb_agg(definition order by created_at, id) from piper.data_models where project_id is not distinct from ${projectId}::uuid), '[]') as models`.execute(
    db,
  );
  const { version, models } = rows[0]!;
  return { projectId, version, models: projectId === null ? withEveryModel(models) : models };
}

export async function readMetadataVersion(db: Db | Tx, projectId: string | null): Promise<number> {
  const { rows } = await sql<{ version: number }>`
    select case when ${projectId}::uuid is null then (select version from piper.instance_metadata)
      else (select metadata_version from piper.projects where id = ${projectId}::uuid) end as version`.execute(db);
  return rows[0]?.version ?? 0;
}

/** The project a data model belongs to; undefined when there is no such model. */
export async function projectOfModel(db: Db, modelId: string): Promise<string | null | undefined> {
  const row = await db.selectFrom('piper.data_models').select('project_id').where('id', '=', modelId).executeTakeFirst();
  return row ? row.project_id : undefined;
}

/** Keys of the project's own roles. */
export async function roleKeysOf(db: Db | Tx, projectId: string): Promise<string[]> {
  const { rows } = await sql<{ key: string }>`select key from piper.project_roles where project_id = ${projectId}`.execute(db);
  return rows.map(({ key }) => key);
}

/** Stores the models that differ and raises the metadata version. Undefined when the version is not `from` any more. */
export async function saveDefinitions(tx: Tx, from: Definitions, to: readonly ModelDefinition[]): Promise<number | undefined> {
  const { projectId } = from;
  const raised = await (projectId === null
    ? sql<{
        version: number;
      }>`update piper.instance_metadata set version = version + 1 where version = ${from.version} returning version`.execute(tx)
    : sql<{
        version: number;
      }>`update piper.projects set metadata_version = metadata_version + 1 where id = ${projectId} and metadata_version = ${from.version} returning metadata_version as version`.execute(
        tx,
      ));
  if (raised.rows.length === 0) return undefined;
  const before = new Map(from.models.map((model) => [model.id, model]));
  const after = new Set(to.map((model) => model.id));
  // Keys are unique at every moment, and pass from one model to another: by a swap, or because the one that had it is deleted.
  const moved = to.filter(({ id, key, deletedAt }) => {
    const old = before.get(id);
    return old !== undefined && (old.key !== key || old.deletedAt !== deletedAt);
  });
  if (moved.length > 0)
    await sql`update piper.data_models set key = id::text where id = any(${moved.map(({ id }) => id)}::uuid[])`.execute(tx);
  for (const model of to) {
    // An edit leaves what it does not concern the same object.
    if (before.get(model.id) === model) continue;
    const text = JSON.stringify(model);
    const { rows } = await sql`insert into piper.data_models as stored (id, project_id, key, definition, deleted_at)
      values (${isUuid(model.id) ? model.id : rowIdOf(model.id)}, ${projectId}, ${model.key}, ${text}::jsonb, ${model.deletedAt ?? null})
      on conflict (id) do update set key = excluded.key, definition = excluded.definition, deleted_at = excluded.deleted_at, updated_at = now()
        where stored.project_id is not distinct from excluded.project_id
      returning id`.execute(tx);
    if (rows.length === 0) fail('already_exists', 'The id is that of another data model.');
  }
  for (const id of before.keys()) if (!after.has(id)) await tx.deleteFrom('piper.data_models').where('id', '=', id).execute();
  return raised.rows[0]!.version;
}
