/**
 * Tries permission tests for real, with the engine, inside of transactions that are rolled back. Definitions that are not in force
 * yet are tried over the present tables: a model whose columns will change is mapped to those it has now, field by field.
 */
import { sql } from 'kysely';
import type { ModelDefinition } from '@piper/shared/data-models';
import { PiperError } from '@piper/shared/errors';
import { limits } from '@piper/shared/limits';
import type { PermissionTest, TestOutcome } from '@piper/shared/project-rules';
import { system } from '#platform/actor';
import type { Ctx, TxCtx } from '#platform/ctx';
import { inTx } from '#platform/db/tx';
import { explainAccess } from '#platform/records/explain-access';
import { createRecord, deleteRecord, listRecords, readRecord, updateRecord, type Catalogue } from '#platform/records/records';
import { loadDefinitions } from '../definitions.repo.ts';
import { catalogueOverTables } from './draft-catalogue.ts';
import { followRenames } from './follow-renames.ts';
import { listTests, type TestRow } from './permission-tests.repo.ts';
import { contextOfSomeone, type PlacedCtx } from './someone.ts';
import { narrowed } from './view-as.ts';

/** The tests of the project that stand in the way of these definitions: what `after` would break, and what it keeps from being tried. */
export async function runPermissionTests(
  ctx: Ctx,
  { projectId, before, after }: { projectId: string; before: readonly ModelDefinition[]; after: readonly ModelDefinition[] },
): Promise<TestOutcome[]> {
  const against = (await outcomesOf(ctx, projectId, after)).filter(({ outcome, isUntried }) => outcome === 'failed' || isUntried);
  if (against.length === 0) return [];
  const now = new Map((await outcomesOf(ctx, projectId, before)).map(({ test, outcome }) => [test, outcome]));
  // A test that fails today may fail tomorrow: it says what is still to be reached.
  return against.filter(({ test, isUntried }) => (isUntried ? now.get(test) === 'passed' : now.get(test) !== 'failed'));
}

export interface Tried extends TestOutcome {
  /** Its model's rules can't be tried before the change. */
  isUntried?: boolean;
}

/** How every test of the project goes with these definitions. */
export async function outcomesOf(ctx: Ctx, projectId: string, definitions: readonly ModelDefinition[]): Promise<Tried[]> {
  const tests = await listTests(ctx.db, projectId);
  if (tests.length === 0) return [];
  const present = await loadDefinitions(ctx.db, projectId);
  const { catalogue, untried } = catalogueOverTables(definitions, present.models, ctx.deps.catalogue);
  const trial: Trial = { projectId, catalogue: narrowed(catalogue), untried, end: performance.now() + testsMs };
  const outcomes: Tried[] = [];
  for (const row of tests) {
    const definition = followRenames(row.definition, present.models, definitions);
    outcomes.push(await outcomeOf(ctx, { ...row, definition }, trial));
  }
  return outcomes;
}

/** Milliseconds that one statement of a test may take, and all tests together. */
const statementMs = 5_000;
const testsMs = 30_000;

class RollBack extends Error {}

/**
 * Does the work in a transaction of its own, of which nothing stays. Short ones: as long as one that wrote is open, no event of
 * anybody's is told.
 */
async function rolledBack<R>(ctx: Ctx, work: (tx: TxCtx) => Promise<R>): Promise<R> {
  let done: { result: R } | undefined;
  await inTx({ ...ctx, db: ctx.deps.db }, async (tx) => {
    await sql`select set_config('statement_timeout', ${String(statementMs)}, true), set_config('lock_timeout', '1000', true)`.execute(
      tx.db,
    );
    done = { result: await work(tx) };
    throw new RollBack();
  }).catch((error: unknown) => {
    if (!(error instanceof RollBack)) throw error;
  });
  return done!.result;
}

interface Trial {
  projectId: string;
  catalogue: Catalogue;
  /** Models that can't be tried yet, with the reason. */
  untried: ReadonlyMap<string, string>;
  /** What is not tried by then is not tried at all. */
  end: number;
}

async function outcomeOf(ctx: Ctx, row: TestRow, trial: Trial): Promise<Tried> {
  const { id, definition } = row;
  const told = (outcome: TestOutcome['outcome'], sentence: string) => ({ test: id, name: definition.name, outcome, sentence });
  const model = trial.catalogue.entry(definition.model)?.model;
  const reason = trial.untried.get(model?.id ?? definition.model);
  if (reason !== undefined) return { ...told('broken', reason), isUntried: true };
  if (model?.projectId !== trial.projectId) return told('broken', `There is no data model "${definition.model}".`);
  try {
    const wrong = await wrongWith(ctx, definition, trial);
    if (wrong !== undefined) return told('failed', wrong);
    return told('passed', definition.expect === 'allowed' ? 'It is allowed.' : 'It is refused.');
  } catch (error) {
    if (error instanceof Untriable) return told('broken', error.message);
    if (error instanceof PiperError) return told('broken', `It can't be tried: ${error.message}`);
    ctx.log.warn({ err: error, test: id }, 'a permission test could not be tried');
    return told('broken', "It can't be tried: the database refused it.");
  }
}

/** Why a test says nothing, as a sentence. */
class Untriable extends Error {}

/** What is not as the test expects it, on any of its records. */
async function wrongWith(ctx: Ctx, definition: PermissionTest, trial: Trial): Promise<string | undefined> {
  const who = await contextOfSomeone(ctx, trial, definition.as);
  const ids = await rolledBack(ctx, (tx) => recordsOf(tx, who, definition));
  if (ids.length === 0) throw new Untriable('There is no record to try it with.');
  for (const id of ids) {
    if (performance.now() > trial.end) throw new Untriable('There was no time left to try it.');
    const wrong = await wrongIn(ctx, who, definition, id);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

/** The records to try, as Piper itself sees them; one that is yet to be made has no id. */
async function recordsOf(tx: TxCtx, { project }: PlacedCtx, { model, record }: PermissionTest): Promise<(string | undefined)[]> {
  const all = { ...tx, actor: system, project };
  if (record.id !== undefined) return (await isThere(all, model, record.id)) ? [record.id] : [];
  if (record.filter === undefined) return [undefined];
  const { data } = await listRecords(all, model, {
    filter: record.filter,
    fields: ['id'],
    sort: ['id'],
    limit: limits.recordsPerTest,
  });
  return data.map((each) => String(each['id']));
}

/** What is refused because it is gone would pass for ever. */
async function isThere(ctx: Ctx, model: string, id: string): Promise<boolean> {
  return isDone(async () => Boolean(await readRecord(ctx, model, id, ['id'])));
}

/** What is not as the test expects it. */
async function wrongIn(ctx: Ctx, who: PlacedCtx, test: PermissionTest, id: string | undefined): Promise<string | undefined> {
  const isAllowed = await isDone(() => rolledBack(ctx, ({ db }) => attempt({ ...who, db }, test, id)));
  const isExpected = isAllowed === (test.expect === 'allowed');
  if (isAllowed && isExpected) return undefined;
  // Asked of a refusal that is expected too: what is not there at all is refused to everybody.
  const asked = { action: test.action, id, values: test.record.values, fields: test.fields };
  const { sentence } = await rolledBack(ctx, ({ db }) => explainAccess({ ...who, db }, test.model, asked));
  if (isExpected) return undefined;
  const wrong = isAllowed ? 'It is allowed, and should be refused' : 'It is refused, and should be allowed';
  return `${wrong}${id === undefined ? '' : ` (record ${id})`}. ${sentence}`;
}

/** What the engine answers when a rule is against it; anything else means that the test says nothing. */
const refusals: ReadonlySet<string> = new Set(['forbidden', 'not_found', 'unknown_field']);

/** Whether it went through; the refusals of rules are an answer. */
async function isDone(attempting: () => Promise<boolean>): Promise<boolean> {
  try {
    return await attempting();
  } catch (error) {
    if (error instanceof PiperError && refusals.has(error.code)) return false;
    throw error;
  }
}

async function attempt(who: PlacedCtx, test: PermissionTest, id: string | undefined): Promise<boolean> {
  const { model, action, fields } = test;
  const values = test.record.values ?? {};
  if (action === 'create') await createRecord(who, model, values);
  else if (action === 'delete') await deleteRecord(who, model, id!);
  else if (action === 'update' && Object.keys(values).length > 0) await updateRecord(who, model, id!, values);
  else if (action === 'read') await readRecord(who, model, id!, fields ?? ['*']);
  if (fields === undefined && (action !== 'update' || Object.keys(values).length > 0)) return true;
  // What can't be tried, field by field and without values, is decided as the engine decides it.
  return (await explainAccess(who, model, { action, id, values: test.record.values, fields })).allowed;
}
