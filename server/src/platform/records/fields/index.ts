/** The registry of column types; its keys equal those of shared/fields (parity-tested). */
import type { Field } from '@piper/shared/data-model';
import { boolean } from './boolean/index.ts';
import type { ColumnType } from './column-type.ts';
import { dateTime } from './date-time/index.ts';
import { decimal } from './decimal/index.ts';
import { email } from './email/index.ts';
import { integer } from './integer/index.ts';
import { json } from './json/index.ts';
import { longText } from './long-text/index.ts';
import { relation } from './relation/index.ts';
import { select } from './select/index.ts';
import { text } from './text/index.ts';
import { uuid } from './uuid/index.ts';

export type { ColumnType } from './column-type.ts';

export const columnTypes: ReadonlyMap<string, ColumnType> = new Map(
  [text, longText, integer, decimal, boolean, dateTime, select, json, uuid, email, relation].map((type) => [type.name, type]),
);

/** The column type of a field's values: of a computed field, that of its result. An unknown one is a broken definition. */
export function columnTypeOf(field: Field): ColumnType {
  const name = field.result ?? field.type;
  const type = columnTypes.get(name);
  if (!type) throw new Error(`field ${field.key} is of an unknown type ${name}`);
  return type;
}
