/** Reading one record, and asking what an actor may do with it: one prepared statement with the rules inside. */
import type { Action, DataModel } from '@piper/shared/data-model';
import { fail } from '@piper/shared/errors';
import { fieldTypeOf, InvalidValue } from '@piper/shared/fields/index';
import type { Ctx } from '../ctx.ts';
import { catalogueOf, entryOf, planOf } from './catalogue.ts';
import { idFieldOf, idSql, visibleSql, whereSql, type Place } from './condition-sql.ts';
import { levelKey, type RelatedLevel } from './deep.ts';
import { parseFields } from './field-tree.ts';
import { columnTypeOf } from './fields/index.ts';
import type { SystemModel, Values } from './hooks.ts';
import { mayWrite, requireWriteScope } from '../key-scope.ts';
import { attachNested } from './nested.ts';
import { allowedSql, projectionOf, type Projection } from './projection.ts';
import type { ReadQuery } from './query.ts';
import { runStatement, scopeOf } from './run-statement.ts';
import { quoteTable, sqlWriter, type Statement } from './sql-writer.ts';

interface ReadPlan {
  statement: Statement;
  projection: Projection;
}

/** Paths, or paths with what `deep` and `alias` say (`parseReadQuery`). */
export type FieldsAsked = readonly string[] | ReadQuery;

/** The record as the actor sees it. Throws `not_found` when it is not there or not to be seen. */
export async function readRecord(ctx: Ctx, modelKey: string, id: string, fields: FieldsAsked = ['*']): Promise<Values> {
  const entry = entryOf(ctx, modelKey);
  return (await findRecord(ctx, entry.model, await resolveId(ctx, entry, id), fields)) ?? fail('not_found');
}

/** The record of this id as the actor sees it; undefined when they don't. */
export function findRecord(ctx: Ctx, model: DataModel, id: unknown, fields: FieldsAsked = ['*']): Promise<Values | undefined> {
  const query = queryOf(fields);
  return readWith(ctx, readPlan(ctx, model, query), id, query.deep);
}

const queryOf = (fields: FieldsAsked): ReadQuery => ('deep' in fields ? fields : { fields: [...fields], deep: undefined });

/**
 * Loads a record and makes sure that the actor may do this to it: `not_found` when it is invisible, `forbidden` when it
 * is visible but the action is refused. The only way for features to obtain a record on behalf of an actor.
 */
// oxlint-disable-next-line max-params -- who, what, which, to do what; the fields are rarely given
export async function access(
  ctx: Ctx,
  modelKey: string,
  id: string,
  action: Exclude<Action, 'create'>,
  fields: readonly string[] = ['*'],
): Promise<Values> {
  const entry = entryOf(ctx, modelKey);
  const plan = readPlan(ctx, entry.model, queryOf(fields), action);
  const record = (await readWith(ctx, plan, await resolveId(ctx, entry, id))) ?? fail('not_found');
  if (action === 'read') return record;
  const { $allowed: allowed, ...values } = record;
  if (allowed !== true) fail('forbidden');
  requireWriteScope(ctx);
  return values;
}

/** What the actor may do with the record, `read` included. Throws `not_found` when it is invisible. */
export async function allowedActions(ctx: Ctx, modelKey: string, id: string): Promise<Action[]> {
  const record = await readRecord(ctx, modelKey, id, ['allowedActions']);
  return record['allowedActions'] as Action[];
}

/** The id a reference means: itself, or what the model's hooks resolve (a slug). Throws `not_found` when it means nothing. */
export async function resolveId(ctx: Ctx, entry: SystemModel, reference: string): Promise<unknown> {
  const field = idFieldOf(entry.model);
  try {
    return fieldTypeOf(field).operand(reference, field, '_eq');
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error;
    if (reference.includes('\0') || !reference.isWellFormed()) fail('not_found');
    return (await entry.hooks?.resolveId?.(ctx, reference)) ?? fail('not_found');
  }
}

/** The compiled statement; made once per class of actors and list of fields. */
function readPlan(ctx: Ctx, model: DataModel, { fields = ['*'], deep }: ReadQuery, action: Action = 'read'): ReadPlan {
  const catalogue = catalogueOf(ctx);
  const rules = catalogue.rulesOf(ctx);
  const asked = deep === undefined ? '' : JSON.stringify(levelKey(deep));
  return planOf(catalogue.plans, `read ${model.key} ${action} ${rules.key} ${fields.join()} ${asked}`, () =>
    compileRead(model, parseFields(fields, model, { catalogue, rules }, deep), action, rules),
  );
}

function compileRead(model: DataModel, tree: ReturnType<typeof parseFields>, action: Action, rules: Place['rules']): ReadPlan {
  const w = sqlWriter();
  const place: Place = { model, alias: w.alias(), rules, eyes: 'actor' };
  const projection = projectionOf(w, tree, place);
  const columns =
    action === 'read' ? projection.columns : [...projection.columns, `${allowedSql(w, action, place)} as "$allowed"`];
  const id = w.input('id', columnTypeOf(idFieldOf(model)).cast);
  const where = whereSql([`${idSql(model, place.alias)} = ${id}`, visibleSql(w, place)]);
  return {
    projection,
    statement: w.finish(`select ${columns.join(', ')} from ${quoteTable(model.table)} ${place.alias} where ${where}`),
  };
}

async function readWith(
  ctx: Ctx,
  { statement, projection }: ReadPlan,
  id: unknown,
  deep?: RelatedLevel,
): Promise<Values | undefined> {
  const [row] = await runStatement(ctx, statement, scopeOf(ctx, { id, mayWrite: mayWrite(ctx) }));
  if (!row) return undefined;
  const record = projection.read(row);
  await attachNested(ctx, projection.nested, [record], deep);
  return record;
}
