/** How the members of a list hang on its record: by a field of their own, or by rows of a junction. */
import type { DataModel, Field } from '@piper/shared/data-model';
import { fail } from '@piper/shared/errors';
import { limits } from '@piper/shared/limits';
import { system } from '../actor.ts';
import type { Ctx, TxCtx } from '../ctx.ts';
import { newId } from '../ids.ts';
import { catalogueOf, entryOf } from './catalogue.ts';
import type { Values } from './hooks.ts';
import { listRecords } from './list.ts';
import { findRecord } from './read.ts';
import { completeNew, refuseValue } from './write-input.ts';
import { stampsOf, wakeReaders, type Write } from './write-plan.ts';
import { withRefusals } from './write-refusals.ts';
import { runMany } from './write-rows.ts';

/** How related records are written; write.ts gives its own functions. */
export interface Writers {
  create(ctx: TxCtx, modelKey: string, input: Values): Promise<Values>;
  update(ctx: TxCtx, modelKey: string, id: string, input: Values): Promise<Values>;
  remove(ctx: TxCtx, modelKey: string, id: string, options: { permanent?: boolean }): Promise<void>;
}

export interface ListPlace {
  field: Field;
  target: DataModel;
  /** The record whose list it is. */
  id: string;
  isNew: boolean;
}

/** How the members of a list hang on the record. */
export interface Links {
  /** Ids of the target's records that are in the list now, those asked about. */
  current: ReadonlySet<string>;
  /** What a new member gets, or undefined where a link of its own is made. */
  onTarget: Values | undefined;
  link(id: string): Promise<unknown>;
  unlink(id: string): Promise<unknown>;
}

/** One-to-many: the member's own field points here. */
export async function linksBy(tx: TxCtx, place: ListPlace, asked: string[] | undefined, writers: Writers): Promise<Links> {
  const { target, id: owner } = place;
  const by = fieldOf(target, (place.field.relation as { by: string }).by);
  const found = await currentOf(tx, place, { model: target, by, member: 'id', asked });
  return {
    current: new Set(found.keys()),
    onTarget: { [by.key]: owner },
    link: (id) => writers.update(tx, target.key, id, { [by.key]: owner }),
    unlink: (id) =>
      by.required ? writers.remove(tx, target.key, id, {}) : writers.update(tx, target.key, id, { [by.key]: null }),
  };
}

/**
 * Many-to-many: a row of the junction joins the two. Who may set the list joins whatever they see to it: as in reading, rows
 * that do nothing but join are not asked for rules of their own.
 */
export async function linksOver(tx: TxCtx, place: ListPlace, asked: string[] | undefined, writers: Writers): Promise<Links> {
  const relation = place.field.relation as { through: string; by: string; to: string };
  const junction = catalogueOf(tx).find(relation.through)!;
  const [by, to] = [fieldOf(junction, relation.by), fieldOf(junction, relation.to)];
  const own = junction.isJunction === true;
  const found = await currentOf(own ? { ...tx, actor: system } : tx, place, { model: junction, by, member: to.key, asked });
  const rowOf = (id: string): Values => ({ [by.key]: place.id, [to.key]: id });
  return {
    current: own ? await seenOf(tx, place.target, [...found.keys()]) : new Set(found.keys()),
    onTarget: undefined,
    link: async (id) => {
      if (!own) return writers.create(tx, junction.key, rowOf(id));
      if (!(await findRecord(tx, place.target, id, ['id']))) refuseUnseen(place.target);
      return joinRows(tx, junction, rowOf(id));
    },
    unlink: async (id) =>
      own ? partRows(tx, junction, found.get(id)!) : writers.remove(tx, junction.key, found.get(id)!, { permanent: true }),
  };
}

function refuseUnseen(target: DataModel): never {
  const message = 'does not exist, or you may not see it';
  fail('not_found', `There is no such ${target.label}.`, [{ path: '', message }]);
}

/** Those of these ids whose records the actor sees. */
async function seenOf(tx: TxCtx, target: DataModel, ids: string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const { data } = await listRecords(tx, target.key, { filter: { id: { _in: ids } }, fields: ['id'], limit: -1 });
  return new Set((data as Values[]).map(({ id }) => String(id)));
}

async function joinRows(tx: TxCtx, junction: DataModel, ends: Values): Promise<void> {
  const blank = { values: ends, extra: {}, given: [], user: {} };
  const values = { ...completeNew(tx, junction, blank), ...stampsOf(tx, junction, newId()) };
  const write: Write = { entry: entryOf(tx, junction.id), step: 'insert many', values, given: [], trusted: true };
  await withRefusals(tx, junction, () => runMany(tx, write, [values]));
  wakeReaders(tx);
}

async function partRows(tx: TxCtx, junction: DataModel, id: string): Promise<void> {
  await runMany(tx, { entry: entryOf(tx, junction.id), step: 'erase many', values: {}, given: [], trusted: true }, [{ id }]);
  wakeReaders(tx);
}

/** Members of the list that the context may see, with the ids of the rows that hold them there. */
async function currentOf(
  ctx: Ctx,
  { id, isNew, field }: ListPlace,
  of: { model: DataModel; by: Field; member: string; asked: string[] | undefined },
): Promise<Map<string, string>> {
  const { model, by, member, asked } = of;
  if (isNew || asked?.length === 0) return new Map();
  const filter = { [by.key]: { _eq: id }, ...(asked && { [member]: { _in: asked } }) };
  const page = await listRecords(ctx, model.key, { filter, fields: ['id', member], sort: ['id'], limit: -1 });
  if (page.meta.nextCursor)
    refuseValue(field.key, `holds more than ${limits.pageSize} records: change it by "create", "update" and "delete"`);
  return new Map((page.data as Values[]).map((row) => [String(row[member]), String(row['id'])]));
}

const fieldOf = (model: DataModel, reference: string): Field =>
  model.fields.find((field) => field.id === reference || field.key === reference)!;
