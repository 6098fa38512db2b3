/**
 * What only the values can tell: whether a bigint fits a whole number, how long texts get, how many dates are infinite. One pass
 * over each table; a table that takes too long is left unmeasured, and the careful form of its columns is chosen.
 */
import pg from 'pg';
import { quote } from '#platform/records/sql-writer';
import { needsChoices, questionsOf } from './column-forms.ts';
import type { Client } from './inspect.ts';
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
const careful: Measured = { wide: true, longest: Number.MAX_SAFE_INTEGER };
const cancelled = '57014';

/** The same tables, their columns with what was measured; those that cannot be read are unmapped. `tableMs` bounds one look at one table. */
export async function measureColumns(client: Client, inspected: Inspected, tableMs: number): Promise<Inspected> {
  await client.query(`set statement_timeout = ${Math.ceil(tableMs)}`);
  const tables: InspectedTable[] = [];
  const unmapped = [...inspected.unmapped];
  for (const table of inspected.tables) {
    const columns = await measureTable(client, table);
    if (typeof columns === 'string') unmapped.push({ what: 'table', name: tableName(table), reason: columns });
    else tables.push({ ...table, columns, foreignKeys: await countDangling(client, table) });
  }
  await client.query('set statement_timeout = 0');
  return { ...inspected, tables, unmapped };
}

/** The rows of a table, as FROM says it. */
export const rowsOf = ({ schema, name, isInherited }: InspectedTable): string =>
  `${isInherited ? 'only ' : ''}${quote(schema)}.${quote(name)}`;

/** The columns, or why the table cannot be read. */
async function measureTable(client: Client, table: InspectedTable): Promise<InspectedColumn[] | string> {
  const measured = new Map(table.columns.map((column) => [column.name, {} as Measured]));
  try {
    await askAll(client, table, measured);
    if (isView(table)) await readWhole(client, table);
    for (const column of table.columns.filter(needsChoices)) {
      const choices = await choicesOf(client, table, column);
      Object.assign(measured.get(column.name)!, choices && { choices });
    }
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    if (error.code !== cancelled) return `Reading it fails: ${error.message}`;
    return table.columns.map((column) => ({ ...column, measured: careful }));
  }
  return table.columns.map((column) => ({ ...column, measured: measured.get(column.name)! }));
}

async function askAll(client: Client, table: InspectedTable, measured: ReadonlyMap<string, Measured>): Promise<void> {
  const questions = table.columns.flatMap((column) =>
    Object.entries(questionsOf(column, `t.${quote(column.name)}`)).map(([what, sql]) => ({ column: column.name, what, sql })),
  );
  for (let from = 0; from < questions.length; from += mostQuestions) {
    const some = questions.slice(from, from + mostQuestions);
    const { rows } = await client.query<Record<string, unknown>>(
      `select ${some.map(({ sql }, i) => `${sql} as a${i}`).join(', ')} from ${rowsOf(table)} t`,
    );
    some.forEach(({ column, what }, i) => {
      const value = rows[0]![`a${i}`];
      if (value !== null) Object.assign(measured.get(column)!, { [what]: what === 'wide' ? value : Number(value) });
    });
  }
}

/** What a view computes may fail; reading all of it once shows that before it is promised. */
async function readWhole(client: Client, table: InspectedTable): Promise<void> {
  const texts = table.columns.map((column) => `${columnOf('t', column.name)}::text`).join(', ');
  await client.query(`select count(array[${texts}]::text[]) from ${rowsOf(table)} t`);
}

/** Counts what foreign keys that were never checked lead to nothing; all of them are taken to, when it takes too long. */
async function countDangling(client: Client, table: InspectedTable): Promise<InspectedForeignKey[]> {
  const counted: InspectedForeignKey[] = [];
  for (const foreignKey of table.foreignKeys) {
    const { columns, target, isValidated } = foreignKey;
    const filled = columns.map((name) => `${columnOf('t', name)} is not null`).join(' and ');
    const same = columns.map((name, i) => `${columnOf('r', target.columns[i]!)} = ${columnOf('t', name)}`).join(' and ');
    const missing = `not exists (select 1 from ${quote(target.schema)}.${quote(target.name)} r where ${same})`;
    const count = isValidated ? 0 : await countRows(client, `${rowsOf(table)} t where ${filled} and ${missing}`);
    counted.push({ ...foreignKey, ...(count > 0 ? { dangling: count } : {}) });
  }
  return counted;
}

async function countRows(client: Client, from: string): Promise<number> {
  try {
    return Number((await client.query<{ n: string }>(`select count(*)::text as n from ${from}`)).rows[0]!.n);
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === cancelled) return Number.MAX_SAFE_INTEGER;
    throw error;
  }
}

async function choicesOf(client: Client, table: InspectedTable, column: InspectedColumn): Promise<string[] | undefined> {
  const { rows } = await client.query<{ choice: string }>(
    `select distinct e::text collate "C" as choice from ${rowsOf(table)} t, unnest(t.${quote(column.name)}) e
      where e is not null and e::text <> '' order by 1 limit ${mostChoices + 1}`,
  );
  return rows.length > mostChoices ? undefined : rows.map((row) => row.choice);
}
