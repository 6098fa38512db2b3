/** Creates a record, or changes the one that is there under the same unique values; of two at once both end in one record. */
import { sql } from 'kysely';
import type { DataModel, Field } from '@piper/shared/data-model';
import { fail, PiperError } from '@piper/shared/errors';
import { fieldTypeOf, InvalidValue } from '@piper/shared/fields/index';
import { system } from '#platform/actor';
import type { Ctx, TxCtx } from '#platform/ctx';
import { catalogueOf, entryOf } from '#platform/records/catalogue';
import { findRecord } from '#platform/records/read';
import { createRecord, listRecords, updateRecord, type Values } from '#platform/records/records';
import { isKnownTo } from '#platform/records/write-rules';

/** Times a writer who was beaten to a value looks again; the other's record is there then. */
const attempts = 5;

/** Throws `validation_failed` unless records of the model are told apart by these fields, all of which the actor knows of. */
function uniqueFieldsOf(ctx: Ctx, model: DataModel, keys: readonly string[]): Field[] {
  const rules = catalogueOf(ctx).rulesOf(ctx);
  const fields = keys.map(
    (key) =>
      model.fields.find((field) => field.key === key && field.column !== undefined && isKnownTo(rules, model, field)) ??
      refuse('upsert', `names no field: ${key.slice(0, 80)}`),
  );
  if (fields.length === 0) refuse('upsert', 'must name a unique field');
  const ids = fields.map(({ id }) => id).sort();
  const isUnique =
    (fields.length === 1 && fields[0]!.unique === true && fields[0]!.key !== 'id') ||
    (model.indexes ?? []).some((index) => index.unique && index.fields.toSorted().join() === ids.join());
  if (!isUnique) refuse('upsert', 'must name a unique field, or the fields of a unique index');
  return fields;
}

/** Inside the transaction of the request. Returns the record as the actor sees it. */
export async function upsertRecord(tx: TxCtx, modelKey: string, keys: readonly string[], input: unknown): Promise<Values> {
  const { model } = entryOf(tx, modelKey);
  const fields = uniqueFieldsOf(tx, model, keys);
  const filter = filterOf(fields, input);
  for (let attempt = 1; ; attempt++) {
    // As Piper itself: the value of a visible record may be masked.
    const { data } = await listRecords({ ...tx, actor: system }, modelKey, { filter, fields: ['id'], limit: 1 });
    const id = data[0] && String(data[0]['id']);
    if (id !== undefined && (await findRecord(tx, model, id, ['id']))) return updateRecord(tx, modelKey, id, input);
    try {
      return await inSavepoint(tx, () => createRecord(tx, modelKey, input));
    } catch (error) {
      // Of a record out of sight no more is told than to whoever creates: that the value is taken.
      const isTaken = error instanceof PiperError && error.code === 'already_exists' && id === undefined;
      if (!isTaken || attempt === attempts) throw error;
    }
  }
}

function filterOf(fields: readonly Field[], input: unknown): Values {
  const values = typeof input === 'object' && input !== null ? (input as Values) : {};
  return Object.fromEntries(fields.map((field) => [field.key, { _eq: valueOf(field, values[field.key]) }]));
}

function valueOf(field: Field, value: unknown): unknown {
  if ((value ?? null) === null) return refuse(field.key, 'is required to find the record by');
  try {
    return fieldTypeOf(field).normalise(value, field);
  } catch (error) {
    if (error instanceof InvalidValue) return refuse(field.key, error.message);
    throw error;
  }
}

function refuse(path: string, message: string): never {
  fail('validation_failed', `Not valid: "${path}" ${message}.`, [{ path, message }]);
}

/** What fails inside is undone alone; the transaction goes on. */
async function inSavepoint<T>(tx: TxCtx, work: () => Promise<T>): Promise<T> {
  await sql`savepoint attempt`.execute(tx.db);
  try {
    const result = await work();
    await sql`release savepoint attempt`.execute(tx.db);
    return result;
  } catch (error) {
    await sql`rollback to savepoint attempt`.execute(tx.db);
    throw error;
  }
}
