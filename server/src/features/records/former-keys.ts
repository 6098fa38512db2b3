/** Which field a key meant at a former time: events keep the keys of their day, while fields may have been renamed since. */
import { sql } from 'kysely';
import type { DataModel, Field } from '@piper/shared/data-model';
import type { Ctx } from '#platform/ctx';

/** The fields of the model at a moment, by the keys they had then. A field of today, or undefined for one that is gone. */
export type KeysAt = (moment: Date) => ReadonlyMap<string, Field | undefined>;

/** Reads the model's history back to `oldest`. */
export async function formerKeys(ctx: Ctx, model: DataModel, oldest: Date): Promise<KeysAt> {
  const { rows } = await sql<{ until: Date; fields: Field[] }>`
    select finished_at as until, before -> ${model.id} -> 'fields' as fields from piper.change_sets
    where project_id = ${model.projectId!}::uuid and status = 'applied' and finished_at >= ${oldest} and jsonb_typeof(before -> ${model.id}) = 'object'
    order by number`.execute(ctx.db);
  const today = new Map(model.fields.map((field) => [field.id, field]));
  const now = new Map(model.fields.map((field) => [field.key, field]));
  const former = rows.map(({ until, fields }) => ({
    until,
    keys: new Map(fields.map((field) => [field.key, today.get(field.id)])),
  }));
  return (moment) => former.find(({ until }) => until > moment)?.keys ?? now;
}
