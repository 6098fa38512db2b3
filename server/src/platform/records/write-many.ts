/** Writing many records of one model: in one statement where their form allows it, in one transaction in any case. */
import { fail } from '@piper/shared/errors';
import type { Ctx, TxCtx } from '../ctx.ts';
import { inTx } from '../db/tx.ts';
import { newId } from '../ids.ts';
import { entryOf } from './catalogue.ts';
import type { Values } from './hooks.ts';
import { requireWriteScope } from '../key-scope.ts';
import { findRecord, resolveId } from './read.ts';
import { checkInput, completeChanges, completeNew, requireComplete, type CheckedInput } from './write-input.ts';
import { requirePassed, stampsOf, wakeReaders, type Write } from './write-plan.ts';
import { refuseUngrantedChange, refuseUngrantedNew, withRefusals } from './write-refusals.ts';
import { namesRelated, requireFewRelated } from './write-related.ts';
import { idsOf, oneByOne, requireAllFound, requireFew, runMany } from './write-rows.ts';
import { removeAll } from './write-dependants.ts';
import { createRecord, deleteRecord, updateRecord, type DeleteOptions } from './write.ts';

/** Records that are written alike: the same fields given, the same fields set. */
interface Group {
  given: readonly string[];
  rows: { at: number; values: Values }[];
}

/** Creates all of them, or none. Returns them in the order of the input, as the actor sees them. */
export async function createRecords(ctx: Ctx, modelKey: string, inputs: readonly unknown[]): Promise<Values[]> {
  const entry = entryOf(ctx, modelKey);
  requireFew(inputs.length);
  requireWriteScope(ctx);
  if (inputs.length === 0) return [];
  const { hooks, model } = entry;
  requireFewRelated(ctx, model, inputs);
  if (hooks?.beforeCreate || hooks?.afterCreate || inputs.some((input) => namesRelated(model, input)))
    return inTx(ctx, (tx) => oneByOne(inputs, (input) => createRecord(tx, modelKey, input)));
  const groups = await groupsOf(inputs, async (input) => {
    const checked = await checkInput(ctx, entry, input, 'create');
    refuseUngrantedNew(ctx, model, checked.given);
    const values = { ...completeNew(ctx, model, checked), ...stampsOf(ctx, model, newId()) };
    requireComplete(ctx, model, values);
    return { ...checked, values };
  });
  const written: Values[] = [];
  await inTx(ctx, async (tx) => {
    for (const { given, rows } of groups) {
      const list = rows.map(({ values }) => values);
      const outcomes = await withRefusals(tx, model, () =>
        runMany(tx, { entry, step: 'insert many', values: list[0]!, given }, list),
      );
      outcomes.forEach(({ verdict }) => requirePassed(verdict));
      rows.forEach(({ at }, i) => (written[at] = outcomes[i]!.record));
    }
    wakeReaders(tx);
  });
  return written;
}

/** Sets the same values in all of these records, or in none. Returns them as the actor sees them, in the order of `references`. */
export async function updateRecordsAlike(
  ctx: Ctx,
  modelKey: string,
  references: readonly string[],
  input: unknown,
): Promise<Values[]> {
  const entry = entryOf(ctx, modelKey);
  const { model, hooks } = entry;
  const distinct = [...new Set(references)];
  requireFew(references.length);
  requireFewRelated(ctx, model, Array<unknown>(distinct.length).fill(input));
  requireWriteScope(ctx);
  const checked = await checkInput(ctx, entry, namesRelated(model, input) ? {} : input, 'update');
  if (distinct.length === 0) return [];
  if (hooks?.beforeUpdate || hooks?.afterUpdate || namesRelated(model, input) || checked.given.length === 0)
    return inTx(ctx, (tx) => oneByOne(distinct, (reference) => updateRecord(tx, modelKey, reference, input)));
  const ids = await idsOf(ctx, entry, distinct);
  await refuseUngrantedChange(ctx, model, checked.given, ids[0]!);
  const values = completeChanges(ctx, model, checked);
  return inTx(ctx, (tx) => updateMany(tx, { entry, step: 'update alike', values, given: checked.given }, ids));
}

/** Changes each of these records (each names its `id`), or none. Returns them in the order of the input. */
export async function updateRecords(ctx: Ctx, modelKey: string, inputs: readonly unknown[]): Promise<Values[]> {
  const entry = entryOf(ctx, modelKey);
  const { model, hooks } = entry;
  requireFew(inputs.length);
  requireWriteScope(ctx);
  const parts = inputs.map((input) => partId(input));
  requireFewRelated(
    ctx,
    model,
    parts.map(({ rest }) => rest),
  );
  const isRepeated = new Set(parts.map(({ id }) => id.toLowerCase())).size < parts.length;
  if (hooks?.beforeUpdate || hooks?.afterUpdate || isRepeated || parts.some(({ rest }) => namesRelated(model, rest)))
    return inTx(ctx, (tx) => oneByOne(parts, ({ id, rest }) => updateRecord(tx, modelKey, id, rest)));
  const groups = await groupsOf(parts, async ({ id, rest }) => {
    const checked = await checkInput(ctx, entry, rest, 'update');
    const found = await resolveId(ctx, entry, id);
    await refuseUngrantedChange(ctx, model, checked.given, found);
    return { ...checked, values: { ...completeChanges(ctx, model, checked), id: found } };
  });
  const written: Values[] = [];
  await inTx(ctx, async (tx) => {
    for (const { given, rows } of groups) {
      const list = rows.map(({ values: { id: _id, ...values } }) => values);
      const ids = rows.map(({ values }) => values['id']);
      const records = await updateGroup(tx, { entry, step: 'update many', values: list[0]!, given }, { ids, list });
      rows.forEach(({ at }, i) => (written[at] = records[i]!));
    }
  });
  return written;
}

async function updateGroup(
  tx: TxCtx,
  write: Omit<Write, 'id'>,
  { ids, list }: { ids: unknown[]; list: Values[] },
): Promise<Values[]> {
  if (Object.keys(write.values).length > 0) return updateMany(tx, write, ids, list);
  return oneByOne(ids, (id) => updateRecord(tx, write.entry.model.key, String(id), {}));
}

async function updateMany(tx: TxCtx, write: Write, ids: unknown[], list?: readonly Values[]): Promise<Values[]> {
  const { model } = write.entry;
  const rows = ids.map((id, i) => ({ ...list?.[i], id }));
  const outcomes = await withRefusals(tx, model, () => runMany(tx, write, rows));
  await requireAllFound(tx, write, { ids, outcomes, action: 'update' });
  outcomes.forEach(({ verdict }) => requirePassed(verdict));
  if (outcomes.some(({ verdict }) => verdict['$written'] === true)) wakeReaders(tx);
  // Where nothing differed it stays as it is.
  return oneByOne(outcomes, async ({ verdict, record }) =>
    verdict['$written'] === true ? record : ((await findRecord(tx, model, verdict['$id'])) ?? { id: verdict['$id'] }),
  );
}

async function groupsOf<T>(inputs: readonly T[], check: (input: T) => Promise<CheckedInput>): Promise<Group[]> {
  const groups = new Map<string, Group>();
  for (const [at, input] of inputs.entries()) {
    const { values, given } = await check(input);
    const key = JSON.stringify([Object.keys(values).sort(), given.toSorted()]);
    const group = groups.get(key) ?? { given, rows: [] };
    groups.set(key, group);
    group.rows.push({ at, values });
  }
  return [...groups.values()];
}

function partId(input: unknown): { id: string; rest: Values } {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    fail('validation_failed', 'Each record must be an object.');
  const { id, ...rest } = input as Values;
  if (typeof id !== 'string') fail('validation_failed', 'Not valid: "id" is required.', [{ path: 'id', message: 'is required' }]);
  return { id, rest };
}

/** Deletes all of these records, with what goes along, or none. Each is named once. */
export async function deleteRecords(
  ctx: Ctx,
  modelKey: string,
  references: readonly string[],
  { permanent }: Pick<DeleteOptions, 'permanent'> = {},
): Promise<void> {
  const entry = entryOf(ctx, modelKey);
  requireFew(references.length);
  requireWriteScope(ctx);
  if (entry.hooks?.beforeDelete || entry.hooks?.afterDelete) {
    await inTx(ctx, (tx) => oneByOne([...new Set(references)], (reference) => deleteRecord(tx, modelKey, reference)));
    return;
  }
  const ids = await idsOf(ctx, entry, references);
  if (ids.length === 0) return;
  await withRefusals(ctx, entry.model, () =>
    inTx(ctx, (tx) => removeAll(tx, entry, ids, { removal: permanent ? 'erase' : 'mark' })),
  );
}
