/**
 * From what was found in a foreign database to data models: tables and views become models, columns fields, foreign keys
 * relations, and tables that only join two others many-to-many relations. Pure: the ids come from outside.
 */
import type { NewModel } from '@piper/shared/data-models';
import { limits } from '@piper/shared/limits';
import { isView, tableName, type Inspected, type Unmapped } from './inspected.ts';
import { holdsOrder, mapColumns, type FieldOfColumn } from './map-fields.ts';
import { isJoin, mapRelations, type Draft } from './map-relations.ts';
import type { Mapped, MappedModel } from './mapped.ts';
import { labelOf, pluralOf, singularOf } from './source-names.ts';
import { keyOfTable, placeTables, type Place } from './table-keys.ts';
import { sourceOf } from './table-source.ts';

export interface MapOptions {
  newId(): string;
  /** Makes the ids of this attachment's records differ from those of every other one. */
  space: string;
  /** Keys of models that are there already. */
  takenKeys?: ReadonlySet<string>;
  /** How many models there is room for. */
  room?: number;
}

/** The data models for a database, in an order in which relations lead to earlier ones wherever that can be. */
export function mapDatabase(inspected: Inspected, options: MapOptions): Mapped {
  const unmapped: Unmapped[] = [...inspected.unmapped];
  const places = placeTables(inspected.tables, { ...options, unmapped });
  const joins = places.list.filter((place) => isJoin(place, places));
  const drafts = places.list.filter((place) => !joins.includes(place)).map((place) => draftModel(place, options.newId, unmapped));
  return { ...mapRelations({ drafts, joins, places, newId: options.newId, unmapped }), unmapped };
}

function draftModel(place: Place, newId: () => string, unmapped: Unmapped[]): Draft {
  const { table } = place;
  const columns = mapColumns(place, newId);
  unmapped.push(...columns.unmapped);
  if (table.isInherited)
    unmapped.push({ what: 'table', name: tableName(table), reason: 'Other tables inherit from it: it has its own rows only.' });
  if (isView(table))
    unmapped.push({
      what: 'table',
      name: tableName(table),
      reason: 'It is a view: its rows are copied as they are now and can only be read.',
    });
  const mapped: MappedModel = {
    ...sourceOf(
      place,
      columns.fields.map(({ column }) => column.name),
    ),
    model: newModel(place, columns.fields),
    fields: columns.fields.map(({ field, read }) => ({
      id: field.id,
      read,
      ...(field.type === 'auto-number' ? { isCounted: true } : {}),
    })),
    relations: [],
    indexes: [],
  };
  return { place, columns: columns.fields, mapped };
}

function newModel({ id, key, table }: Place, columns: readonly FieldOfColumn[]): NewModel & { id: string; key: string } {
  const label = labelOf(table.name);
  const fields = columns.map(({ field }) => field);
  const named = (pattern: RegExp) => fields.find((field) => field.type === 'text' && pattern.test(field.key))?.key;
  const title = named(/^(name|title|label|subject|full_name)$/) ?? named(/(^|_)(name|title)$/);
  const [only, ...more] = keyOfTable(table) ?? [];
  const order = columns.find(({ column, field }) => more.length === 0 && column.name === only && holdsOrder(field.type))?.field;
  return {
    id,
    key,
    label: singularOf(label),
    labelPlural: pluralOf(label),
    ...(table.comment === undefined ? {} : { description: table.comment.slice(0, limits.description) }),
    ...(title === undefined ? {} : { titleField: title }),
    ...(order ? { defaultSort: [order.key] } : {}),
    fields,
    ...(isView(table) ? readOnly() : {}),
  };
}

const readOnly = (): Pick<NewModel, 'verbs' | 'rules'> => ({
  verbs: ['list', 'read'],
  rules: [{ action: 'read', roles: ['owner', 'admin', 'member', 'viewer'], filter: {}, fields: '*' }],
});
