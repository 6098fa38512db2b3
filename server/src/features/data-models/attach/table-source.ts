/** How the rows of a table are read. */
import { tableName, type InspectedTable } from './inspected.ts';
import type { Source } from './mapped.ts';
import { rowsOf } from './measure.ts';
import { columnOf } from './record-id.ts';
import { columnNamed, idOfRow, keyOfTable, type Place } from './table-keys.ts';

/** The rows of a table whose `columns` are taken. */
export function sourceOf(place: Place, columns: readonly string[]): Source {
  const { table } = place;
  const key = keyOfTable(table);
  return {
    name: tableName(table),
    ...(table.rowEstimate === undefined ? {} : { rowEstimate: table.rowEstimate }),
    from: key ? `${rowsOf(table)} t` : numberedRows(table, columns),
    ...(key ? { key: key.map((name) => ({ column: name, type: columnNamed(table, name).type.written })) } : {}),
    recordId: idOfRow(place, 't', columns),
  };
}

/** Rows without a key, equal ones told apart by a number. */
function numberedRows(table: InspectedTable, columns: readonly string[]): string {
  const texts = columns.map((name) => `${columnOf('s', name)}::text`).join(', ');
  return `(select s.*, row_number() over (partition by array[${texts}]::text[]) as "piper row" from ${rowsOf(table)} s) t`;
}
