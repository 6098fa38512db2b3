/** Gives a record the values of a former revision, as a new change under the rules of today. */
import type { Field } from '@piper/shared/data-model';
import { PiperError } from '@piper/shared/errors';
import { fieldTypeOf, InvalidValue } from '@piper/shared/fields/index';
import { entryOf } from '#platform/records/catalogue';
import { isSettable } from '#platform/records/record-schemas';
import { readRecord, updateRecord, type Values, type WriteOptions } from '#platform/records/records';
import { ungranted } from '#platform/records/write-rules';
import type { ProjectCtx } from './items.place.ts';
import { readRevisionOf } from './revisions.ts';

/** Returns the record, and the keys of values that could not be given back: their fields are gone, or do not take them any more. */
export async function revertRecord(
  ctx: ProjectCtx,
  of: { model: string; id: string; revision: string },
  options: WriteOptions,
): Promise<{ record: Values; skipped: string[] }> {
  const { model } = entryOf(ctx, of.model);
  const revision = await readRevisionOf(ctx, of);
  const fields = revision.fields.filter((field) => isSettable(field, 'update') && !isComputed(field));
  const current = await readRecord(ctx, of.model, of.id, ['id', ...fields.map(({ key }) => key)]);
  const skipped = [...revision.gone, ...revision.unseen];
  const values: Values = {};
  for (const field of fields) {
    if (!(field.key in current)) continue;
    const value = revision.record[field.key] ?? null;
    if (isSame(value, current[field.key] ?? null)) continue;
    if (takes(field, value)) values[field.key] = value;
    else skipped.push(field.key);
  }
  for (const key of ungranted(ctx.project.catalogue.rulesOf(ctx), model, 'update', Object.keys(values))) {
    delete values[key];
    skipped.push(key);
  }
  return writeBack(ctx, of, { values, skipped }, options);
}

interface Back {
  values: Values;
  skipped: string[];
}

/** What the record pointed to may be gone by now. */
async function writeBack(
  ctx: ProjectCtx,
  of: { model: string; id: string },
  { values, skipped }: Back,
  options: WriteOptions,
): Promise<{ record: Values; skipped: string[] }> {
  try {
    return { record: await updateRecord(ctx, of.model, of.id, values, options), skipped };
  } catch (error) {
    const missing = pathsNotFound(error).filter((path) => path in values);
    if (missing.length === 0) throw error;
    const rest = Object.fromEntries(Object.entries(values).filter(([key]) => !missing.includes(key)));
    return writeBack(ctx, of, { values: rest, skipped: [...skipped, ...missing] }, options);
  }
}

function pathsNotFound(error: unknown): string[] {
  if (!(error instanceof PiperError) || error.code !== 'not_found' || !Array.isArray(error.details)) return [];
  return (error.details as { path?: unknown }[]).flatMap(({ path }) => (typeof path === 'string' ? [path] : []));
}

const isComputed = (field: Field): boolean => field.result !== undefined;
const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function takes(field: Field, value: unknown): boolean {
  if (value === null) return !field.required;
  try {
    fieldTypeOf(field).normalise(value, field);
    return true;
  } catch (error) {
    if (error instanceof InvalidValue) return false;
    throw error;
  }
}
