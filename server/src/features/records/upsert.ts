/** Creates a record, or changes the one that is there under the same unique values; of two at once both end in one record. */
import { sql, type RawBuilder } from 'kysely';
import type { DataModel, Field } from '@piper/shared/data-model';
import { fail, PiperError } from '@piper/shared/errors';
import { fieldTypeOf, InvalidValue } from '@piper/shared/fields/index';
import type { Ctx, TxCtx } from '#platform/ctx';
import { catalogueOf, entryOf } from '#platform/records/catalogue';
import { idFieldOf } from '#platform/records/condition-sql';
import { columnTypeOf } from '#platform/records/fields/index';
import { findRecord } from '#platform/records/read';
import { createRecord, updateRecord, type Values } from '#platform/records/records';
import { quote, quoteTable } from '#platform/records/sql-writer';
import { refuseValue } from '#platform/records/write-input';
import { driverValue } from '#platform/records/write-plan';
import { oneByOne } from '#platform/records/write-rows';
import { isKnownTo } from '#platform/records/write-rules';
import { markOf } from '#platform/records/write-sql';

/** Times a writer who was beaten to a value looks again; the other's record is there then. */
const attempts = 5;

/** By which fields a record is found. */
export interface UpsertBy {
  keys: readonly string[];
  /** What the request calls them. */
  word: string;
  /** The version the writer saw; a record that is not there has none. */
  ifMatch?: number | undefined;
}

/** Throws `validation_failed` unless records of the model are told apart by these fields, all of which the actor knows of. */
function uniqueFieldsOf(ctx: Ctx, model: DataModel, { keys, word }: UpsertBy): Field[] {
  const rules = catalogueOf(ctx).rulesOf(ctx);
  const fields = keys.map(
    (key) =>
      model.fields.find((field) => field.key === key && field.column !== undefined && isKnownTo(rules, model, field)) ??
      refuseValue(word, `names no field: ${key.slice(0, 80)}`),
  );
  if (fields.length === 0) refuseValue(word, 'must name a unique field');
  const sorted = fields.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const ids = sorted.map(({ id }) => id);
  const isUnique =
    (fields.length === 1 && fields[0]!.unique === true && fields[0]!.key !== 'id') ||
    (model.indexes ?? []).some((index) => index.unique && index.fields.toSorted().join() === ids.join());
  if (!isUnique) refuseValue(word, 'must name a unique field, or the fields of a unique index');
  return sorted;
}

/**
 * Inside the transaction of the request. Goes in the order of the values that tell the records apart, which is the same for
 * everybody, so that two lists never wait for each other. Returns the records as the actor sees them, in the order of `inputs`.
 */
export async function upsertRecords(tx: TxCtx, modelKey: string, by: UpsertBy, inputs: readonly unknown[]): Promise<Values[]> {
  const fields = uniqueFieldsOf(tx, entryOf(tx, modelKey).model, by);
  const wanted = inputs.map((input, at) => {
    const values = valuesOf(fields, input);
    return { at, input, values, order: JSON.stringify(values.map(([, value]) => value)) };
  });
  const records: Values[] = [];
  await oneByOne(
    wanted.toSorted((a, b) => (a.order === b.order ? a.at - b.at : a.order < b.order ? -1 : 1)),
    async ({ at, ...one }) => (records[at] = await upsert(tx, modelKey, by, one)),
  );
  return records;
}

async function upsert(
  tx: TxCtx,
  modelKey: string,
  { ifMatch }: UpsertBy,
  { input, values }: { input: unknown; values: [Field, unknown][] },
): Promise<Values> {
  const { model } = entryOf(tx, modelKey);
  for (let attempt = 1; ; attempt++) {
    const id = await idUnder(tx, model, values);
    if (id !== undefined && (await findRecord(tx, model, id, ['id']))) return updateRecord(tx, modelKey, id, input, { ifMatch });
    if (ifMatch !== undefined) fail('version_mismatch');
    try {
      return await inSavepoint(tx, () => createRecord(tx, modelKey, input));
    } catch (error) {
      // Of a record out of sight no more is told than to whoever creates: that the value is taken.
      const isTaken = error instanceof PiperError && error.code === 'already_exists' && id === undefined;
      if (!isTaken || attempt === attempts) throw error;
    }
  }
}

/** The id of the record with these values, whoever may see it. A filter would read variables (`$NOW`) in them. */
async function idUnder(tx: TxCtx, model: DataModel, values: [Field, unknown][]): Promise<string | undefined> {
  const same = values.map(([field, value]) => sql`${columnOf(field)} = ${value}::${sql.raw(columnTypeOf(field).cast)}`);
  const mark = markOf(model);
  if (mark) same.push(sql`${columnOf(mark)} is null`);
  const { rows } = await sql<{ id: string }>`
    select ${columnOf(idFieldOf(model))}::text as id from ${sql.raw(quoteTable(model.table))} where ${sql.join(same, sql` and `)} limit 1`.execute(
    tx.db,
  );
  return rows[0]?.id;
}

const columnOf = ({ column }: Field): RawBuilder<unknown> => sql.raw(quote(column!));

/** What the input says of these fields, as the driver takes it. */
function valuesOf(fields: readonly Field[], input: unknown): [Field, unknown][] {
  const values = typeof input === 'object' && input !== null ? (input as Values) : {};
  return fields.map((field) => [field, driverValue(field, valueOf(field, values[field.key]))]);
}

function valueOf(field: Field, value: unknown): unknown {
  if ((value ?? null) === null) return refuseValue(field.key, 'is required to find the record by');
  try {
    return fieldTypeOf(field).normalise(value, field);
  } catch (error) {
    if (error instanceof InvalidValue) return refuseValue(field.key, error.message);
    throw error;
  }
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
