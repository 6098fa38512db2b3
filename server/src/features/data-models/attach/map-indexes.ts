/** Unique constraints and indexes, over the fields that stand for their columns. */
import { isView, tableName, type Unmapped } from './inspected.ts';
import type { FieldOfColumn } from './map-fields.ts';
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
    const found = names.map((column) => fields.get(column));
    const [first] = found;
    if (found.some((field) => !field))
      missing.push({ what: 'index', table: tableName(table), name, reason: 'A column of it is not taken.' });
    else if (found.length > 1)
      addIndex(
        indexes,
        found.map((field) => field!.id),
        unique,
      );
    else if (!unique && first && !first.unique) first.index = true;
  }
  return { indexes, missing };
}

/** The record's own id is unique without saying so. */
const isOwnId = ({ replaced }: Place, [name, ...more]: readonly string[]): boolean => more.length === 0 && replaced.has(name!);

/** Once per list of fields: an index that is unique does for both. */
function addIndex(indexes: MappedModel['indexes'], fields: string[], unique: boolean): void {
  const same = indexes.find((index) => index.fields.join() === fields.join());
  if (same && unique) same.unique = true;
  if (!same) indexes.push({ fields, ...(unique ? { unique: true } : {}) });
}
