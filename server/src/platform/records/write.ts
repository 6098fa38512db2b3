/**
 * Creating, updating, deleting and restoring records. Without hooks a write is one statement that holds rule, record and
 * event. With hooks it is one transaction: the rules first, then the hooks, then the statement.
 */
import type { Action } from '@piper/shared/data-model';
import { fail } from '@piper/shared/errors';
import type { Ctx } from '../ctx.ts';
import { inTx } from '../db/tx.ts';
import { newId } from '../ids.ts';
import { entryOf } from './catalogue.ts';
import { withReasons } from './explain-access.ts';
import type { SystemModel, Values } from './hooks.ts';
import { requireWriteScope } from '../key-scope.ts';
import { findRecord, resolveId } from './read.ts';
import { checkInput, checkLists, completeChanges, completeNew, requireComplete, type CheckedInput } from './write-input.ts';
import { requirePassed, runWrite, stampsOf, wakeReaders, type Write } from './write-plan.ts';
import { deletedAt, hasDependants, removeAll, restoreDependants } from './write-dependants.ts';
import { refuseUnfound, refuseUngrantedChange, refuseUngrantedNew, withRefusals } from './write-refusals.ts';
import { namesRelated, partRelated, requireFewRelated, writeLists, writeTargets } from './write-related.ts';
import type { Writers } from './write-links.ts';

export interface WriteOptions {
  /** The version the writer saw; another one is `version_mismatch`. */
  ifMatch?: number | undefined;
}

/** Creates a record, what its body holds of related records, and their events. Returns it as the actor sees it. */
export async function createRecord(ctx: Ctx, modelKey: string, input: unknown): Promise<Values> {
  const entry = entryOf(ctx, modelKey);
  requireWriteScope(ctx);
  const id = newId();
  const record = await withReasons(ctx, modelKey, { action: 'create', values: input }, () =>
    namesRelated(entry.model, input) ? createWithRelated(ctx, entry, id, input as Values) : create(ctx, entry, { id, input }),
  );
  // Who may create but not read still learns what to call it.
  if (entry.model.projectId !== undefined) record['id'] ??= id;
  return record;
}

async function create(ctx: Ctx, entry: SystemModel, of: { id: string; input: unknown; lists?: string[] }): Promise<Values> {
  const { model, hooks } = entry;
  const checked = await checkInput(ctx, entry, of.input, 'create');
  checked.given.push(...(of.lists ?? []));
  refuseUngrantedNew(ctx, model, checked.given);
  const values = { ...completeNew(ctx, model, checked), ...stampsOf(ctx, model, of.id) };
  return withRefusals(ctx, model, async () => {
    if (hooks?.beforeCreate || hooks?.afterCreate) return createWithHooks(ctx, entry, { ...checked, values });
    requireComplete(ctx, model, values);
    return (await insert(ctx, { entry, step: 'insert', values, given: checked.given }))!;
  });
}

const writers: Writers = {
  create: (ctx, modelKey, input) => createRecord(ctx, modelKey, input),
  update: (ctx, modelKey, id, input) => updateRecord(ctx, modelKey, id, input),
  remove: (ctx, modelKey, id, options) => deleteRecord(ctx, modelKey, id, options),
};

async function createWithRelated(ctx: Ctx, entry: SystemModel, id: string, input: Values): Promise<Values> {
  const { model } = entry;
  requireFewRelated(ctx, model, [input]);
  const { plain, single, lists } = partRelated(model, input);
  const fields = lists.map(([field]) => field);
  checkLists(ctx, entry, fields, 'create');
  return inTx(ctx, async (tx) => {
    const targets = await writeTargets(tx, single, writers);
    await create(tx, entry, { id, input: { ...plain, ...targets }, lists: fields.map(({ key }) => key) });
    await writeLists(tx, { model, id, isNew: true }, lists, writers);
    return (await findRecord(tx, model, id)) ?? { id };
  });
}

async function createWithHooks(ctx: Ctx, entry: SystemModel, { values, extra, given }: CheckedInput): Promise<Values> {
  const { model, hooks } = entry;
  return inTx(ctx, async (tx) => {
    requirePassed((await runWrite(tx, { entry, step: 'precheck', values, given }))!.verdict);
    const completed = (await hooks?.beforeCreate?.(tx, values, extra)) ?? values;
    requireComplete(ctx, model, completed);
    const record = await insert(tx, { entry, step: 'insert', values: completed, given: [], trusted: true });
    await hooks?.afterCreate?.(tx, record, extra);
    return (await findRecord(tx, model, record['id'])) ?? { id: record['id'] };
  });
}

async function insert(ctx: Ctx, write: Write): Promise<Values> {
  const done = (await runWrite(ctx, write))!;
  requirePassed(done.verdict);
  wakeReaders(ctx);
  return done.record;
}

/** Changes a record and what its body holds of related records, with their events; nothing happens when nothing differs. Returns the record as the actor sees it. */
// oxlint-disable-next-line max-params -- who, what, which and how it shall be; the version is rarely given
export async function updateRecord(
  ctx: Ctx,
  modelKey: string,
  reference: string,
  input: unknown,
  options: WriteOptions = {},
): Promise<Values> {
  const entry = entryOf(ctx, modelKey);
  requireWriteScope(ctx);
  const id = await resolveId(ctx, entry, reference);
  return withReasons(ctx, modelKey, { action: 'update', id: reference, values: input }, () =>
    namesRelated(entry.model, input)
      ? changeWithRelated(ctx, entry, { id, input: input as Values, options })
      : change(ctx, entry, { id, input, options }),
  );
}

async function changeWithRelated(
  ctx: Ctx,
  entry: SystemModel,
  { id, input, options }: { id: unknown; input: Values; options: WriteOptions },
): Promise<Values> {
  const { model } = entry;
  requireFewRelated(ctx, model, [input]);
  const { plain, single, lists } = partRelated(model, input);
  const fields = lists.map(([field]) => field);
  checkLists(ctx, entry, fields, 'update');
  return inTx(ctx, async (tx) => {
    const targets = await writeTargets(tx, single, writers);
    await change(tx, entry, { id, input: { ...plain, ...targets }, options, lists: fields.map(({ key }) => key) });
    const links = await writeLists(tx, { model, id: String(id), isNew: false }, lists, writers);
    if (Object.keys(links).length > 0) {
      await runWrite(tx, { entry, step: 'linked', values: {}, given: [], trusted: true, id, links });
      wakeReaders(tx);
    }
    return (await findRecord(tx, model, id)) ?? { id };
  });
}

async function change(
  ctx: Ctx,
  entry: SystemModel,
  of: { id: unknown; input: unknown; options: WriteOptions; lists?: string[] },
): Promise<Values> {
  const { model } = entry;
  const checked = await checkInput(ctx, entry, of.input, 'update');
  checked.given.push(...(of.lists ?? []));
  await refuseUngrantedChange(ctx, model, checked.given, of.id);
  const values = completeChanges(ctx, model, checked);
  const write: Write = { entry, step: 'update', values, given: checked.given, id: of.id, ifMatch: of.options.ifMatch };
  return withRefusals(ctx, model, () => {
    if (entry.hooks?.beforeUpdate || entry.hooks?.afterUpdate) return updateWithHooks(ctx, write, checked.extra);
    return update(ctx, write);
  });
}

async function update(ctx: Ctx, write: Write): Promise<Values> {
  const { model } = write.entry;
  const done = (await runWrite(ctx, write)) ?? (await refuseUnfound(ctx, model, String(write.id), 'update'));
  requirePassed(done.verdict);
  if (done.verdict['$written'] === true) {
    wakeReaders(ctx);
    return done.record;
  }
  // Nothing differed: it stays as it is, its version too.
  return (await findRecord(ctx, model, write.id)) ?? { id: write.id };
}

async function updateWithHooks(ctx: Ctx, write: Write, extra: Values): Promise<Values> {
  const { entry, id } = write;
  return inTx(ctx, async (tx) => {
    const locked =
      (await runWrite(tx, { ...write, step: 'lock' })) ?? (await refuseUnfound(tx, entry.model, String(id), 'update'));
    requirePassed(locked.verdict);
    const before = locked.record;
    const changes = (await entry.hooks?.beforeUpdate?.(tx, before, write.values, extra)) ?? write.values;
    const done = await runWrite(tx, { entry, step: 'update', values: changes, given: [], trusted: true, id });
    const isWritten = done?.verdict['$written'] === true;
    if (isWritten) wakeReaders(tx);
    await entry.hooks?.afterUpdate?.(tx, before, isWritten ? done.record : before, extra);
    return (await findRecord(tx, entry.model, id)) ?? { id };
  });
}

export interface DeleteOptions extends WriteOptions {
  /** For good, where the model would only mark it as deleted. */
  permanent?: boolean | undefined;
}

/** Deletes a record (or marks it as deleted, where the model says so), with what goes along, and writes the events. */
export async function deleteRecord(
  ctx: Ctx,
  modelKey: string,
  reference: string,
  { ifMatch, permanent }: DeleteOptions = {},
): Promise<void> {
  const entry = entryOf(ctx, modelKey);
  requireWriteScope(ctx);
  const id = await resolveId(ctx, entry, reference);
  const write: Write = { entry, step: 'delete', values: {}, given: [], id, ifMatch };
  const removing = () =>
    withRefusals(ctx, entry.model, () => {
      if (entry.hooks?.beforeDelete || entry.hooks?.afterDelete) return deleteWithHooks(ctx, write);
      if (permanent || hasDependants(ctx, entry.model))
        return inTx(ctx, (tx) => removeAll(tx, entry, [id], { removal: permanent ? 'erase' : 'mark', ifMatch }));
      return remove(ctx, write, 'delete');
    });
  await withReasons(ctx, modelKey, { action: 'delete', id: reference }, removing);
}

async function deleteWithHooks(ctx: Ctx, write: Write): Promise<void> {
  const { entry } = write;
  await inTx(ctx, async (tx) => {
    const locked =
      (await runWrite(tx, { ...write, step: 'lock to delete' })) ??
      (await refuseUnfound(tx, entry.model, String(write.id), 'delete'));
    requirePassed(locked.verdict);
    await entry.hooks?.beforeDelete?.(tx, locked.record);
    await remove(tx, { ...write, trusted: true }, 'delete');
    await entry.hooks?.afterDelete?.(tx, locked.record);
  });
}

/** Takes back a soft delete, for whoever may delete, with what was deleted along. Returns the record as the actor sees it. */
export async function restoreRecord(ctx: Ctx, modelKey: string, reference: string): Promise<Values> {
  const entry = entryOf(ctx, modelKey);
  const { model } = entry;
  if (model.softDelete === undefined) fail('not_found');
  requireWriteScope(ctx);
  const id = await resolveId(ctx, entry, reference);
  return withRefusals(ctx, model, () =>
    inTx(ctx, async (tx) => {
      const moment = await deletedAt(tx, model, id);
      const done = (await runWrite(tx, { entry, step: 'restore', values: {}, given: [], id })) ?? fail('not_found');
      if (done.verdict['$written'] === true) wakeReaders(tx);
      if (moment && model.projectId !== undefined) await restoreDependants(tx, model, { ids: [id], moment });
      return (await findRecord(tx, model, id)) ?? { id };
    }),
  );
}

async function remove(ctx: Ctx, write: Write, action: Exclude<Action, 'create'>): Promise<void> {
  const done = (await runWrite(ctx, write)) ?? (await refuseUnfound(ctx, write.entry.model, String(write.id), action));
  requirePassed(done.verdict);
  if (done.verdict['$written'] === true) wakeReaders(ctx);
}
