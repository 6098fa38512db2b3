/** Gives a record the values of a former revision, as a new change under the rules of today. */
import type { Field } from '@piper/shared/data-model';
import { PiperError } from '@piper/shared/errors';
import { fieldTypeOf, InvalidValue } from '@piper/shared/fields/index';
import { mayRead } from '#platform/records/actor-rules';
import { entryOf } from '#platform/records/catalogue';
import { parseReadQuery } from '#platform/records/query';
import { isSettable } from '#platform/records/record-schemas';
import { readRecord, updateRecord, type Values, type WriteOptions } from '#platform/records/records';
import type { LinkChanges } from '#platform/records/write-plan';
import { ungranted } from '#platform/records/write-rules';
import type { ProjectCtx } from './items.place.ts';
import { linksSince, readRevisionOf } from './revisions.ts';

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
  const links = await linksSince(ctx, of);
  const rules = ctx.project.catalogue.rulesOf(ctx);
  for (const field of model.fields.filter((each) => isOfLinks(each) && mayRead(rules, model, each)))
    if (!links) skipped.push(field.key);
    else if (links[field.key]) Object.assign(values, await undone(ctx, of, field, links[field.key]!));
  for (const key of ungranted(rules, model, 'update', Object.keys(values))) {
    delete values[key];
    skipped.push(key);
  }
  return writeBack(ctx, of, { values, skipped }, options);
}

const isOfLinks = (field: Field): boolean => field.relation?.kind === 'many-to-many' && field.readOnly !== true;

/** What brings a list to where it was; nothing when it is there, or as much of it as the actor sees. */
async function undone(
  ctx: ProjectCtx,
  of: { model: string; id: string },
  { key }: Field,
  { added, removed }: LinkChanges[string],
): Promise<Values> {
  const deep = { [key]: { _filter: { id: { _in: [...added, ...removed] } }, _limit: -1 } };
  const current = await readRecord(ctx, of.model, of.id, parseReadQuery({ fields: [key], deep }));
  const linked = new Set((current[key] ?? []) as string[]);
  const change = { create: removed.filter((id) => !linked.has(id)), delete: added.filter((id) => linked.has(id)) };
  return change.create.length + change.delete.length === 0 ? {} : { [key]: change };
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
