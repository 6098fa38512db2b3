/** The registry of field types: the pure half. Its keys equal those of the server's and the web's halves (parity-tested). */
import type { Field } from '../data-model.ts';
import { boolean } from './boolean/index.ts';
import { dateTime } from './date-time/index.ts';
import { decimal } from './decimal/index.ts';
import { email } from './email/index.ts';
import type { FieldType } from './field-type.ts';
import { integer } from './integer/index.ts';
import { json } from './json/index.ts';
import { longText } from './long-text/index.ts';
import { relation } from './relation/index.ts';
import { select } from './select/index.ts';
import { text } from './text/index.ts';
import { uuid } from './uuid/index.ts';

export { InvalidValue, type Category, type FieldType, type JsonSchema, type Problem } from './field-type.ts';

export const fieldTypes: ReadonlyMap<string, FieldType> = new Map(
  [text, longText, integer, decimal, boolean, dateTime, select, json, uuid, email, relation].map((type) => [type.name, type]),
);

/** The type of a field's values: of a computed field, that of its result. An unknown one is a broken definition. */
export const fieldTypeOf = (field: Field): FieldType => typeNamed(field.result ?? field.type, field);

/** The type a field was declared with, which says its options: of a computed field the formula, lookup or rollup itself. */
export const declaredTypeOf = (field: Field): FieldType => typeNamed(field.type, field);

function typeNamed(name: string, field: Field): FieldType {
  const type = fieldTypes.get(name);
  if (!type) throw new Error(`field ${field.key} is of an unknown type ${name}`);
  return type;
}
