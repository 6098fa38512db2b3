/** Relations to several models have no foreign key: what they say of records that are gone is emptied here. */
import { sql } from 'kysely';
import type { DataModel, Field } from '@piper/shared/data-model';
import type { TxCtx } from '../ctx.ts';
import { catalogueOf } from './catalogue.ts';
import { columnTypeOf } from './fields/index.ts';
import { quote, quoteTable } from './sql-writer.ts';

/** Empties them without an event, as the database does with other relations. A required one keeps what it says, which leads nowhere. */
export async function emptyLinksTo(tx: TxCtx, target: DataModel, ids: readonly unknown[]): Promise<void> {
  if (target.projectId === undefined || ids.length === 0) return;
  for (const { model } of catalogueOf(tx).list()) {
    if (model.projectId === undefined) continue;
    for (const field of model.fields.filter((each) => mayMean(each, target))) {
      const column = sql.raw(quote(field.column!));
      const links = ids.map((id) => columnTypeOf(field).write!({ model: target.id, id }));
      await sql`update ${sql.raw(quoteTable(model.table))} set ${column} = null where ${column} = any(${links}::text[])`.execute(
        tx.db,
      );
    }
  }
}

const mayMean = ({ relation, column, required }: Field, { id, key }: DataModel): boolean =>
  relation?.kind === 'any' &&
  column !== undefined &&
  required !== true &&
  (relation.targets.includes(id) || relation.targets.includes(key));
