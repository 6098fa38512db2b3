/** What identifies the rows of a table, and which tables its foreign keys lead to. */
import { limits } from '@piper/shared/limits';
import { ownKeys } from '../edit/bare-model.ts';
import { formOf } from './column-forms.ts';
import { isView, tableName, type InspectedForeignKey, type InspectedTable, type Unmapped } from './inspected.ts';
import { rowsOf } from './measure.ts';
import { columnOf, keyText, recordIdSql } from './record-id.ts';
import { keyOf, wordsOf } from './source-names.ts';

/** A table and the model it becomes. */
export interface Place {
  id: string;
  key: string;
  table: InspectedTable;
  space: string;
  /** Its foreign keys to tables that become models too. */
  references: Reference[];
  /** Columns whose place a relation takes. */
  replaced: ReadonlySet<string>;
}

export interface Reference {
  foreignKey: InspectedForeignKey;
  target: string;
}

export interface Places {
  list: Place[];
  byName: ReadonlyMap<string, Place>;
}

export interface PlaceOptions {
  newId(): string;
  space: string;
  takenKeys?: ReadonlySet<string>;
  /** How many models there is room for. */
  room?: number;
  unmapped: Unmapped[];
}

/** Gives every table that can become a model its id and key. */
export function placeTables(
  tables: readonly InspectedTable[],
  { newId, space, takenKeys, room = limits.modelsPerProject, unmapped }: PlaceOptions,
): Places {
  const readable = tables.filter((table) => table.columns.some((column) => formOf(column)));
  const usable = readable.slice(0, room);
  for (const table of tables.filter((each) => !usable.includes(each))) {
    const reason = readable.includes(table)
      ? `A project has at most ${limits.modelsPerProject} data models.`
      : 'It has no column that can be read.';
    unmapped.push({ what: 'table', name: tableName(table), reason });
  }
  const targets = new Map(usable.filter((table) => !isView(table)).map((table) => [tableName(table), table]));
  const isThere = ({ columns, ...name }: InspectedForeignKey['target']): boolean =>
    columns.every((column) => targets.get(tableName(name))?.columns.some((other) => other.name === column));
  const taken = new Set([...ownKeys, ...(takenKeys ?? [])]);
  const list = usable.map((table): Place => {
    const key = modelKey(table, taken);
    taken.add(key);
    const references = table.foreignKeys
      .filter(({ target }) => isThere(target))
      .map((foreignKey) => ({ foreignKey, target: tableName(foreignKey.target) }));
    return { id: newId(), key, table, space, references, replaced: replacedBy(table, references) };
  });
  return { list, byName: new Map(list.map((place) => [tableName(place.table), place])) };
}

/** Two schemas may have tables of one name, or Piper a model of its own: then it is called after its schema too. */
function modelKey({ schema, name }: InspectedTable, taken: ReadonlySet<string>): string {
  const key = keyOf(name, new Set(), 'model');
  return taken.has(key) && wordsOf(schema).length > 0 ? keyOf(`${schema} ${name}`, taken, 'model') : keyOf(name, taken, 'model');
}

/** Columns that are nothing but a reference; those of a key stay, since the key would not be whole without them. */
function replacedBy(table: InspectedTable, references: readonly Reference[]): Set<string> {
  const key = new Set(keyOfTable(table));
  const uses = Map.groupBy(
    references.flatMap(({ foreignKey }) => foreignKey.columns),
    (column) => column,
  );
  const alone = references.flatMap(({ foreignKey: { columns, dangling } }) => (columns.length === 1 && !dangling ? columns : []));
  const own = recordsOwn(table);
  return new Set([
    ...alone.filter((column) => !key.has(column) && uses.get(column)!.length === 1),
    ...(own === undefined ? [] : [own]),
  ]);
}

/** A key that is one UUID called id is the record's id, and needs no field. */
function recordsOwn(table: InspectedTable): string | undefined {
  const [name, ...more] = keyOfTable(table) ?? [];
  const isOwn = more.length === 0 && name?.toLowerCase() === 'id' && columnNamed(table, name).type.name === 'uuid';
  return isOwn && !table.foreignKeys.some(({ columns }) => columns.includes(name)) ? name : undefined;
}

/** The columns that identify a row: the primary key, or another one that is never empty. */
export function keyOfTable(table: InspectedTable): readonly string[] | undefined {
  const filled = new Set(table.columns.filter((column) => column.notNull).map((column) => column.name));
  return (
    table.primaryKey ?? table.uniques.map(({ columns }) => columns).find((columns) => columns.every((name) => filled.has(name)))
  );
}

export const columnNamed = (table: InspectedTable, name: string) => table.columns.find((column) => column.name === name)!;

/** The id of the record for a row, as SQL over `alias`. Without a key all of the row's `columns` count, and equal rows are numbered. */
export function idOfRow({ table, space }: Place, alias: string, columns: readonly string[] = []): string {
  const key = keyOfTable(table);
  const prefix = `${space}/${tableName(table)}`;
  if (!key) {
    const texts = columns.map((name) => `${columnOf(alias, name)}::text`);
    return recordIdSql(prefix, [...texts, `${columnOf(alias, 'piper row')}::text`]);
  }
  return idOfKey(
    prefix,
    key.map((name) => ({ type: columnNamed(table, name).type, value: columnOf(alias, name) })),
  );
}

type KeyPart = { type: Parameters<typeof keyText>[0]; value: string };

/** A key that is one UUID is the id. */
function idOfKey(prefix: string, parts: readonly KeyPart[]): string {
  if (parts.length === 1 && parts[0]!.type.name === 'uuid') return `${parts[0]!.value}::uuid`;
  return recordIdSql(
    prefix,
    parts.map(({ type, value }) => keyText(type, value)),
  );
}

/**
 * The id of the record a foreign key leads to, as SQL over `t`; null where it leads nowhere. Where the key's columns are those
 * that identify the row it is computed; otherwise, and where rows may lead nowhere although they say so, it is looked up.
 */
export function idOfReference({ foreignKey }: Reference, target: Place): string {
  const key = keyOfTable(target.table);
  const columns = foreignKey.target.columns;
  const own = (name: string): string => columnOf('t', foreignKey.columns[columns.indexOf(name)]!);
  const isKey = key !== undefined && key.length === columns.length && key.every((name) => columns.includes(name));
  if (!isKey || !foreignKey.isValidated) {
    const same = columns.map((name) => `${columnOf('r', name)} = ${own(name)}`).join(' and ');
    return `(select ${idOfRow(target, 'r')} from ${rowsOf(target.table)} r where ${same})`;
  }
  const filled = columns.map((name) => `${own(name)} is not null`).join(' and ');
  const parts = key.map((name): KeyPart => {
    const { type } = columnNamed(target.table, name);
    return { type, value: `${own(name)}::${type.written}` };
  });
  return `case when ${filled} then ${idOfKey(`${target.space}/${tableName(target.table)}`, parts)} end`;
}
