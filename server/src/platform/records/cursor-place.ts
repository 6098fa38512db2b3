/** From a row of a list to the cursor that goes on after it, and back. */
import type { DataModel } from '@piper/shared/data-model';
import { fail } from '@piper/shared/errors';
import type { Ctx } from '../ctx.ts';
import { catalogueOf } from './catalogue.ts';
import { idFieldOf, idSql, visibleSql, whereSql, type Place } from './condition-sql.ts';
import { decodeCursor, encodeCursor, type Cursor } from './cursor.ts';
import { columnTypeOf } from './fields/index.ts';
import type { RecordQuery } from './query.ts';
import { runStatement, scopeOf, type Row } from './run-statement.ts';
import { cursorColumns, defaultSortOf, sortKeys, type SortKey } from './sort.ts';
import { quoteTable, sqlWriter } from './sql-writer.ts';

interface Order {
  keys: readonly SortKey[];
  /** Which of the keys is the record's id. */
  idAt: number;
  signature: string;
}

/** The cursor that goes on after this row. */
export function cursorAt(row: Row, { keys, idAt, signature }: Order): string {
  const values = keyValues(row, keys);
  return encodeCursor({ signature, values }, values[idAt]);
}

const keyValues = (row: Row, keys: readonly SortKey[]): (string | null)[] => keys.map((_, i) => row[`$k${i}`] as string | null);

/** The place the query's cursor stands for, if it has one. Throws `bad_cursor` when the record that says it is not to be seen any more. */
export async function placeAfter(ctx: Ctx, model: DataModel, query: RecordQuery): Promise<Cursor | undefined> {
  if (query.cursor === undefined) return undefined;
  const cursor = decodeCursor(query.cursor);
  if ('values' in cursor) return cursor;
  const w = sqlWriter();
  const place: Place = { model, alias: w.alias(), rules: catalogueOf(ctx).rulesOf(ctx), eyes: 'actor' };
  const keys = sortKeys(w, query.sort ?? defaultSortOf(place), place);
  const id = w.input('id', columnTypeOf(idFieldOf(model)).cast);
  const where = whereSql([`${idSql(model, place.alias)} = ${id}`, visibleSql(w, place)]);
  const columns = cursorColumns(keys).join(', ');
  const statement = w.finish(`select ${columns} from ${quoteTable(model.table)} ${place.alias} where ${where}`);
  const [row] = await asCursor(runStatement(ctx, statement, scopeOf(ctx, { id: cursor.id })));
  return row ? { signature: cursor.signature, values: keyValues(row, keys) } : fail('bad_cursor');
}

/** A cursor's values are input like any other: what the database can't read as the key's type is a bad cursor. */
export async function asCursor(work: Promise<Row[]>): Promise<Row[]> {
  try {
    return await work;
  } catch (error) {
    if ((error as { code?: string }).code?.startsWith('22')) fail('bad_cursor');
    throw error;
  }
}
