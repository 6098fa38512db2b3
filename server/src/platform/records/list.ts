/** Lists: filter, sort, page or cursor, search, counts. Compiled once per shape; values are bound at each execution. */
import { fail } from '@piper/shared/errors';
import { slotsOf } from '@piper/shared/filter/parse';
import { allOf, type Comparison, type Condition } from '@piper/shared/filter/ast';
import type { DataModel } from '@piper/shared/data-model';
import type { Ctx } from '../ctx.ts';
import { aggregateRecords } from './aggregate.ts';
import { askedSql, bindSlots, parseAsked, searchPattern } from './asked.ts';
import { catalogueOf, entryOf, planOf } from './catalogue.ts';
import { idSql, visibleSql, whereSql, type Place } from './condition-sql.ts';
import { levelKey } from './deep.ts';
import { asCursor, cursorAt, placeAfter } from './cursor-place.ts';
import { parseFields } from './field-tree.ts';
import type { Values } from './hooks.ts';
import { attachNested } from './nested.ts';
import { projectionOf, type Projection } from './projection.ts';
import { parseQuery, type RawQuery, type RecordQuery } from './query.ts';
import { mayWrite } from '../key-scope.ts';
import { runStatement, scopeOf, type Row } from './run-statement.ts';
import { defaultSortOf, afterSql, cursorColumns, orderSignature, orderSql, restSql, sortKeys, type SortKey } from './sort.ts';
import { quoteTable, sqlWriter, type Scope, type SqlWriter, type Statement } from './sql-writer.ts';

export interface RecordList {
  data: Values[];
  meta: { nextCursor?: string | null; total_count?: number; filter_count?: number };
}

interface ListPlan {
  slots: Comparison[];
  statement: Statement;
  /** What follows a cursor when `statement` finds too few. */
  rest: Statement | undefined;
  filterCount: Statement;
  totalCount: Statement;
  projection: Projection;
  keys: SortKey[];
  /** Which of the keys is the record's id. */
  idAt: number;
  signature: string;
}

/** The records the actor may read and the query asks for. `meta.nextCursor` continues the list; null at its end. */
export async function listRecords(ctx: Ctx, modelKey: string, raw: RawQuery = {}): Promise<RecordList> {
  const { model } = entryOf(ctx, modelKey);
  const query = parseQuery(raw);
  if (query.aggregate) return { data: await aggregateRecords(ctx, model, query), meta: {} };
  if (query.groupBy.length > 0) fail('validation_failed', 'Not valid: "groupBy" needs "aggregate".');
  const cursor = await placeAfter(ctx, model, query);
  const plan = listPlan(
    ctx,
    model,
    query,
    cursor?.values.map((value) => value === null),
  );
  if (cursor && cursor.signature !== plan.signature) fail('bad_cursor');
  const scope = scopeOf(ctx, inputsOf(ctx, query, cursor?.values), bindSlots(plan.slots, query.filter.values));
  const rows = await (cursor ? asCursor(runList(ctx, plan, scope)) : runList(ctx, plan, scope));
  return pageOf(ctx, plan, query, { rows, scope });
}

/** How a list would be answered, for a look at the database's plan of it. */
export interface ListLook {
  text: string;
  values: unknown[];
  /** What bounds the records: the rules, and what is asked. */
  condition: Condition;
  /** What is asked alone. */
  asked: Condition;
  keys: readonly SortKey[];
}

/** The statement of a list, not run. */
export function lookAtList(ctx: Ctx, modelKey: string, raw: RawQuery): ListLook {
  const { model } = entryOf(ctx, modelKey);
  const query = parseQuery(raw);
  const { slots, statement, keys } = listPlan(ctx, model, query, undefined);
  const scope = scopeOf(ctx, inputsOf(ctx, query, undefined), bindSlots(slots, query.filter.values));
  const asked = parseAsked(ctx, model, query.filter);
  const condition = allOf([catalogueOf(ctx).rulesOf(ctx).rowRule(model), asked]);
  return { text: statement.text, values: statement.binds.map((bind) => bind(scope)), condition, asked, keys };
}

function inputsOf(ctx: Ctx, query: RecordQuery, cursor: readonly (string | null)[] | undefined): Record<string, unknown> {
  const input: Record<string, unknown> = { limit: query.limit + 1, offset: query.offset, mayWrite: mayWrite(ctx) };
  if (query.search !== undefined) input['search'] = searchPattern(query.search);
  cursor?.forEach((value, i) => (input[`k${i}`] = value));
  return input;
}

function listPlan(ctx: Ctx, model: DataModel, query: RecordQuery, nulls: boolean[] | undefined): ListPlan {
  const catalogue = catalogueOf(ctx);
  const { key: rules } = catalogue.rulesOf(ctx);
  const { fields, deep, sort, search, offset, filter } = query;
  const parts = [model.key, rules, fields, levelKey(deep), sort, search !== undefined, offset > 0, nulls, filter.key];
  return planOf(catalogue.plans, `list ${JSON.stringify(parts)}`, () =>
    compileList(ctx, model, query, { condition: parseAsked(ctx, model, filter), nulls }),
  );
}

interface Compiling {
  model: DataModel;
  query: RecordQuery;
  condition: Condition;
}

function compileList(
  ctx: Ctx,
  model: DataModel,
  query: RecordQuery,
  { condition, nulls }: { condition: Condition; nulls: boolean[] | undefined },
): ListPlan {
  const of = { model, query, condition };
  const { statement, projection, keys, place } = listStatement(ctx, of, nulls && ((w, all) => nextSql(w, all, { nulls, query })));
  const rest = nulls && query.offset === 0 ? restSql(keys, nulls) : undefined;
  return {
    slots: slotsOf(condition),
    statement,
    rest: rest === undefined ? undefined : listStatement(ctx, of, () => rest).statement,
    projection,
    keys,
    idAt: keys.findIndex(({ sql }) => sql === idSql(model, place.alias)),
    signature: orderSignature(model, keys),
    filterCount: countStatement(place, (inner, there) => askedSql(inner, there, condition, query)),
    totalCount: countStatement(place, visibleSql),
  };
}

/** With an offset everything after the cursor is one statement; otherwise an index serves each of two. */
function nextSql(w: SqlWriter, keys: readonly SortKey[], of: { nulls: boolean[]; query: RecordQuery }): string {
  // A value is missing only where one may be.
  if (of.nulls.length !== keys.length || of.nulls.some((isNull, i) => isNull && !keys[i]!.nullable)) fail('bad_cursor');
  const after = afterSql(w, keys, of.nulls);
  const rest = of.query.offset > 0 ? restSql(keys, of.nulls) : undefined;
  return rest === undefined ? after : `(${after} or ${rest})`;
}

type AfterSql = (w: SqlWriter, keys: readonly SortKey[]) => string;

function listStatement(ctx: Ctx, { model, query, condition }: Compiling, after: AfterSql | undefined) {
  const catalogue = catalogueOf(ctx);
  const rules = catalogue.rulesOf(ctx);
  const w = sqlWriter();
  const place: Place = { model, alias: w.alias(), rules, eyes: 'actor' };
  const projection = projectionOf(w, parseFields(query.fields ?? ['*'], model, { catalogue, rules }, query.deep), place);
  const keys = sortKeys(w, query.sort ?? defaultSortOf(place), place);
  const where = whereSql([askedSql(w, place, condition, query), after?.(w, keys) ?? 'true']);
  const columns = [...projection.columns, ...cursorColumns(keys)].join(', ');
  const paging = `limit ${w.input('limit', 'int')}${query.offset > 0 ? ` offset ${w.input('offset', 'bigint')}` : ''}`;
  const statement = w.finish(
    `select ${columns} from ${quoteTable(model.table)} ${place.alias} where ${where} order by ${orderSql(keys)} ${paging}`,
  );
  return { statement, projection, keys, place };
}

function countStatement(of: Place, where: (w: SqlWriter, place: Place) => string): Statement {
  const w = sqlWriter();
  const place: Place = { ...of, alias: w.alias() };
  return w.finish(`select count(*) as count from ${quoteTable(place.model.table)} ${place.alias} where ${where(w, place)}`);
}

async function runList(ctx: Ctx, plan: ListPlan, scope: Scope): Promise<Row[]> {
  const rows = await runStatement(ctx, plan.statement, scope);
  const missing = Number(scope.input['limit']) - rows.length;
  if (!plan.rest || missing === 0) return rows;
  return [...rows, ...(await runStatement(ctx, plan.rest, { ...scope, input: { ...scope.input, limit: missing } }))];
}

async function pageOf(
  ctx: Ctx,
  plan: ListPlan,
  query: RecordQuery,
  { rows, scope }: { rows: Row[]; scope: Scope },
): Promise<RecordList> {
  const hasMore = rows.length > query.limit;
  const page = hasMore ? rows.slice(0, query.limit) : rows;
  const last = page.at(-1);
  const nextCursor = hasMore && last ? cursorAt(last, plan) : null;
  for (const row of page) {
    plan.projection.read(row);
    for (let i = 0; i < plan.keys.length; i++) delete row[`$k${i}`];
    delete row['$any'];
  }
  await attachNested(ctx, plan.projection.nested, page, query.deep);
  const meta: RecordList['meta'] = { nextCursor };
  if (query.meta.has('total_count')) meta.total_count = await countOf(ctx, plan.totalCount, scope);
  if (query.meta.has('filter_count')) meta.filter_count = await countOf(ctx, plan.filterCount, scope);
  return { data: page, meta };
}

async function countOf(ctx: Ctx, statement: Statement, scope: Scope): Promise<number> {
  const [row] = await runStatement(ctx, statement, scope);
  return Number(row!['count']);
}
