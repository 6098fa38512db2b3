/**
 * Tries permission tests for real, with the engine, inside a transaction that is rolled back. Definitions that are not in force
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

/** The tests of the project that these definitions would break. Empty: they may come into force. */
export async function runPermissionTests(
  ctx: Ctx,
  projectId: string,
  definitionsAfter: readonly ModelDefinition[],
): Promise<TestOutcome[]> {
  const outcomes = await outcomesOf(ctx, projectId, definitionsAfter);
  return outcomes.filter(({ outcome }) => outcome === 'failed');
}

/** How every test of the project goes with these definitions. */
export async function outcomesOf(ctx: Ctx, projectId: string, definitions: readonly ModelDefinition[]): Promise<TestOutcome[]> {
  const tests = await listTests(ctx.db, projectId);
  if (tests.length === 0) return [];
  const present = await loadDefinitions(ctx.db, projectId);
  const { catalogue, untried } = catalogueOverTables(definitions, present.models, ctx.deps.catalogue);
  return rolledBack(ctx, async (tx) => {
    const outcomes: TestOutcome[] = [];
    for (const row of tests) {
      const definition = followRenames(row.definition, present.models, definitions);
      outcomes.push(await outcomeOf(tx, { ...row, definition }, { projectId, catalogue, untried }));
    }
    return outcomes;
  });
}

/** Milliseconds that one statement of a test may take. */
const statementMs = 5_000;

class RollBack extends Error {}

/** Does the work in a transaction of its own, of which nothing stays. */
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
}

async function outcomeOf(tx: TxCtx, row: TestRow, trial: Trial): Promise<TestOutcome> {
  const { id, definition } = row;
  const told = (outcome: TestOutcome['outcome'], sentence: string) => ({ test: id, name: definition.name, outcome, sentence });
  const model = trial.catalogue.entry(definition.model)?.model;
  const reason = trial.untried.get(model?.id ?? definition.model);
  if (reason !== undefined) return told('broken', reason);
  if (model?.projectId !== trial.projectId) return told('broken', `There is no data model "${definition.model}".`);
  try {
    return await undone(tx, 'test', async () => {
      const who = await contextOfSomeone(tx, trial, definition.as);
      const ids = await recordsOf(tx, who, definition);
      if (ids.length === 0) return told('broken', 'There is no record to try it with.');
      for (const record of ids) {
        const wrong = await wrongIn(tx, { ...who, db: tx.db }, definition, record);
        if (wrong !== undefined) return told('failed', wrong);
      }
      return told('passed', definition.expect === 'allowed' ? 'It is allowed.' : 'It is refused.');
    });
  } catch (error) {
    if (error instanceof PiperError) return told('broken', `It can't be tried: ${error.message}`);
    tx.log.warn({ err: error, test: id }, 'a permission test could not be tried');
    return told('broken', "It can't be tried: the database refused it.");
  }
}

/** Does the work and takes back what it wrote. */
async function undone<R>(tx: TxCtx, name: 'test' | 'trial', work: () => Promise<R>): Promise<R> {
  await sql`savepoint ${sql.id(name)}`.execute(tx.db);
  try {
    return await work();
  } finally {
    await sql`rollback to savepoint ${sql.id(name)}`.execute(tx.db);
  }
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
async function wrongIn(tx: TxCtx, who: PlacedCtx, test: PermissionTest, id: string | undefined): Promise<string | undefined> {
  const isAllowed = await undone(tx, 'trial', () => isDone(() => attempt(who, test, id)));
  const isExpected = isAllowed === (test.expect === 'allowed');
  if (isAllowed && isExpected) return undefined;
  // Asked of a refusal that is expected too: what is not there at all is refused to everybody.
  const { sentence } = await explainAccess(who, test.model, {
    action: test.action,
    id,
    values: test.record.values,
    fields: test.fields,
  });
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
