/** A column's values in another type, as SQL. What does not convert becomes null. */
import type { ModelDefinition } from '@piper/shared/data-models';
import { fieldTypeOf, InvalidValue } from '@piper/shared/fields/index';
import { fail } from '@piper/shared/errors';
import { columnTypeOf } from '#platform/records/fields/index';
import { literal, quote, quoteTable } from '#platform/records/sql-writer';
import { targetTable, type PhysicalColumn, type PhysicalSchema } from './physical.ts';

/** Writes an expression over a row: `t` or, in a trigger, `new`. */
export type RowSql = (row: string) => string;

export const column = (row: string, { name }: Pick<PhysicalColumn, 'name'>): string => `${row}.${quote(name)}`;

/** The value of `from` as `to` holds it. Of a relation only what is there: `schema` tells where. */
export function converted(from: PhysicalColumn, to: PhysicalColumn, schema: PhysicalSchema): RowSql {
  return convertedValue({ field: from.field, value: (row) => column(row, from) }, to, schema);
}

/** As `converted`, of a value of the field that need not be a column's. */
export function convertedValue(
  from: { field: PhysicalColumn['field']; value: RowSql },
  to: PhysicalColumn,
  schema: PhysicalSchema,
): RowSql {
  return (row) => {
    const value = direct(from.value(row), from.field, to);
    const { relation } = to.field;
    if (relation?.kind !== 'many-to-one') return value;
    const target = targetTable(schema, relation.target);
    // Nothing leads to what only comes into being.
    if (target === undefined) return 'null::uuid';
    return `(select target.id from ${quoteTable(target)} target where target.id = ${value})`;
  };
}

function direct(value: string, from: PhysicalColumn['field'], to: PhysicalColumn): string {
  const into = columnTypeOf(to.field);
  return into.fromText(`(${columnTypeOf(from).toText(value)})`, to.field);
}

/**
 * Back to a type the field had before: a value that did not change since is what it was then, to the letter. `was` is the
 * column from that time, which still lies in the bin.
 */
export function convertedBack(from: PhysicalColumn, to: PhysicalColumn, was: PhysicalColumn, schema: PhysicalSchema): RowSql {
  return (row) => {
    const then = converted(was, from, schema)(row);
    const type = columnTypeOf(from.field);
    const same = (sql: string): string => (type.identity ? type.identity(sql) : sql);
    return `(case when ${same(column(row, from))} is not distinct from ${same(then)} then ${formerValue(was, to, schema)(row)} else ${converted(from, to, schema)(row)} end)`;
  };
}

/** What the bin's column says; of a relation only what is there still. */
export const formerValue = (was: PhysicalColumn, to: PhysicalColumn, schema: PhysicalSchema): RowSql =>
  to.field.relation?.kind === 'many-to-one' ? converted(was, to, schema) : (row) => column(row, was);

/** The bin's column with the values that the field had when it was last of this type. */
export function formerColumn(before: ModelDefinition, to: PhysicalColumn, columns: ReadonlyMap<string, PhysicalColumn>) {
  const entry = (before.bin ?? []).findLast(
    ({ field, because }) =>
      because !== 'deleted' && 'replacedBy' in because && because.replacedBy === to.field.id && field.type === to.field.type,
  );
  return entry && columns.get(entry.field.id);
}

/** A value from a definition or an action as SQL. Throws `validation_failed` for what the field can't hold. */
export function constantSql(value: unknown, { field }: PhysicalColumn): string {
  const type = columnTypeOf(field);
  const normal = normalised(value, field);
  const written = type.write ? type.write(normal) : normal;
  if (Array.isArray(written)) return `array[${written.map((one) => literal(String(one))).join(', ')}]::${type.cast}`;
  return `${literal(typeof written === 'string' ? written : JSON.stringify(written))}::${type.cast}`;
}

function normalised(value: unknown, field: PhysicalColumn['field']): unknown {
  try {
    return fieldTypeOf(field).normalise(value, field);
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error;
    return fail('validation_failed', `Not valid: the value to fill "${field.label}" with ${error.message}.`, [
      { path: field.key, message: error.message },
    ]);
  }
}
