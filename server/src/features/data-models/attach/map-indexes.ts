/** Unique constraints and indexes, over the fields that stand for their columns. */
import { limits } from '@piper/shared/limits';
import { isView, tableName, type Unmapped } from './inspected.ts';
import { holdsOrder, type FieldOfColumn } from './map-fields.ts';
import type { MappedModel, MappedRelation } from './mapped.ts';
import type { Place } from './table-keys.ts';

/** Those over several fields; one over a single field becomes a property of the field, set here. */
export function indexesOf(
  place: Place,
  columns: readonly FieldOfColumn[],
  relations: readonly MappedRelation[],
): { indexes: MappedModel['indexes']; missing: Unmapped[] } {
  const { table } = place;
  const fields = new Map(columns.map(({ column, field }) => [column.name, field]));
  place.references.forEach(({ foreignKey }, i) => {
    if (place.replaced.has(foreignKey.columns[0]!)) fields.set(foreignKey.columns[0]!, relations[i]!.field);
  });
  const all = [
    ...(table.primaryKey && !isView(table) && !isOwnId(place, table.primaryKey)
      ? [{ name: 'primary key', columns: table.primaryKey, unique: true }]
      : []),
    ...table.uniques.map((index) => ({ ...index, unique: true })),
    ...table.indexes.map((index) => ({ ...index, unique: false })),
  ];
  const indexes: MappedModel['indexes'] = [];
  const missing: Unmapped[] = [];
  for (const { name, columns: names, unique } of all) {
    const found = names.flatMap((column) => fields.get(column) ?? []);
    const reason = refusalOf(names, found, indexes.length);
    if (reason !== undefined) missing.push({ what: 'index', table: tableName(table), name, reason });
    else if (found.length > 1)
      addIndex(
        indexes,
        found.map((field) => field.id),
        unique,
      );
    else if (!unique && !found[0]!.unique) found[0]!.index = true;
  }
  return { indexes, missing };
}

function refusalOf(columns: readonly string[], found: readonly { type: string }[], indexes: number): string | undefined {
  if (found.length < columns.length) return 'A column of it is not taken.';
  const unordered = found.find(({ type }) => !holdsOrder(type));
  if (unordered) return `A field of the type ${unordered.type} has no place in such an index.`;
  if (columns.length > limits.fieldsPerIndex) return `It has more than ${limits.fieldsPerIndex} columns.`;
  return columns.length > 1 && indexes >= limits.indexesPerModel
    ? `A data model has at most ${limits.indexesPerModel} indexes.`
    : undefined;
}

/** The record's own id is unique without saying so. */
const isOwnId = ({ replaced }: Place, [name, ...more]: readonly string[]): boolean => more.length === 0 && replaced.has(name!);

/** Once per list of fields: an index that is unique does for both. */
function addIndex(indexes: MappedModel['indexes'], fields: string[], unique: boolean): void {
  const same = indexes.find((index) => index.fields.join() === fields.join());
  if (same && unique) same.unique = true;
  if (!same) indexes.push({ fields, ...(unique ? { unique: true } : {}) });
}
