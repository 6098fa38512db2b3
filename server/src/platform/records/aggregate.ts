/** Counts, sums, averages, smallest and largest values, by groups; over what the actor may read. */
import type { DataModel, Field } from '@piper/shared/data-model';
import { fail } from '@piper/shared/errors';
import { slotsOf } from '@piper/shared/filter/parse';
import { shapeOf, type FilterShape } from '@piper/shared/filter/shape';
import type { Comparison, Condition } from '@piper/shared/filter/ast';
import type { Ctx } from '../ctx.ts';
import { columnTypeOf } from './fields/index.ts';
import type { Place } from './condition-sql.ts';
import type { Values } from './hooks.ts';
import { askedSql, bindSlots, parseAsked, searchPattern } from './asked.ts';
import type { AggregateFunction, RecordQuery } from './query.ts';
import { runStatement, scopeOf } from './run-statement.ts';
import { pathSql } from './sort.ts';
import { quoteTable, sqlWriter, type SqlWriter, type Statement } from './sql-writer.ts';
import { catalogueOf } from './catalogue.ts';

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
  const shape = shapeOf(query.filter ?? {});
  const { slots, statement, columns } = aggregatePlan(ctx, model, query, shape);
  const search = query.search === undefined ? {} : { search: searchPattern(query.search) };
  const input = { limit: query.limit, offset: query.offset, ...search };
  const rows = await runStatement(ctx, statement, scopeOf(ctx, input, bindSlots(slots, shape.values)));
  return rows.map((row) =>
    columns.reduce<Values>((result, column, i) => put(result, column.path, column.read(row[`c${i}`])), {}),
  );
}

function aggregatePlan(ctx: Ctx, model: DataModel, query: RecordQuery, shape: FilterShape): AggregatePlan {
  const catalogue = catalogueOf(ctx);
  const { aggregate, groupBy, sort, search } = query;
  const key = `aggregate ${JSON.stringify([model.key, catalogue.rulesOf(ctx).key, aggregate, groupBy, sort, search !== undefined, shape.key])}`;
  const found = catalogue.plans.get(key) as AggregatePlan | undefined;
  if (found) return found;
  const made = compileAggregate(ctx, model, query, parseAsked(ctx, model, shape));
  catalogue.plans.set(key, made);
  return made;
}

function compileAggregate(ctx: Ctx, model: DataModel, query: RecordQuery, condition: Condition): AggregatePlan {
  const w = sqlWriter();
  const place: Place = { model, alias: w.alias(), rules: catalogueOf(ctx).rulesOf(ctx), eyes: 'actor' };
  const groups = query.groupBy.map((path) => groupColumn(w, path, place));
  const columns = [...groups, ...(query.aggregate ?? []).map(([name, path]) => aggregateColumn(w, name, path, place))];
  const where = askedSql(w, place, condition, query);
  const select = columns.map((column, i) => `${column.sql} as "c${i}"`).join(', ');
  const numbers = groups.map((_, i) => String(i + 1)).join(', ');
  const paging = (): string => `limit ${w.input('limit', 'int')} offset ${w.input('offset', 'bigint')}`;
  const tail = groups.length === 0 ? '' : ` group by ${numbers} order by ${orderOf(query, groups)} ${paging()}`;
  const statement = w.finish(`select ${select} from ${quoteTable(model.table)} ${place.alias} where ${where}${tail}`);
  return { slots: slotsOf(condition), statement, columns };
}

function groupColumn(w: SqlWriter, path: string, place: Place): Column {
  const { field, sql } = pathSql(w, path.split('.'), place);
  if (columnTypeOf(field).isGroupable === false)
    fail('validation_failed', `Not valid: "groupBy" can't go by ${path.slice(0, 80)}.`);
  return { sql, path: [path], read: readerOf(field) };
}

/** Groups come in the order of `sort`, which may name groups only; without it, in their own. */
function orderOf(query: RecordQuery, groups: readonly Column[]): string {
  const sort = query.sort ?? query.groupBy;
  return sort
    .map((entry) => {
      const at = groups.findIndex((group) => group.path[0] === entry.replace(/^[-+]/, ''));
      if (at < 0) fail('validation_failed', 'Not valid: with "groupBy", "sort" may name only what is grouped by.');
      return `${at + 1}${entry.startsWith('-') ? ' desc' : ''}`;
    })
    .join(', ');
}

function aggregateColumn(w: SqlWriter, name: AggregateFunction, path: string, place: Place): Column {
  if (path === '*') {
    if (name !== 'count') fail('validation_failed', `Not valid: "aggregate" can't take ${name} of *.`);
    return { sql: 'count(*)', path: ['count'], read: Number };
  }
  const { field, sql } = pathSql(w, path.split('.'), place);
  const at = [name, path];
  if (name === 'count') return { sql: `count(${sql})`, path: at, read: Number };
  const type = columnTypeOf(field);
  if (name === 'countDistinct') return { sql: `count(distinct ${type.identity?.(sql) ?? sql})`, path: at, read: Number };
  if (!type.aggregates.includes(name)) {
    fail('validation_failed', `Not valid: "aggregate" can't take ${name} of ${path.slice(0, 80)}.`);
  }
  if (name === 'sum' || name === 'avg') return { sql: `${name}(${sql})`, path: at, read: type.readSum ?? asIs };
  return { sql: `${name}(${type.order(sql)})`, path: at, read: readerOf(field) };
}

const asIs: Column['read'] = (value) => value;

const readerOf = (field: Field): Column['read'] => columnTypeOf(field).read ?? asIs;

function put(result: Values, path: readonly string[], value: unknown): Values {
  const [head = '', next] = path;
  if (next === undefined) result[head] = value;
  else result[head] = { ...(result[head] as Values | undefined), [next]: value };
  return result;
}
