/**
 * A published sample database for tests: Chinook, with customers, invoices, tracks, a many-to-many relation (PlaylistTrack) and
 * a self reference (Employee.ReportsTo). NOTICE.md says whose it is.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type pg from 'pg';

type Value = string | number | null;
type Rows = Record<string, { columns: string[]; rows: Value[][] }>;

const read = (name: string): Buffer => readFileSync(join(import.meta.dirname, name));

/** Rows in each of its tables. */
export const chinookCounts: Readonly<Record<string, number>> = {
  Artist: 275,
  Album: 347,
  Genre: 25,
  MediaType: 5,
  Track: 3503,
  Employee: 8,
  Customer: 59,
  Invoice: 412,
  InvoiceLine: 2240,
  Playlist: 18,
  PlaylistTrack: 8715,
};

/** Creates Chinook's tables, with their rows, in the schema `public` of the client's database. Takes about a second. */
export async function loadChinook(client: pg.ClientBase): Promise<void> {
  const [schema = '', ...constraints] = read('chinook.schema.sql')
    .toString('utf8')
    .split(/(?=^alter table)/m);
  await client.query(schema);
  const tables = JSON.parse(gunzipSync(read('chinook.rows.json.gz')).toString('utf8')) as Rows;
  for (const [table, { columns, rows }] of Object.entries(tables)) await fill(client, table, columns, rows);
  await client.query(constraints.join(''));
  await client.query('analyze');
}

async function fill(client: pg.ClientBase, table: string, columns: string[], rows: Value[][]): Promise<void> {
  const names = columns.map((column) => `"${column}"`).join(', ');
  const objects = rows.map((row) => Object.fromEntries(row.map((value, i) => [columns[i]!, value])));
  await client.query(`insert into "${table}" (${names}) select ${names} from jsonb_populate_recordset(null::"${table}", $1)`, [
    JSON.stringify(objects),
  ]);
}
