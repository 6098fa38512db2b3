/** The forms in which Directus' clients name many records: lists, `{keys}` and `{query}`. */
import { fail } from '@piper/shared/errors';
import { limits } from '@piper/shared/limits';
import type { Ctx } from '#platform/ctx';
import { inTx } from '#platform/db/tx';
import { entryOf } from '#platform/records/catalogue';
import { refuseValue } from '#platform/records/write-input';
import { requireFewRelated } from '#platform/records/write-related';
import { requireFew } from '#platform/records/write-rows';
import {
  createRecord,
  createRecords,
  deleteRecords,
  listRecords,
  updateRecords,
  updateRecordsAlike,
  type Values,
  type WriteOptions,
} from '#platform/records/records';
import type { RawQuery } from '#platform/records/query';
import { answerMany, answerOne, type Answer, type ProjectCtx } from './items.place.ts';
import { upsertRecords } from './upsert.ts';

/** Of a request that writes several records. */
export interface Several {
  model: string;
  body: unknown;
  query: RawQuery;
}

/** Creates the record of the body, or all of its list. */
export async function createItemsOf(ctx: Ctx, { model, body, query }: Several): Promise<Answer> {
  if (Array.isArray(body)) return answerMany(ctx, model, await createRecords(ctx, model, body), query);
  return answerOne(ctx, model, await createRecord(ctx, model, body), query);
}

/** `{keys, data}`, `{query, data}`, or a list of records with their ids. */
export async function updateItemsOf(ctx: ProjectCtx, { model, body, query }: Several): Promise<Answer> {
  if (Array.isArray(body)) return answerMany(ctx, model, await updateRecords(ctx, model, body), query);
  const { data } = body as Values;
  if (data === undefined)
    fail('validation_failed', 'Not valid: "data" is required, or a list of records.', [{ path: 'data', message: 'is required' }]);
  const records = await inTx(ctx, async (tx) => updateRecordsAlike(tx, model, await keysOf(tx, model, body as Values), data));
  return answerMany(ctx, model, records, query);
}

/** A list of ids, `{keys}` or `{query}`. */
export async function deleteItemsOf(ctx: ProjectCtx, { model, body, query }: Several): Promise<void> {
  const permanent = isPermanent(query);
  if (Array.isArray(body)) return deleteRecords(ctx, model, textsOf('keys', body as unknown[]), { permanent });
  await inTx(ctx, async (tx) => deleteRecords(tx, model, await keysOf(tx, model, (body ?? {}) as Values), { permanent }));
}

/** Changes what is there under the values of these fields, and creates the rest. A version is of one record. */
export async function upsertItemsOf(
  ctx: ProjectCtx,
  { model, body, query }: Several,
  { ifMatch }: WriteOptions,
): Promise<Answer> {
  const { upsert } = query;
  const keys = (Array.isArray(upsert) ? upsert : String(upsert).split(',')).map((key) => String(key).trim());
  const inputs: unknown[] = Array.isArray(body) ? body : [body];
  requireFew(inputs.length);
  requireFewRelated(ctx, entryOf(ctx, model).model, inputs);
  const records = await inTx(ctx, (tx) => upsertRecords(tx, model, { keys, word: 'upsert', ifMatch }, inputs));
  return Array.isArray(body) ? answerMany(ctx, model, records, query) : answerOne(ctx, model, records[0]!, query);
}

export function isPermanent({ permanent }: RawQuery): boolean {
  if (permanent === undefined || permanent === 'false') return false;
  if (permanent === 'true' || permanent === '') return true;
  return fail('validation_failed', 'Not valid: "permanent" must be true or false.');
}

/** The ids a body names. Throws `validation_failed` when its query means more records than one request may write. */
async function keysOf(tx: Ctx, model: string, { keys, query }: Values): Promise<string[]> {
  if (keys !== undefined)
    return Array.isArray(keys) ? textsOf('keys', keys as unknown[]) : refuseValue('keys', 'must be a list of ids');
  if (typeof query !== 'object' || query === null || Array.isArray(query)) return refuseValue('keys', 'is required, or "query"');
  const asked = query as RawQuery;
  const { data, meta } = await listRecords(tx, model, { limit: -1, ...asked, fields: ['id'] });
  if (meta.nextCursor && (asked['limit'] === undefined || asked['limit'] === -1))
    fail('validation_failed', `The query means more than ${limits.recordsPerWrite} records. Write them in parts, with "limit".`);
  return data.map((record) => String(record['id']));
}

function textsOf(path: string, list: unknown[]): string[] {
  return list.every((item) => typeof item === 'string') ? list : refuseValue(path, 'must be a list of ids');
}
