/** Removes deleted records for good when the time to restore them is over, and what was said about records that are gone. */
import { sql } from 'kysely';
import type { DataModel } from '@piper/shared/data-model';
import { limits } from '@piper/shared/limits';
import type { Ctx } from '#platform/ctx';
import { inTx } from '#platform/db/tx';
import { idFieldOf } from '#platform/records/condition-sql';
import { purgeRecords } from '#platform/records/records';
import { quote, quoteTable } from '#platform/records/sql-writer';
import { projectRecords } from '#features/data-models';
import type { ProjectCtx } from './items.place.ts';

/** Records of one model removed in one transaction: its locks are short. */
const batch = 1_000;

/** Goes over all projects' models. What one can't do it leaves for the next time. */
export async function purgeDeletedRecords(ctx: Ctx): Promise<void> {
  const { rows } = await sql<{ project: string }>`
    select distinct project_id as project from piper.data_models where project_id is not null and deleted_at is null`.execute(
    ctx.db,
  );
  for (const { project } of rows) {
    try {
      await purgeProject(ctx, project);
    } catch (err) {
      ctx.log.warn({ err, project }, 'could not purge deleted records');
    }
  }
}

async function purgeProject(ctx: Ctx, project: string): Promise<void> {
  const place = await projectRecords(ctx, project);
  const before = new Date(ctx.deps.clock.now().getTime() - limits.recordUndoDays * 86_400_000);
  for (const entry of place.project.catalogue.list()) {
    if (entry.model.projectId === undefined) continue;
    while ((await inTx(place, (tx) => purgeRecords(tx, entry, { before, most: batch }))) === batch);
    await purgeComments(place, entry.model);
  }
}

/** Of records that were purged or deleted for good. */
async function purgeComments({ db, project }: ProjectCtx, model: DataModel): Promise<void> {
  const record = sql.raw(quote(idFieldOf(model).column!));
  await sql`
    delete from piper.record_comments c where project_id = ${project.id} and model_id = ${model.id}
      and not exists (select 1 from ${sql.raw(quoteTable(model.table))} own where own.${record} = c.record_id)`.execute(db);
}
