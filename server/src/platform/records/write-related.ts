/**
 * Records within records: a body may hold the related records themselves. They are written in the same transaction, each
 * under its own rules; this file only finds out what is to be created, changed, linked and unlinked.
 */
import type { DataModel, Field } from '@piper/shared/data-model';
import { fail, PiperError } from '@piper/shared/errors';
import { limits } from '@piper/shared/limits';
import type { Ctx, TxCtx } from '../ctx.ts';
import { isUuid } from '../ids.ts';
import { catalogueOf } from './catalogue.ts';
import type { Values } from './hooks.ts';
import { refuseValue } from './write-input.ts';
import type { LinkChanges } from './write-plan.ts';
import { linksBy, linksOver, type Links, type ListPlace, type Writers } from './write-links.ts';

/** The related records of a body, parted from the record's own values. */
export interface Related {
  plain: Values;
  single: [Field, Values][];
  lists: [Field, ListChange][];
}

/** Directus' two forms: the list as it shall be, or what to do to it. */
interface ListChange {
  state?: unknown[];
  create: unknown[];
  update: unknown[];
  delete: unknown[];
}

const isObject = (value: unknown): value is Values => typeof value === 'object' && value !== null && !Array.isArray(value);
const isList = (field: Field): boolean => field.relation?.kind === 'one-to-many' || field.relation?.kind === 'many-to-many';
const isNested = (field: Field, value: unknown): boolean =>
  value !== undefined && (isList(field) || (field.relation?.kind === 'many-to-one' && isObject(value)));

/** Whether the body holds related records. Piper's own models take ids only. */
export function namesRelated(model: DataModel, input: unknown): boolean {
  if (model.projectId === undefined || !isObject(input)) return false;
  return model.fields.some((field) => field.relation && Object.hasOwn(input, field.key) && isNested(field, input[field.key]));
}

/** Throws `validation_failed` when these bodies would write too many related records, or too deep. */
export function requireFewRelated(ctx: Ctx, model: DataModel, inputs: readonly unknown[]): void {
  requireFewInAll(inputs.reduce<number>((sum, input) => sum + countRelated(ctx, model, input), 0));
}

export function requireFewInAll(count: number): void {
  if (count > limits.relatedWrites)
    fail('validation_failed', `One request writes at most ${limits.relatedWrites} related records.`);
}

/** How many related records the body writes, or links in lists, on all levels. Throws `validation_failed` for too many levels. */
export function countRelated(ctx: Ctx, model: DataModel, input: unknown, depth = 1): number {
  if (!namesRelated(model, input)) return 0;
  if (depth > limits.relatedWriteDepth)
    fail('validation_failed', `Records within records may be at most ${limits.relatedWriteDepth} levels deep.`);
  const { single, lists } = partRelated(model, input as Values);
  const written = single.filter(([, value]) => !namesOnly(value));
  const items = [...written, ...lists.flatMap(([field, change]) => itemsOf(change).map((item) => [field, item] as const))];
  const within = items.map(([field, item]) => countRelated(ctx, targetOf(ctx, field), item, depth + 1));
  return within.reduce((sum, count) => sum + count, items.length);
}

/** The id of a record, or its name in a batch, and nothing to write into it. */
const namesOnly = (value: Values): boolean => Object.keys(value).every((key) => key === 'id' || key === '$ref');

const itemsOf = (change: ListChange): unknown[] => [
  ...(change.state ?? []),
  ...change.create,
  ...change.update,
  ...change.delete,
];

/** Parts a body. Throws `validation_failed` for a list in neither of the two forms. */
export function partRelated(model: DataModel, input: Values): Related {
  const related: Related = { plain: { ...input }, single: [], lists: [] };
  for (const field of model.fields) {
    if (!field.relation || !Object.hasOwn(input, field.key)) continue;
    const value = input[field.key];
    if (!isNested(field, value)) continue;
    delete related.plain[field.key];
    if (isList(field)) related.lists.push([field, listChange(field, value)]);
    else related.single.push([field, value as Values]);
  }
  return related;
}

function listChange(field: Field, value: unknown): ListChange {
  const empty: ListChange = { create: [], update: [], delete: [] };
  if (value === null) return { ...empty, state: [] };
  if (Array.isArray(value)) return { ...empty, state: value as unknown[] };
  if (!isObject(value)) return refuseValue(field.key, 'must be a list, or an object of "create", "update" and "delete"');
  const change = { ...empty };
  for (const [word, list] of Object.entries(value)) {
    if (word !== 'create' && word !== 'update' && word !== 'delete')
      refuseValue(`${field.key}.${word.slice(0, 80)}`, 'is unknown here');
    change[word] = Array.isArray(list) ? (list as unknown[]) : refuseValue(`${field.key}.${word}`, 'must be a list');
  }
  return change;
}

/** Writes what the record will point to. Returns its fields with the ids in place. */
export async function writeTargets(tx: TxCtx, single: Related['single'], writers: Writers): Promise<Values> {
  const ids: Values = {};
  for (const [field, { id, ...rest }] of single) {
    const target = targetOf(tx, field);
    if (id !== undefined && typeof id !== 'string') refuseValue(`${field.key}.id`, 'must be an id');
    ids[field.key] = await within(field.key, async () => {
      if (id !== undefined && Object.keys(rest).length === 0) return id;
      requireUsers(target);
      const written =
        id === undefined ? await writers.create(tx, target.key, rest) : await writers.update(tx, target.key, id, rest);
      return written['id'];
    });
  }
  return ids;
}

/** Brings the lists of a record that is there to what the body says. `isNew`: nothing can be in them yet. Returns which links came and went. */
export async function writeLists(
  tx: TxCtx,
  of: { model: DataModel; id: string; isNew: boolean },
  lists: Related['lists'],
  writers: Writers,
): Promise<LinkChanges> {
  const changes: LinkChanges = {};
  for (const [field, change] of lists) {
    const done = await within(field.key, () => writeList(tx, { field, target: targetOf(tx, field), ...of }, change, writers));
    // What a field of the members says is told as their change.
    if (field.relation!.kind === 'many-to-many' && done.added.length + done.removed.length > 0) changes[field.key] = done;
  }
  return changes;
}

async function writeList(tx: TxCtx, place: ListPlace, change: ListChange, writers: Writers): Promise<LinkChanges[string]> {
  const { target } = place;
  requireUsersOrIds(target, change);
  const membersOf = (items: readonly unknown[], path: string): Member[] => items.map((item, i) => memberOf(item, `${path}${i}`));
  const members = [
    ...membersOf(change.state ?? [], ''),
    ...membersOf(change.create, 'create.'),
    ...membersOf(change.update, 'update.'),
  ];
  const named = members.flatMap(({ id }) => id ?? []);
  const dropped = membersOf(change.delete, 'delete.').map(({ id }, i) => id ?? refuseValue(`delete.${i}`, 'must be an id'));
  const asked = change.state ? undefined : [...named, ...dropped];
  const linksOf = place.field.relation!.kind === 'many-to-many' ? linksOver : linksBy;
  const links = await linksOf(tx, place, asked, writers);
  const kept = new Set(named);
  if (change.state) refuseCut(place.field, kept, links);
  const removed = change.state ? [...links.current].filter((one) => !kept.has(one)) : dropped;
  for (const id of removed) {
    if (!links.current.has(id)) fail('not_found', `There is no ${target.label} ${id.slice(0, 40)} in this list.`);
    await links.unlink(id);
  }
  const linked = new Set(links.current);
  const added: string[] = [];
  for (const member of members) added.push(...(await writeMember(tx, { target, links, linked }, member, writers)));
  return { added, removed };
}

/** Of a longer list a read shows so many when nobody asks for more: written back, they would unlink what was never shown. */
function refuseCut({ key }: Field, kept: ReadonlySet<string>, { current }: Links): void {
  const shown = limits.relatedPerRecord;
  const keeps = [...current].filter((id) => kept.has(id)).length;
  if (current.size <= shown || keeps === 0 || keeps > shown) return;
  const ways = 'write all, as read with a "_limit", or change the list by "create", "update" and "delete"';
  const message = `has more than ${shown} records, of which only the first may have been shown: ${ways}`;
  fail('validation_failed', `Not valid: "${key}" ${message}.`, [{ path: '', message }]);
}

interface Member {
  id?: string;
  values: Values;
}

/** Creates or changes a member of the list, and links it if it is not in it yet. Returns its id if it was not. */
async function writeMember(
  tx: TxCtx,
  { target, links, linked }: { target: DataModel; links: Links; linked: Set<string> },
  { id, values }: Member,
  writers: Writers,
): Promise<string[]> {
  if (id === undefined) {
    const made = String((await writers.create(tx, target.key, { ...values, ...links.onTarget }))['id']);
    if (!links.onTarget) await links.link(made);
    return [made];
  }
  if (Object.keys(values).length > 0) await writers.update(tx, target.key, id, values);
  if (linked.has(id)) return [];
  await links.link(id);
  linked.add(id);
  return [id];
}

function memberOf(item: unknown, path: string): Member {
  if (typeof item === 'string') return { id: idOf(item, path), values: {} };
  if (!isObject(item)) return refuseValue(path, 'must be an id or a record');
  const { id, ...values } = item;
  return id === undefined ? { values } : { id: idOf(id, `${path}.id`), values };
}

const idOf = (id: unknown, path: string): string =>
  typeof id === 'string' && isUuid(id.toLowerCase()) ? id.toLowerCase() : refuseValue(path, 'must be an id');

const targetOf = (ctx: Ctx, field: Field): DataModel => catalogueOf(ctx).find(field.relation!.target ?? '')!;

function requireUsers(target: DataModel): void {
  if (target.projectId === undefined) refuseValue('', `takes only ids: ${target.labelPlural} are not written here`);
}

function requireUsersOrIds(target: DataModel, change: ListChange): void {
  if (target.projectId === undefined && itemsOf(change).some((item) => typeof item !== 'string')) requireUsers(target);
}

/** Runs a related write; what it refuses is told with the way to it. */
async function within<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof PiperError) || !Array.isArray(error.details)) throw error;
    const details = (error.details as unknown[]).map((detail) =>
      isObject(detail) && typeof detail['path'] === 'string'
        ? { ...detail, path: detail['path'] === '' ? path : `${path}.${detail['path']}` }
        : detail,
    );
    throw new PiperError(error.code, { message: error.message, details, cause: error.cause });
  }
}
