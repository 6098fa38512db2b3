/** Columns become fields. */
import type { NewField } from '@piper/shared/data-models';
import { limits } from '@piper/shared/limits';
import { isUniquable } from '../edit/indexable.ts';
import { stampFields } from '../system-fields.ts';
import { formOf, type Form } from './column-forms.ts';
import { defaultOf } from './column-defaults.ts';
import { tableName, type InspectedColumn, type InspectedTable, type Unmapped } from './inspected.ts';
import { columnOf } from './record-id.ts';
import { keyOf, labelOf, referenceName, singularOf } from './source-names.ts';
import type { Place } from './table-keys.ts';

export interface FieldOfColumn {
  column: InspectedColumn;
  form: Form;
  field: NewField & { id: string; key: string };
  /** SQL over the table's alias `t`. */
  read: string;
}

export interface MappedColumns {
  fields: FieldOfColumn[];
  unmapped: Unmapped[];
}

/** Fields for the columns of a table, but those whose place relations or the record's id take. */
export function mapColumns(place: Place, newId: () => string): MappedColumns {
  const { table, replaced } = place;
  const fields: FieldOfColumn[] = [];
  const unmapped: Unmapped[] = [];
  const taken = new Set<string>();
  for (const column of table.columns) {
    const form = formOf(column);
    if (!form) unmapped.push(withoutForm(table, column));
    else if (replaced.has(column.name)) continue;
    else if (fields.length >= fieldsLeft(place))
      unmapped.push({ what: 'column', table: tableName(table), name: column.name, reason: tooManyFields });
    else {
      const name = nameOf(place, column.name);
      const isFree = !table.columns.some((other) => other !== column && other.name === name);
      const key = keyOf(isFree ? name : column.name, taken, 'field');
      taken.add(key);
      fields.push(mapColumn(table, { column, form, id: newId(), key, label: labelOf(isFree ? name : column.name) }));
      unmapped.push(...lossesOf(table, { column, form, field: fields.at(-1)!.field }));
    }
  }
  return { fields, unmapped };
}

export const tooManyFields = `A data model has at most ${limits.fieldsPerModel} fields.`;

/** Room on a model beside the fields every one has, and its references. */
export const fieldsLeft = ({ references }: Place): number => limits.fieldsPerModel - 1 - stampFields.length - references.length;

/**
 * `id` is the word for the record's own, so the table's becomes `customer_id`; and a column of the key that also refers to
 * something leaves its name to the relation.
 */
function nameOf({ table, references }: Place, name: string): string {
  if (name.toLowerCase() === 'id') return `${singularOf(table.name)}_id`;
  const refers = references.some(({ foreignKey: { columns } }) => columns.length === 1 && columns[0] === name);
  return refers && referenceName(name) === name ? `${name}_key` : name;
}

interface Named {
  column: InspectedColumn;
  form: Form;
  id: string;
  key: string;
  label: string;
}

function mapColumn(table: InspectedTable, { column, form, id, key, label }: Named): FieldOfColumn {
  const type = column.isCounted && form.type === 'integer' ? 'auto-number' : form.type;
  const field = {
    id,
    key,
    type,
    label: label.trim().slice(0, limits.title) || key,
    ...(form.options && type === form.type ? { options: form.options } : {}),
    ...(uniqueAlone(table, column.name) && holdsOrder(type) ? { unique: true } : {}),
    ...demandsOf(column, form),
  };
  return { column, form, field, read: form.read(columnOf('t', column.name)) };
}

/** What the field asks of its values, and what it says of itself. */
function demandsOf(column: InspectedColumn, form: Form): Pick<NewField, 'required' | 'readOnly' | 'default' | 'help'> {
  const isRequired = column.notNull && !column.isGenerated && !column.isCounted && lostValues(column, form).length === 0;
  const value = defaultOf(column, form);
  const help = helpOf(column);
  return {
    ...(isRequired ? { required: true } : {}),
    ...(column.isGenerated ? { readOnly: true } : {}),
    ...(value === undefined ? {} : { default: value }),
    ...(help === undefined ? {} : { help }),
  };
}

const helpOf = (column: InspectedColumn): string | undefined =>
  (column.comment ?? (column.isGenerated ? `Computed by the attached database: ${column.default}` : undefined))?.slice(
    0,
    limits.description,
  );

/** Whether values of the type can stand in an index that keeps them in order, and so from occurring twice. */
export const holdsOrder = (type: string): boolean => isUniquable({ id: '', key: '', label: '', column: 'any', type });

/** Whether no two rows have the same value in this column. */
export const uniqueAlone = (table: InspectedTable, name: string): boolean =>
  [table.primaryKey ?? [], ...table.uniques.map((unique) => unique.columns)].some(
    (columns) => columns.length === 1 && columns[0] === name,
  );

const withoutForm = (table: InspectedTable, column: InspectedColumn): Unmapped => ({
  what: 'column',
  table: tableName(table),
  name: column.name,
  reason: `There is no field type for ${column.type.written}${column.type.extension ? ` of the extension ${column.type.extension}` : ''}.`,
});

/** What of a column's meaning stays behind. */
function lossesOf(table: InspectedTable, { column, form, field }: Omit<FieldOfColumn, 'read'>): Unmapped[] {
  const say = (what: Unmapped['what'], reason: string): Unmapped => ({
    what,
    table: tableName(table),
    name: column.name,
    reason,
  });
  const isKept = field.type === 'auto-number' || column.default === undefined || field.default !== undefined;
  return [
    ...lostValues(column, form).map((reason) => say('value', reason)),
    ...(form.note === undefined ? [] : [say('column', form.note)]),
    ...(column.isGenerated ? [say('column', `It was computed; here it keeps the values it has: ${column.default}`)] : []),
    ...(isKept || column.isGenerated ? [] : [say('default', `New records do not get it: ${column.default}`)]),
    ...(column.type.domain?.checks ?? []).map((check) =>
      say('check', `It is not enforced: ${column.type.domain!.name} ${check}`),
    ),
  ];
}

function lostValues({ measured }: InspectedColumn, { isLossy }: Form): string[] {
  const { lost = 0, isUnknown } = measured ?? {};
  const become = 'become empty: infinite, not a number, or out of range.';
  if (lost > 0) return [`${lost} of its values cannot be held and ${become}`];
  return isUnknown && isLossy ? [`It was not looked through. Values that cannot be held ${become}`] : [];
}
