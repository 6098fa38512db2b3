/**
 * Rows of a foreign table, page by page. With a key each page begins after the last one's end, so that a later attempt goes on
 * there; without one a cursor reads all rows, and a later attempt begins again.
 */
import type pg from 'pg';
import type { CopyColumn, CopyTable } from './copy-plan.ts';
import type { Client } from './reading.ts';
import { columnOf } from './record-id.ts';

export interface Page {
  /** Column by column: first the ids, then those asked for; texts or null. */
  values: (string | null)[][];
  rows: number;
  /** Where it ended. */
  last?: string[];
}

/** A page holds about this many characters, since a row may be of any size. */
const pageCharacters = 4_000_000;
const firstRows = 10;
const mostRows = 5_000;
/** Rows grow large suddenly: a page has at most so many times the rows of the one before. */
const growth = 5;

/** Reads in the client's open transaction. */
export async function* readRows(
  client: Client,
  table: CopyTable,
  columns: readonly CopyColumn[],
  after: readonly string[] | undefined,
): AsyncGenerator<Page, void> {
  if (table.key) return yield* pages(keyReader(client, table, columns, after));
  await client.query(`declare piper_rows no scroll cursor for select ${listOf(table, columns)} from ${table.from}`);
  try {
    yield* pages((rows) => readPage(client, { text: `fetch ${rows} from piper_rows`, values: [] }));
  } finally {
    await client.query('close piper_rows').catch(() => undefined);
  }
}

async function* pages(read: Reader): AsyncGenerator<Page, void> {
  for (let rows = firstRows; ;) {
    const page = await read(rows);
    if (page.rows > 0) yield page;
    if (page.rows < rows) return;
    const characters = page.values.flat().reduce((sum, value) => sum + (value?.length ?? 0), 0);
    rows = Math.max(1, Math.min(mostRows, rows * growth, Math.floor((rows * pageCharacters) / Math.max(1, characters))));
  }
}

type Reader = (rows: number) => Promise<Page>;

const listOf = (table: CopyTable, columns: readonly CopyColumn[]): string =>
  [`${table.recordId}::text`, ...columns.map((column) => `${column.read}::${column.type}::text`)].join(', ');

function keyReader(
  client: Client,
  table: CopyTable,
  columns: readonly CopyColumn[],
  after: readonly string[] | undefined,
): Reader {
  const key = table.key!.map(({ column }) => columnOf('t', column));
  const texts = key.map((column) => `${column}::text`).join(', ');
  const places = table.key!.map(({ type }, i) => `$${i + 1}::text::${type}`).join(', ');
  let last = after;
  return async (rows) => {
    const where = last ? `where (${key.join(', ')}) > (${places})` : '';
    const page = await readPage(client, {
      text: `select ${listOf(table, columns)}, ${texts} from ${table.from} ${where} order by ${key.join(', ')} limit ${rows}`,
      values: [...(last ?? [])],
    });
    const ends = page.values.splice(columns.length + 1);
    if (page.rows > 0) last = ends.map((column) => column.at(-1) as string);
    return { ...page, ...(last ? { last: [...last] } : {}) };
  };
}

async function readPage(client: Client, statement: { text: string; values: string[] }): Promise<Page> {
  const query: pg.QueryArrayConfig = { ...statement, rowMode: 'array' };
  const { rows, fields } = await client.query<(string | null)[]>(query);
  return { rows: rows.length, values: fields.map((_field, i) => rows.map((row) => row[i] ?? null)) };
}
