/**
 * What a deletion does to records that point to the deleted one: they keep it from being deleted, or go along, marked with
 * the same moment, so that they come back with it. Going along follows the model, not the rules of who deletes.
 */
import { sql } from 'kysely';
import type { DataModel, Field } from '@piper/shared/data-model';
import { fail } from '@piper/shared/errors';
import { limits } from '@piper/shared/limits';
import type { Ctx, TxCtx } from '../ctx.ts';
import { mayRead } from './actor-rules.ts';
import { catalogueOf } from './catalogue.ts';
import { idFieldOf } from './condition-sql.ts';
import { emptyLinksTo } from './erased-links.ts';
import { columnTypeOf } from './fields/index.ts';
import type { SystemModel } from './hooks.ts';
import { quote, quoteTable } from './sql-writer.ts';
import { requirePassed, wakeReaders, type Write } from './write-plan.ts';
import { requireAllFound, runMany } from './write-rows.ts';
import { markOf } from './write-sql.ts';

type Removal = 'mark' | 'erase';

/** A relation that says what a deletion of its target does, besides leaving it empty. */
interface Pointer {
  entry: SystemModel;
  field: Field;
  onDelete: 'restrict' | 'cascade';
}

/** The relations of the project's models that lead to this model; kept with the catalogue. */
function pointersTo(ctx: Ctx, target: DataModel): readonly Pointer[] {
  if (target.projectId === undefined) return [];
  const { plans, list } = catalogueOf(ctx);
  const key = `pointers ${target.id}`;
  const found = plans.get(key) as Pointer[] | undefined;
  if (found) return found;
  const pointers = list().flatMap((entry) =>
    entry.model.projectId === undefined ? [] : entry.model.fields.flatMap((field) => pointerOf(entry, field, target)),
  );
  plans.set(key, pointers);
  return pointers;
}

function pointerOf(entry: SystemModel, field: Field, target: DataModel): Pointer[] {
  const { relation, column } = field;
  if (relation?.kind !== 'many-to-one' || column === undefined) return [];
  if (relation.target !== target.id && relation.target !== target.key) return [];
  const { onDelete } = relation;
  return onDelete === 'restrict' || onDelete === 'cascade' ? [{ entry, field, onDelete }] : [];
}

/** Whether a deletion must look at other records. */
export const hasDependants = (ctx: Ctx, model: DataModel): boolean => pointersTo(ctx, model).length > 0;

/** Removes these records under the actor's rules, with what goes along. Throws for the first that can't be found or is of another version, and `still_referenced`. */
export async function removeAll(
  tx: TxCtx,
  entry: SystemModel,
  ids: readonly unknown[],
  { removal, ifMatch }: { removal: Removal; ifMatch?: number | undefined },
): Promise<void> {
  const rows = ids.map((id) => ({ id }));
  const at = tx.deps.clock.now();
  const step = removal === 'mark' ? 'lock many to delete' : 'lock many to erase';
  const outcomes = await runMany(tx, { entry, step, values: {}, given: [], at, ifMatch }, rows);
  await requireAllFound(tx, { entry }, { ids, outcomes, action: 'delete' });
  outcomes.forEach(({ verdict }) => requirePassed(verdict));
  await removeTree(tx, entry, { ids, removal, at, seen: new Set(), left: { count: limits.cascade } });
  wakeReaders(tx);
}

interface Tree {
  ids: readonly unknown[];
  removal: Removal;
  at: Date;
  /** `model/id` of what is being removed: relations may lead in a circle. */
  seen: Set<string>;
  left: { count: number };
}

async function removeTree(tx: TxCtx, entry: SystemModel, tree: Tree): Promise<void> {
  for (const id of tree.ids) tree.seen.add(`${entry.model.id}/${String(id)}`);
  // Marks come first, so that what is marked counts as gone; rows go last, since others point to them.
  if (tree.removal === 'mark') await remove(tx, entry, tree);
  for (const pointer of pointersTo(tx, entry.model)) {
    const pointing = await idsPointing(tx, pointer, tree);
    if (pointing.length === 0) continue;
    if (pointer.onDelete === 'restrict') refuseStillUsed(tx, pointer);
    if ((tree.left.count -= pointing.length) < 0)
      fail('still_referenced', `More than ${limits.cascade} other records depend on this. Delete them first, in parts.`);
    await removeTree(tx, pointer.entry, { ...tree, ids: pointing });
  }
  if (tree.removal === 'erase') await remove(tx, entry, tree);
}

async function remove(tx: TxCtx, entry: SystemModel, { ids, removal, at }: Tree): Promise<void> {
  const step: Write['step'] = removal === 'mark' ? 'delete many' : 'erase many';
  await runMany(
    tx,
    { entry, step, values: {}, given: [], trusted: true, at },
    ids.map((id) => ({ id })),
  );
  if (removal === 'erase') await emptyLinksTo(tx, entry.model, ids);
}

/** By which records, it says to whoever may know of them. */
function refuseStillUsed(tx: TxCtx, { entry, field }: Pointer): never {
  if (!mayRead(catalogueOf(tx).rulesOf(tx), entry.model, field)) fail('still_referenced');
  fail('still_referenced', `It is still used by ${entry.model.labelPlural} (${field.label}).`);
}

/** Ids of the rows that point to these, in scope; of all rows when they are to be erased. */
async function idsPointing(tx: TxCtx, { entry, field }: Pointer, { ids, removal, seen, left }: Tree): Promise<unknown[]> {
  const { model } = entry;
  const mark = markOf(model);
  const live = removal === 'mark' && mark ? sql.raw(` and ${quote(mark.column!)} is null`) : sql.raw('');
  const cast = columnTypeOf(field).cast;
  const { rows } = await sql<{ id: unknown }>`
    select ${sql.raw(idColumn(model))} as id from ${sql.raw(quoteTable(model.table))}
    where ${sql.raw(quote(field.column!))} = any(${ids.map(String)}::${sql.raw(cast)}[])${live} limit ${left.count + seen.size + 1}`.execute(
    tx.db,
  );
  return rows.map(({ id }) => id).filter((id) => !seen.has(`${model.id}/${String(id)}`));
}

const idColumn = (model: DataModel): string => quote(idFieldOf(model).column!);

/** When the record was marked as deleted; undefined when it is not, or not there. */
export async function deletedAt(tx: TxCtx, model: DataModel, id: unknown): Promise<Date | undefined> {
  const mark = markOf(model)!;
  const { rows } = await sql<{ at: Date | null }>`
    select ${sql.raw(quote(mark.column!))} as at from ${sql.raw(quoteTable(model.table))} where ${sql.raw(idColumn(model))} = ${id}`.execute(
    tx.db,
  );
  return rows[0]?.at ?? undefined;
}

interface Marked {
  ids: readonly unknown[];
  moment: Date;
}

/**
 * Restores what went along at that moment. Throws `conflict` when the record needs one that is still deleted. A row that only
 * joins two records waits for the other one.
 */
export async function restoreDependants(tx: TxCtx, model: DataModel, marked: Marked): Promise<void> {
  await requireTargets(tx, model, marked.ids);
  for (const { entry, field, onDelete } of pointersTo(tx, model)) {
    const mark = markOf(entry.model);
    if (onDelete !== 'cascade' || !mark) continue;
    const waiting = entry.model.isJunction ? await leaveToOthers(tx, entry.model, { field, mark, marked }) : [];
    const { rows } = await sql<{ id: string }>`
      select ${sql.raw(idColumn(entry.model))}::text as id from ${sql.raw(quoteTable(entry.model.table))}
      where ${sql.raw(quote(field.column!))} = any(${marked.ids.map(String)}::uuid[]) and ${sql.raw(quote(mark.column!))} = ${marked.moment}
        and ${sql.raw(idColumn(entry.model))} <> all(${waiting}::uuid[])`.execute(tx.db);
    if (rows.length === 0) continue;
    await runMany(tx, { entry, step: 'restore many', values: {}, given: [], trusted: true }, rows);
    await restoreDependants(tx, entry.model, { ids: rows.map(({ id }) => id), moment: marked.moment });
  }
}

/** Rows of a junction that went along, but whose other end is deleted too: they come back with that one. Returns their ids. */
async function leaveToOthers(
  tx: TxCtx,
  junction: DataModel,
  { field, mark, marked }: { field: Field; mark: Field; marked: Marked },
): Promise<string[]> {
  const own = sql.raw(quote(mark.column!));
  const left: string[] = [];
  for (const need of needsOf(tx, junction)) {
    const { rows } = await sql<{ id: string }>`
      update ${sql.raw(quoteTable(junction.table))} own set ${own} = other.${sql.raw(quote(need.mark.column!))} from ${sql.raw(quoteTable(need.target.table))} other
      where own.${sql.raw(quote(field.column!))} = any(${marked.ids.map(String)}::uuid[]) and own.${own} = ${marked.moment}
        and other.${sql.raw(idColumn(need.target))} = own.${sql.raw(quote(need.field.column!))} and other.${sql.raw(quote(need.mark.column!))} is not null
      returning own.${sql.raw(idColumn(junction))}::text as id`.execute(tx.db);
    left.push(...rows.map(({ id }) => id));
  }
  return left;
}

interface Need {
  field: Field;
  target: DataModel;
  /** Of the target. */
  mark: Field;
}

/** The relations without whose target a record of the model can't be there. */
function needsOf(tx: TxCtx, model: DataModel): Need[] {
  return model.fields.flatMap((field): Need[] => {
    const { relation } = field;
    if (relation?.kind !== 'many-to-one' || !field.column || (relation.onDelete ?? 'set-null') === 'set-null') return [];
    const target = catalogueOf(tx).find(relation.target);
    const mark = target && markOf(target);
    return target?.projectId === undefined || !mark ? [] : [{ field, target, mark }];
  });
}

/** A record that goes with another can't be there without it. */
async function requireTargets(tx: TxCtx, model: DataModel, ids: readonly unknown[]): Promise<void> {
  for (const { field, target, mark } of needsOf(tx, model)) {
    const { rows } = await sql`
      select 1 from ${sql.raw(quoteTable(model.table))} own join ${sql.raw(quoteTable(target.table))} other on other.${sql.raw(idColumn(target))} = own.${sql.raw(quote(field.column!))}
      where own.${sql.raw(idColumn(model))} = any(${ids.map(String)}::uuid[]) and other.${sql.raw(quote(mark.column!))} is not null limit 1`.execute(
      tx.db,
    );
    if (rows.length > 0) refuseWithout(tx, model, field, target);
  }
}

function refuseWithout(tx: TxCtx, model: DataModel, field: Field, target: DataModel): never {
  if (!mayRead(catalogueOf(tx).rulesOf(tx), model, field)) fail('conflict', 'Something it belongs to is deleted.');
  fail('conflict', `Restore its ${target.label} (${field.label}) first.`);
}

/** Removes records for good that were deleted before `before`, at most `most` of them; how many it were. What others still need stays. */
export async function purgeRecords(
  tx: TxCtx,
  entry: SystemModel,
  { before, most }: { before: Date; most: number },
): Promise<number> {
  const { model } = entry;
  const mark = markOf(model);
  if (!mark || model.projectId === undefined) return 0;
  const needed = pointersTo(tx, model).map(
    ({ entry: other, field }) =>
      `not exists (select 1 from ${quoteTable(other.model.table)} other where other.${quote(field.column!)} = own.${idColumn(model)})`,
  );
  const { rows } = await sql<{ id: string }>`
    delete from ${sql.raw(quoteTable(model.table))} where ${sql.raw(idColumn(model))} in (
      select own.${sql.raw(idColumn(model))} from ${sql.raw(quoteTable(model.table))} own
      where own.${sql.raw(quote(mark.column!))} < ${before} ${sql.raw(needed.map((part) => ` and ${part}`).join(''))}
      limit ${most} for update skip locked) returning ${sql.raw(idColumn(model))} as id`.execute(tx.db);
  await emptyLinksTo(
    tx,
    model,
    rows.map(({ id }) => id),
  );
  return rows.length;
}
