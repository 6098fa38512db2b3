/**
 * Whether the copy is whole: both servers count the rows of each table and add up a checksum of each row, over the id and all
 * copied columns in one form. The order of rows does not matter, and no row travels.
 */
import { CompiledQuery, sql } from 'kysely';
import type { Ctx } from '#platform/ctx';
import { inTx } from '#platform/db/tx';
import { canonical, type CopyColumn, type CopyTable } from './copy-plan.ts';
import type { Client } from './reading.ts';

export interface Verified {
  /** `schema.table` of the attached database. */
  name: string;
  id: string;
  source: Sum;
  target: Sum;
  isSame: boolean;
  /** Columns whose values differ, where the number of rows does not. */
  columns?: string[];
}

export interface Sum {
  rows: number;
  checksum: string;
}

/** Compares each table with its copy. */
export async function verifyTables(ctx: Ctx, source: Client, tables: readonly CopyTable[]): Promise<Verified[]> {
  const verified: Verified[] = [];
  for (const table of tables) verified.push(await verifyTable(ctx, source, table));
  return verified;
}

async function verifyTable(ctx: Ctx, client: Client, table: CopyTable): Promise<Verified> {
  const [source, target] = [await sumSource(client, table, table.columns), await sumTarget(ctx, table, table.columns)];
  const isSame = source.rows === target.rows && source.checksum === target.checksum;
  const columns = isSame || source.rows !== target.rows ? [] : await differing(ctx, client, table);
  return { name: table.name, id: table.id, source, target, isSame, ...(columns.length > 0 ? { columns } : {}) };
}

async function differing(ctx: Ctx, client: Client, table: CopyTable): Promise<string[]> {
  const found: string[] = [];
  for (const column of table.columns) {
    const [source, target] = [await sumSource(client, table, [column]), await sumTarget(ctx, table, [column])];
    if (source.checksum !== target.checksum) found.push(column.name.slice(1, -1));
  }
  return found;
}

async function sumSource(client: Client, table: CopyTable, columns: readonly CopyColumn[]): Promise<Sum> {
  const values = columns.map((column) => canonical(column, `${column.read}::${column.type}`));
  const { rows } = await client.query<SumRow>(sumSql([`${table.recordId}::text`, ...values], table.from));
  return sumOf(rows[0]!);
}

/** Summing up a large table takes longer than a request may. */
async function sumTarget(ctx: Ctx, table: CopyTable, columns: readonly CopyColumn[]): Promise<Sum> {
  const values = columns.map((column) => canonical(column, `t.${column.name}`));
  return inTx(ctx, async ({ db }) => {
    await sql`set local statement_timeout = 0`.execute(db);
    const text = sumSql(['t.id::text', ...values], `${table.target} t`, 't.deleted_at is null');
    const { rows } = await db.executeQuery<SumRow>(CompiledQuery.raw(text, []));
    return sumOf(rows[0]!);
  });
}

interface SumRow {
  rows: string;
  checksum: string;
}
const sumOf = ({ rows, checksum }: SumRow): Sum => ({ rows: Number(rows), checksum });

/** 60 bits of a SHA-256 of each row, summed up; arrays as text keep null, empty and commas apart. */
function sumSql(values: readonly string[], from: string, where = 'true'): string {
  const row = `encode(sha256(convert_to(array[${values.join(', ')}]::text, 'UTF8')), 'hex')`;
  return `select count(*)::text as rows, coalesce(sum(s.h), 0)::text as checksum
    from (select ('x' || left(${row}, 15))::bit(60)::bigint as h from ${from} where ${where}) s`;
}
