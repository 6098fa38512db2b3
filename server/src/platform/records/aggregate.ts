/** Counts, sums, averages, smallest and largest values, by groups; over what the actor may read. */
import type { DataModel } from '@piper/shared/data-model';
import { fail } from '@piper/shared/errors';
import { slotsOf } from '@piper/shared/filter/parse';
import { isCall, splitPath } from '@piper/shared/filter/path';
import type { Comparison, Condition } from '@piper/shared/filter/ast';
import type { Ctx } from '../ctx.ts';
import { columnTypeOf, type ColumnType } from './fields/index.ts';
import type { Place } from './condition-sql.ts';
import type { Values } from './hooks.ts';
import { askedSql, bindSlots, parseAsked, searchPattern } from './asked.ts';
import { readerOf } from './projection.ts';
import type { AggregateFunction, RecordQuery } from './query.ts';
import { runStatement, scopeOf } from './run-statement.ts';
import { pathSql } from './sort.ts';
import { quoteTable, sqlWriter, type SqlWriter, type Statement } from './sql-writer.ts';
import { catalogueOf, planOf } from './catalogue.ts';

interface Column {
  sql: string;
  /** Where the value stands in the reply: `['count']`, `['sum', 'price']`, `['status']`. */
  path: string[];
  read(value: unknown): unknown;
}

interface AggregatePlan {
  slots: Comparison[];
  statement: Statement;
  columns: Column[];
}

/** One row per group, in Directus' form: `{status: 'open', count: 3, sum: {price: '9.50'}}`. */
export async function aggregateRecords(ctx: Ctx, model: DataModel, query: RecordQuery): Promise<Values[]> {
  if (query.fields || query.cursor !== undefined) {
    fail('validation_failed', 'Not valid: "aggregate" goes with neither "fields" nor "cursor".');
  }
  const { slots, statement, columns } = aggregatePlan(ctx, model, query);
  const search = query.search === undefined ? {} : { search: searchPattern(query.search) };
  const input = { limit: query.limit, offset: query.offset, ...search };
  const rows = await runStatement(ctx, statement, scopeOf(ctx, input, bindSlots(slots, query.filter.values)));
  return rows.map((row) =>
    columns.reduce<Values>((result, column, i) => put(result, column.path, column.read(row[`c${i}`])), {}),
  );
}

function aggregatePlan(ctx: Ctx, model: DataModel, query: RecordQuery): AggregatePlan {
  const catalogue = catalogueOf(ctx);
  const { aggregate, groupBy, sort, search, filter } = query;
  const parts = [model.key, catalogue.rulesOf(ctx).key, aggregate, groupBy, sort, search !== undefined, filter.key];
  return planOf(catalogue.plans, `aggregate ${JSON.stringify(parts)}`, () =>
    compileAggregate(ctx, model, query, parseAsked(ctx, model, filter)),
  );
}

function compileAggregate(ctx: Ctx, model: DataModel, query: RecordQuery, condition: Condition): AggregatePlan {
  const w = sqlWriter();
  const place: Place = { model, alias: w.alias(), rules: catalogueOf(ctx).rulesOf(ctx), eyes: 'actor' };
  const groups = query.groupBy.map((path) => groupColumn(w, path, place));
  const values = (query.aggregate ?? []).map(([name, path]) => aggregateColumn(w, name, path, place));
  const columns = [...groups, ...values];
  const where = askedSql(w, place, condition, query);
  const select = columns.map((column, i) => `${column.sql} as "c${i}"`).join(', ');
  const numbers = groups.map((_, i) => String(i + 1)).join(', ');
  const paging = (): string => `limit ${w.input('limit', 'int')} offset ${w.input('offset', 'bigint')}`;
  const tail = groups.length === 0 ? '' : ` group by ${numbers} order by ${orderOf(query, groups, values)} ${paging()}`;
  const statement = w.finish(`select ${select} from ${quoteTable(model.table)} ${place.alias} where ${where}${tail}`);
  return { slots: slotsOf(condition), statement, columns };
}

function groupColumn(w: SqlWriter, path: string, place: Place): Column {
  const words = splitPath(path);
  const { field, sql } = pathSql(w, words, place);
  if (columnTypeOf(field).isGroupable === false)
    fail('validation_failed', `Not valid: "groupBy" can't go by ${path.slice(0, 80)}.`);
  // A function stands under its name in the reply: `year(created)` as `created_year`.
  return {
    sql,
    path: [isCall(field) ? [...words.slice(0, -1), field.key].join('.') : path],
    read: readerOf(field, place) ?? asIs,
  };
}

/** Groups come in the order of `sort`, which may name groups and aggregates; what is equal in it, and all without it, in their own. */
function orderOf({ sort = [], groupBy }: RecordQuery, groups: readonly Column[], values: readonly Column[]): string {
  const named = sort.map((entry) => {
    const name = entry.replace(/^[-+]/, '');
    const group = groups.findIndex(({ path }, i) => path[0] === name || groupBy[i] === name);
    const value = values.findIndex(({ path }) => path.join('.') === name || path[0] === name);
    if (group < 0 && value < 0)
      fail('validation_failed', 'Not valid: with "groupBy", "sort" may name only what is grouped by and aggregated.');
    return { at: group < 0 ? groups.length + value : group, descending: entry.startsWith('-') };
  });
  const rest = groups.flatMap((_, at) => (named.some((one) => one.at === at) ? [] : [{ at, descending: false }]));
  return [...named, ...rest].map(({ at, descending }) => `${at + 1}${descending ? ' desc' : ''}`).join(', ');
}

function aggregateColumn(w: SqlWriter, name: AggregateFunction, path: string, place: Place): Column {
  if (path === '*' && (name === 'count' || name === 'countAll')) return { sql: 'count(*)', path: [name], read: Number };
  const found = path === '*' ? undefined : pathSql(w, splitPath(path), place);
  const made = found && computed[name]?.(found.sql, columnTypeOf(found.field));
  return made
    ? { ...made, path: [name, path] }
    : fail('validation_failed', `Not valid: "aggregate" can't take ${name} of ${path.slice(0, 80)}.`);
}

type Computed = (sql: string, type: ColumnType) => Omit<Column, 'path'> | undefined;

const sumOf =
  (name: 'sum' | 'avg', distinct = ''): Computed =>
  (sql, type) =>
    type.aggregates.includes(name) ? { sql: `${name}(${distinct}${sql})`, read: type.readSum ?? asIs } : undefined;
const endOf =
  (name: 'min' | 'max'): Computed =>
  (sql, type) =>
    type.aggregates.includes(name) ? { sql: `${name}(${type.order(sql)})`, read: type.read ?? asIs } : undefined;

const computed: Partial<Record<AggregateFunction, Computed>> = {
  count: (sql) => ({ sql: `count(${sql})`, read: Number }),
  countDistinct: (sql, type) => ({ sql: `count(distinct ${type.identity?.(sql) ?? sql})`, read: Number }),
  sum: sumOf('sum'),
  sumDistinct: sumOf('sum', 'distinct '),
  avg: sumOf('avg'),
  avgDistinct: sumOf('avg', 'distinct '),
  min: endOf('min'),
  max: endOf('max'),
};

const asIs: Column['read'] = (value) => value;

function put(result: Values, path: readonly string[], value: unknown): Values {
  const [head = '', next] = path;
  if (next === undefined) result[head] = value;
  else result[head] = { ...(result[head] as Values | undefined), [next]: value };
  return result;
}
