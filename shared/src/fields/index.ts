/** The registry of field types: the pure half. Its keys equal those of the server's and the web's halves (parity-tested). */
import type { Field } from '../data-model.ts';
import { anyRelation } from './any-relation/index.ts';
import { autoNumber } from './auto-number/index.ts';
import { boolean } from './boolean/index.ts';
import { colour } from './colour/index.ts';
import { currency } from './currency/index.ts';
import { dateTime } from './date-time/index.ts';
import { date } from './date/index.ts';
import { decimal } from './decimal/index.ts';
import { duration } from './duration/index.ts';
import { email } from './email/index.ts';
import type { FieldType } from './field-type.ts';
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

export { InvalidValue, type Category, type FieldType, type JsonSchema, type Problem } from './field-type.ts';

/** In the order of a picker. */
const all = [
  [text, longText, richText, email, url, phone],
  [integer, decimal, currency, percent, rating, autoNumber],
  [date, dateTime, timeOfDay, duration],
  [boolean, select, multiSelect],
  [relation, anyRelation, user],
  [formula, lookup, rollup],
  [file, files, image, images, geoPoint, colour, json, uuid],
].flat();

export const fieldTypes: ReadonlyMap<string, FieldType> = new Map(all.map((type) => [type.name, type]));

/** The type of a field's values: of a computed field, that of its result. An unknown one is a broken definition. */
export const fieldTypeOf = (field: Field): FieldType => typeNamed(field.result ?? field.type, field);

/** The type a field was declared with, which says its options: of a computed field the formula, lookup or rollup itself. */
export const declaredTypeOf = (field: Field): FieldType => typeNamed(field.type, field);

function typeNamed(name: string, field: Field): FieldType {
  const type = fieldTypes.get(name);
  if (!type) throw new Error(`field ${field.key} is of an unknown type ${name}`);
  return type;
}
