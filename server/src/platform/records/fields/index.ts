/** The registry of column types; its keys equal those of shared/fields (parity-tested). */
import type { Field } from '@piper/shared/data-model';
import type { ColumnType } from './column-type.ts';
import { dateTime } from './date-time.ts';
import { json } from './json.ts';
import { boolean, decimal, integer } from './numbers.ts';
import { email, longText, select, text } from './texts.ts';
import { relation, uuid } from './uuids.ts';

export const columnTypes: ReadonlyMap<string, ColumnType> = new Map(
  [text, longText, integer, decimal, boolean, dateTime, select, json, uuid, email, relation].map((type) => [type.name, type]),
);

/** The column type of a field. An unknown one is a broken definition. */
export function columnTypeOf(field: Field): ColumnType {
  const type = columnTypes.get(field.type);
  if (!type) throw new Error(`field ${field.key} is of an unknown type ${field.type}`);
  return type;
}
