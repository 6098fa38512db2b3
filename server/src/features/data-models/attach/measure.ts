/**
 * What only the values can tell: whether a bigint fits a whole number, how long texts get, how many dates are infinite. One pass
 * over each table; of a table that takes too long what may be is assumed, and told.
 */
import type pg from 'pg';
import { quote } from '#platform/records/sql-writer';
import { needsChoices, questionsOf } from './column-forms.ts';
import { isRefusal, reading, type Client } from './reading.ts';
import { columnOf } from './record-id.ts';
import {
  isView,
  tableName,
  type Inspected,
  type InspectedColumn,
  type InspectedForeignKey,
  type InspectedTable,
  type Measured,
} from './inspected.ts';

/** As many different texts in a column of lists are still choices. */
const mostChoices = 200;
/** Aggregates in one statement. */
const mostQuestions = 500;
/** The ends of an index are found at once, or not at all. */
const endsMs = 2_000;
const careful: Measured = { isUnknown: true, wide: true, longest: Number.MAX_SAFE_INTEGER };
const cancelled = '57014';

export interface Patience {
  /** How long one table may be looked through. */
  tableMs: number;
  /** How long all of them may. */
  totalMs?: number;
}

/** Rows of the answer. Throws TooLong when the time is over, and what the server says when it refuses. */
type Ask = <R extends pg.QueryResultRow>(statement: string) => Promise<R[]>;
class TooLong extends Error {}

/** The same tables, their columns with what was measured; those that cannot be read are unmapped. */
export async function measureColumns(
  client: Client,
  inspected: Inspected,
  { tableMs, totalMs = Infinity }: Patience,
): Promise<Inspected> {
  const end = performance.now() + totalMs;
  const tables: InspectedTable[] = [];
  const unmapped = [...inspected.unmapped];
  for (const table of inspected.tables) {
    const ask = asking(client, Math.min(end, performance.now() + tableMs));
    const columns = await measureTable(ask, table);
    if (typeof columns === 'string') unmapped.push({ what: 'table', name: tableName(table), reason: columns });
    else if (columns) tables.push({ ...table, columns, foreignKeys: await countDangling(ask, table) });
    else {
      const soon = asking(client, Math.min(end, performance.now() + endsMs));
      tables.push({ ...table, columns: await assumed(soon, table), foreignKeys: await countDangling(soon, table) });
      unmapped.push({ what: 'table', name: tableName(table), reason: notLookedThrough });
    }
  }
  return { ...inspected, tables, unmapped };
}

const notLookedThrough = 'Looking through its rows takes too long, so its fields are of types that hold whatever may be in them.';

/** Questions that are all answered until `end`. */
function asking(client: Client, end: number): Ask {
  return async <R extends pg.QueryResultRow>(statement: string): Promise<R[]> => {
    const statementMs = end - performance.now();
    if (statementMs <= 0) throw new TooLong();
    try {
      return await reading(client, { statementMs }, async () => (await client.query<R>(statement)).rows);
    } catch (error) {
      throw isRefusal(error) && error.code === cancelled ? new TooLong() : error;
    }
  };
}

/** The rows of a table, as FROM says it. */
export const rowsOf = ({ schema, name, isInherited }: InspectedTable): string =>
  `${isInherited ? 'only ' : ''}${quote(schema)}.${quote(name)}`;

/** The columns; why the table cannot be read; undefined when it takes too long. */
async function measureTable(ask: Ask, table: InspectedTable): Promise<InspectedColumn[] | string | undefined> {
  const measured = new Map(table.columns.map((column) => [column.name, {} as Measured]));
  try {
    await askAll(ask, table, measured);
    if (isView(table)) await readWhole(ask, table);
    for (const column of table.columns.filter(needsChoices)) {
      const choices = await choicesOf(ask, table, column);
      Object.assign(measured.get(column.name)!, choices && { choices });
    }
  } catch (error) {
    if (error instanceof TooLong) return undefined;
    if (isRefusal(error)) return `Reading it fails: ${error.message}`;
    throw error;
  }
  return table.columns.map((column) => ({ ...column, measured: measured.get(column.name)! }));
}

async function askAll(ask: Ask, table: InspectedTable, measured: ReadonlyMap<string, Measured>): Promise<void> {
  const questions = table.columns.flatMap((column) =>
    Object.entries(questionsOf(column, `t.${quote(column.name)}`)).map(([what, sql]) => ({ column: column.name, what, sql })),
  );
  for (let from = 0; from < questions.length; from += mostQuestions) {
    const some = questions.slice(from, from + mostQuestions);
    const [row] = await ask(`select ${some.map(({ sql }, i) => `${sql} as a${i}`).join(', ')} from ${rowsOf(table)} t`);
    some.forEach(({ column, what }, i) => {
      const value: unknown = row![`a${i}`];
      if (value !== null) Object.assign(measured.get(column)!, { [what]: what === 'wide' ? value : Number(value) });
    });
  }
}

/** What may be in the columns of a table that was not looked through. Of those that begin an index, both ends are known at once. */
async function assumed(ask: Ask, table: InspectedTable): Promise<InspectedColumn[]> {
  const ordered = new Set(
    [table.primaryKey ?? [], ...[...table.uniques, ...table.indexes].map(({ columns }) => columns)].map(([first]) => first),
  );
  const columns: InspectedColumn[] = [];
  for (const column of table.columns) {
    const isNarrow = column.type.name === 'int8' && ordered.has(column.name) && (await hasNarrowEnds(ask, table, column));
    columns.push({ ...column, measured: isNarrow ? { ...careful, wide: false } : careful });
  }
  return columns;
}

async function hasNarrowEnds(ask: Ask, table: InspectedTable, column: InspectedColumn): Promise<boolean> {
  const name = columnOf('t', column.name);
  const end = (order: string): string =>
    `((select ${name} from ${rowsOf(table)} t where ${name} is not null order by 1 ${order} limit 1))`;
  try {
    const [row] = await ask<{ wide: boolean }>(
      `select ${questionsOf(column, 's.v').wide} as wide from (values ${end('asc')}, ${end('desc')}) s(v)`,
    );
    return !row!.wide;
  } catch (error) {
    if (error instanceof TooLong || isRefusal(error)) return false;
    throw error;
  }
}

/** What a view computes may fail; reading all of it once shows that before it is promised. */
async function readWhole(ask: Ask, table: InspectedTable): Promise<void> {
  const texts = table.columns.map((column) => `${columnOf('t', column.name)}::text`).join(', ');
  await ask(`select count(array[${texts}]::text[]) from ${rowsOf(table)} t`);
}

/** Counts what foreign keys that were never checked lead to nothing; any may, when it takes too long or is refused. */
async function countDangling(ask: Ask, table: InspectedTable): Promise<InspectedForeignKey[]> {
  const counted: InspectedForeignKey[] = [];
  for (const foreignKey of table.foreignKeys) {
    const { columns, target, isValidated } = foreignKey;
    const filled = columns.map((name) => `${columnOf('t', name)} is not null`).join(' and ');
    const same = columns.map((name, i) => `${columnOf('r', target.columns[i]!)} = ${columnOf('t', name)}`).join(' and ');
    const missing = `not exists (select 1 from ${quote(target.schema)}.${quote(target.name)} r where ${same})`;
    const count = isValidated ? 0 : await countRows(ask, `${rowsOf(table)} t where ${filled} and ${missing}`);
    counted.push({ ...foreignKey, ...(count > 0 ? { dangling: count } : {}) });
  }
  return counted;
}

async function countRows(ask: Ask, from: string): Promise<number> {
  try {
    return Number((await ask<{ n: string }>(`select count(*)::text as n from ${from}`))[0]!.n);
  } catch (error) {
    if (error instanceof TooLong || isRefusal(error)) return Infinity;
    throw error;
  }
}

async function choicesOf(ask: Ask, table: InspectedTable, column: InspectedColumn): Promise<string[] | undefined> {
  const rows = await ask<{ choice: string }>(
    `select distinct e::text collate "C" as choice from ${rowsOf(table)} t, unnest(t.${quote(column.name)}) e
      where e is not null and e::text <> '' order by 1 limit ${mostChoices + 1}`,
  );
  return rows.length > mostChoices ? undefined : rows.map((row) => row.choice);
}
