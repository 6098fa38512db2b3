/** The registry of field types: the pure half. Its keys equal those of the server's and the web's halves (parity-tested). */
import type { Field } from '../data-model.ts';
import { boolean } from './boolean.ts';
import { dateTime } from './date-time.ts';
import { decimal } from './decimal.ts';
import { email } from './email.ts';
import type { FieldType } from './field-type.ts';
import { integer } from './integer.ts';
import { json } from './json.ts';
import { longText } from './long-text.ts';
import { relation } from './relation.ts';
import { select } from './select.ts';
import { text } from './text.ts';
import { uuid } from './uuid.ts';

export { InvalidValue, type FieldType, type JsonSchema } from './field-type.ts';

export const fieldTypes: ReadonlyMap<string, FieldType> = new Map(
  [text, longText, integer, decimal, boolean, dateTime, select, json, uuid, email, relation].map((type) => [type.name, type]),
);

/** The type of a field. An unknown one is a broken definition. */
export function fieldTypeOf(field: Field): FieldType {
  const type = fieldTypes.get(field.type);
  if (!type) throw new Error(`field ${field.key} is of an unknown type ${field.type}`);
  return type;
}
