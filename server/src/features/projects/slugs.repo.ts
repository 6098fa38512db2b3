import { sql } from 'kysely';
import type { Tx } from '#platform/db/db';

/** Serialises the choice of slugs that begin alike, until the transaction ends. */
export async function lockSlugs(tx: Tx, base: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`piper:slug:${base}`}, 0))`.execute(tx);
}

/** All slugs, present and former, that are `base` or `base-…`, with their projects. */
export async function listSlugsLike(tx: Tx, base: string): Promise<Map<string, string>> {
  const pattern = `${base}-%`;
  const rows = await tx
    .selectFrom('piper.projects')
    .select(['slug', 'id as projectId'])
    .where((eb) => eb.or([eb('slug', '=', base), eb('slug', 'like', pattern)]))
    .unionAll(
      tx
        .selectFrom('piper.project_slugs')
        .select(['slug', 'project_id as projectId'])
        .where((eb) => eb.or([eb('slug', '=', base), eb('slug', 'like', pattern)])),
    )
    .execute();
  return new Map(rows.map((row) => [row.slug, row.projectId]));
}

/** Keeps `former` working for the project; its present slug is no longer a former one. */
export async function keepFormerSlug(tx: Tx, projectId: string, slugs: { former: string; present: string }): Promise<void> {
  await tx.deleteFrom('piper.project_slugs').where('slug', '=', slugs.present).where('project_id', '=', projectId).execute();
  await tx
    .insertInto('piper.project_slugs')
    .values({ slug: slugs.former, project_id: projectId })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
