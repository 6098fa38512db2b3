/** Foreign keys become relations; tables that do nothing but join two others become many-to-many relations. */
import { isView, tableName, type Unmapped } from './inspected.ts';
import { indexesOf } from './map-indexes.ts';
import { fieldsLeft, tooManyFields, uniqueAlone, type FieldOfColumn } from './map-fields.ts';
import type { Mapped, MappedLink, MappedModel, MappedRelation } from './mapped.ts';
import { commonName, keyOf, labelOf, pluralOf, referenceName, singularOf } from './source-names.ts';
import { columnNamed, idOfReference, keyOfTable, type Place, type Places, type Reference } from './table-keys.ts';
import { sourceOf } from './table-source.ts';

/** A model without its relations. */
export interface Draft {
  place: Place;
  columns: FieldOfColumn[];
  mapped: MappedModel;
}

interface Work {
  drafts: readonly Draft[];
  joins: readonly Place[];
  places: Places;
  newId(): string;
  unmapped: Unmapped[];
}

/** Whether the table consists of nothing but two references that lead somewhere, and nothing refers to it. */
export function isJoin(place: Place, places: Places): boolean {
  const { table, references } = place;
  const [one, other] = references.map(({ foreignKey }) => foreignKey.columns);
  if (isView(table) || references.length !== 2 || table.foreignKeys.length !== 2) return false;
  if (references.some(({ foreignKey }) => foreignKey.dangling)) return false;
  const both = new Set([...one!, ...other!]);
  const isWhole = both.size === one!.length + other!.length && both.size === table.columns.length;
  const name = tableName(table);
  return (
    isWhole &&
    keyOfTable(table)?.length === both.size &&
    !places.list.some((some) => some.references.some(({ target }) => target === name))
  );
}

/** The models with their relations and indexes, in order, and the links between them. */
export function mapRelations(work: Work): Pick<Mapped, 'models' | 'links'> {
  const { drafts, joins, places, unmapped } = work;
  const names = openNames(drafts);
  const ordered = orderModels(drafts);
  const before = new Set<string>();
  const models = ordered.map(({ place, columns, mapped }): MappedModel => {
    const relations = place.references.map((reference) =>
      mapRelation({ place, reference, target: places.byName.get(reference.target)! }, { ...work, names, before }),
    );
    before.add(place.id);
    unmapped.push(...strayReferences(place));
    const { indexes, missing } = indexesOf(place, columns, relations);
    unmapped.push(...missing);
    return { ...mapped, relations, indexes };
  });
  const links = joins.map((join) => mapLink(join, places, { ...work, names }));
  return { models, links };
}

/** Keys that are taken, by model. */
type Names = ReadonlyMap<string, Set<string>>;
type Naming = Pick<Work, 'newId' | 'unmapped'> & { names: Names };
const openNames = (drafts: readonly Draft[]): Names =>
  new Map(drafts.map(({ place, columns }) => [place.id, new Set(columns.map(({ field }) => field.key))]));

function take(names: Names, model: string, name: string): string {
  const taken = names.get(model)!;
  const key = keyOf(name, taken, 'relation');
  taken.add(key);
  return key;
}

/** Depth first along the references: what a model refers to comes before it, unless that leads round in a circle. */
function orderModels(drafts: readonly Draft[]): Draft[] {
  const byName = new Map(drafts.map((draft) => [tableName(draft.place.table), draft]));
  const ordered = new Set<Draft>();
  const open = new Set<Draft>();
  const visit = (draft: Draft): void => {
    if (open.has(draft)) return;
    open.add(draft);
    for (const { target } of draft.place.references) visit(byName.get(target)!);
    ordered.add(draft);
  };
  drafts.forEach(visit);
  return [...ordered];
}

interface Between {
  place: Place;
  reference: Reference;
  target: Place;
}

function mapRelation(
  { place, reference, target }: Between,
  { names, before, newId, unmapped }: Naming & { before: ReadonlySet<string> },
): MappedRelation {
  const { columns, isValidated, onDelete } = reference.foreignKey;
  const name = relationName({ place, reference, target }, names);
  const key = take(names, place.id, name);
  const isRequired = isValidated && columns.every((column) => columnNamed(place.table, column).notNull);
  const isLate = !before.has(target.id);
  const isOne = columns.length === 1 && uniqueAlone(place.table, columns[0]!);
  const field: MappedRelation['field'] = {
    id: newId(),
    key,
    type: 'relation',
    label: labelOf(name),
    index: true,
    ...(isRequired && !isLate ? { required: true } : {}),
    ...(isOne ? { unique: true } : {}),
    relation: {
      kind: 'many-to-one',
      target: target.id,
      onDelete: isRequired && onDelete === 'set-null' ? 'restrict' : onDelete,
      ...reverseOf({ place, reference, target }, key, { names, unmapped }),
    },
  };
  return { field, read: idOfReference(reference, target), isLate, requireLate: isRequired && isLate };
}

/** From the name of its column; where that is taken or there are several, from what they share or from the target. */
function relationName({ place, reference, target }: Between, names: Names): string {
  const { columns } = reference.foreignKey;
  const name = columns.length === 1 ? referenceName(columns[0]!) : commonName(columns);
  const isFree = name !== undefined && keyOf(name, new Set(), 'relation') === keyOf(name, names.get(place.id)!, 'relation');
  return isFree ? name : singularOf(target.table.name);
}

/** `invoices`; where several references lead there, `customers_by_billing_address`. None where there is no room for it. */
function reverseOf(
  { place, reference, target }: Between,
  key: string,
  { names, unmapped }: Pick<Naming, 'names' | 'unmapped'>,
): { reverse?: { key: string; label: string } } {
  const isOnly = place.references.filter((other) => other.target === reference.target).length === 1 && place.id !== target.id;
  const plural = pluralOf(labelOf(place.table.name));
  const label = isOnly ? plural : `${plural} by ${labelOf(key).toLowerCase()}`;
  if (names.get(target.id)!.size < fieldsLeft(target)) return { reverse: { key: take(names, target.id, label), label } };
  unmapped.push({ what: 'relation', table: tableName(target.table), name: label, reason: tooManyFields });
  return {};
}

function mapLink(join: Place, places: Places, { names, newId }: Naming): MappedLink {
  const place = (name: string): number => join.table.columns.findIndex((column) => column.name === name);
  const [one, other] = join.references.toSorted((a, b) => place(a.foreignKey.columns[0]!) - place(b.foreignKey.columns[0]!));
  const [here, there] = [places.byName.get(one!.target)!, places.byName.get(other!.target)!];
  const [label, back] = linkLabels([one!, here], [other!, there]);
  const field: MappedLink['field'] = {
    id: newId(),
    key: takeFor(names, here.id, label, join),
    type: 'relation',
    label,
    relation: { kind: 'many-to-many', target: there.id, reverse: { key: takeFor(names, there.id, back, join), label: back } },
  };
  const source = sourceOf(
    join,
    join.table.columns.map((column) => column.name),
  );
  return { ...source, model: here.id, field, here: idOfReference(one!, here), there: idOfReference(other!, there) };
}

/** Of what is on the other side; a table joined with itself says more by its columns. */
function linkLabels([one, here]: [Reference, Place], [other, there]: [Reference, Place]): [string, string] {
  const name = ({ foreignKey: { columns } }: Reference, { table }: Place): string =>
    here === there && columns.length === 1 ? referenceName(columns[0]!) : table.name;
  return [pluralOf(labelOf(name(other, there))), pluralOf(labelOf(name(one, here)))];
}

/** Where two tables are joined twice, the name of the join tells which it is. */
function takeFor(names: Names, model: string, label: string, join: Place): string {
  const isFree = keyOf(label, new Set(), 'relation') === keyOf(label, names.get(model)!, 'relation');
  return take(names, model, isFree ? label : `${label} by ${join.table.name}`);
}

/** Foreign keys to what does not become a model, whose columns keep their plain values; and rows whose reference leads nowhere. */
function strayReferences({ table, references }: Place): Unmapped[] {
  const known = new Set(references.map(({ foreignKey }) => foreignKey));
  const dangling = table.foreignKeys.filter((foreignKey) => foreignKey.dangling && known.has(foreignKey));
  return table.foreignKeys
    .filter((foreignKey) => !known.has(foreignKey))
    .map((foreignKey): Unmapped => ({
      what: 'relation',
      table: tableName(table),
      name: foreignKey.name,
      reason: `${tableName(foreignKey.target)} is not taken, so ${foreignKey.columns.join(', ')} keeps its plain values.`,
    }))
    .concat(
      dangling.map(({ name, columns, dangling: rows }) => ({
        what: 'relation',
        table: tableName(table),
        name,
        reason: `${rows === Infinity ? 'Some' : rows} of its rows ${rows === Infinity ? 'may ' : ''}lead to rows that are not there; the relation is empty there, and ${columns.join(', ')} keeps the plain values.`,
      })),
    );
}
