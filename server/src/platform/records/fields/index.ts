/** The registry of column types; its keys equal those of shared/fields (parity-tested). */
import type { Field } from '@piper/shared/data-model';
import { anyRelation } from './any-relation/index.ts';
import { autoNumber } from './auto-number/index.ts';
import { boolean } from './boolean/index.ts';
import { colour } from './colour/index.ts';
import type { ColumnType } from './column-type.ts';
import { currency } from './currency/index.ts';
import { dateTime } from './date-time/index.ts';
import { date } from './date/index.ts';
import { decimal } from './decimal/index.ts';
import { duration } from './duration/index.ts';
import { email } from './email/index.ts';
import { file } from './file/index.ts';
import { files } from './files/index.ts';
import { formula } from './formula/index.ts';
import { geoPoint } from './geo-point/index.ts';
import { image } from './image/index.ts';
import { images } from './images/index.ts';
import { integer } from './integer/index.ts';
import { json } from './json/index.ts';
import { longText } from './long-text/index.ts';
import { lookup } from './lookup/index.ts';
import { multiSelect } from './multi-select/index.ts';
import { percent } from './percent/index.ts';
import { phone } from './phone/index.ts';
import { rating } from './rating/index.ts';
import { relation } from './relation/index.ts';
import { richText } from './rich-text/index.ts';
import { rollup } from './rollup/index.ts';
import { select } from './select/index.ts';
import { text } from './text/index.ts';
import { timeOfDay } from './time/index.ts';
import { url } from './url/index.ts';
import { user } from './user/index.ts';
import { uuid } from './uuid/index.ts';

export type { ColumnType } from './column-type.ts';

const all = [
  [text, longText, richText, email, url, phone],
  [integer, decimal, currency, percent, rating, autoNumber],
  [date, dateTime, timeOfDay, duration],
  [boolean, select, multiSelect],
  [relation, anyRelation, user],
  [formula, lookup, rollup],
  [file, files, image, images, geoPoint, colour, json, uuid],
].flat();

export const columnTypes: ReadonlyMap<string, ColumnType> = new Map(all.map((type) => [type.name, type]));

/** The column type of a field's values: of a computed field, that of its result. An unknown one is a broken definition. */
export function columnTypeOf(field: Field): ColumnType {
  const name = field.result ?? field.type;
  const type = columnTypes.get(name);
  if (!type) throw new Error(`field ${field.key} is of an unknown type ${name}`);
  return type;
}

/** Whether two values of the field's column are not the same; null is a value here. */
export function differsSql(field: Field, left: string, right: string): string {
  const { identity } = columnTypeOf(field);
  return `${identity?.(left) ?? left} is distinct from ${identity?.(right) ?? right}`;
}
