/** What change sets leave to a later time: leftovers of failed ones, bins that are old, schemas of projects that are gone. */
import { sql } from 'kysely';
import type { Ctx } from '#platform/ctx';
import { quote } from '#platform/records/sql-writer';
import { emptyBin } from './change-sets.history.ts';
import { listOldBins, listOrphanSchemas, listUncleaned } from './change-sets.repo.ts';
import { sweepFailed } from './change-sets.run.ts';

const binDays = 30;
const dayMs = 86_400_000;

export async function sweepChangeSets(ctx: Ctx): Promise<void> {
  await sweepFailed(ctx, await listUncleaned(ctx.db));
  await dropOrphanSchemas(ctx);
  await emptyOldBins(ctx);
}

/** A change set each; a project that is being changed right now comes round again. */
export async function emptyOldBins(ctx: Ctx): Promise<void> {
  const before = new Date(ctx.deps.clock.now().getTime() - binDays * dayMs);
  for (const projectId of await listOldBins(ctx.db, before))
    await emptyBin(ctx, projectId, { before, summary: `Removed what lay in the bin for ${binDays} days.` }).catch(
      (err: unknown) => ctx.log.info({ err, project: projectId }, 'a bin was not emptied'),
    );
}

/** Table by table: a schema of hundreds in one statement would need more locks than the server has. */
export async function dropOrphanSchemas(ctx: Ctx): Promise<void> {
  for (const schema of await listOrphanSchemas(ctx.db)) {
    const { rows } = await sql<{ name: string }>`
      select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = ${schema} and c.relkind = 'r'`.execute(ctx.db);
    for (const { name } of rows) await sql.raw(`drop table if exists ${quote(schema)}.${quote(name)} cascade`).execute(ctx.db);
    await sql.raw(`drop schema if exists ${quote(schema)} cascade`).execute(ctx.db);
  }
}
