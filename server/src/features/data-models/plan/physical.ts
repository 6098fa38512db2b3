/**
 * The tables that a project's definitions ask for: pure data, everything known by stable ids. Names of indexes and
 * constraints are made from those ids, so that a rename of a field or a model touches none of them.
 */
import { createHash } from 'node:crypto';
import type { BinnedField, Field, Index, OnDelete } from '@piper/shared/data-model';
import type { ModelDefinition } from '@piper/shared/data-models';
import { systemModels } from '@piper/shared/system-models/index';
import { columnTypeOf } from '#platform/records/fields/index';
import { idField, isSystemField } from '../system-fields.ts';

export interface PhysicalColumn {
  field: Field;
  name: string;
  sqlType: string;
  required: boolean;
  /** The table holds it to be required. */
  notNull: boolean;
  isBinned: boolean;
  /** Of an auto-number: `schema.name`. */
  sequence?: string;
}

export interface PhysicalIndex {
  name: string;
  unique: boolean;
  method: 'btree' | 'gin' | 'gist';
  /** Ids of the fields, in order. */
  fields: string[];
  /** Only over deleted records. */
  deleted?: true;
}

export interface PhysicalKey {
  name: string;
  field: string;
  /** Id of the model it leads to: of Piper's own models the key. */
  target: string;
  onDelete: OnDelete;
}

export interface PhysicalTable {
  model: ModelDefinition;
  schema: string;
  /** Without the schema. */
  name: string;
  isBinned: boolean;
  /** By id of the field. */
  columns: Map<string, PhysicalColumn>;
  indexes: PhysicalIndex[];
  keys: PhysicalKey[];
}

/** By id of the model. */
export type PhysicalSchema = Map<string, PhysicalTable>;

/** Short, and the same for the same parts. No name a person can give begins with `_`. */
export const nameFrom = (prefix: string, ...parts: string[]): string =>
  `_${prefix}_${createHash('sha256').update(parts.join('|')).digest('hex').slice(0, 12)}`;

/** The schema of Piper's own tables. */
export const pipers = 'piper';

/** Tables, columns, indexes and keys of these definitions, those of the bin too. */
export function physicalOf(models: readonly ModelDefinition[]): PhysicalSchema {
  const live = new Set(models.filter((model) => model.deletedAt === undefined).map((model) => model.id));
  const isThere = ({ target }: PhysicalKey): boolean => ownKeys.has(target) || live.has(target);
  return new Map(
    models.map((model) => {
      const table = tables.get(model) ?? tableOf(model);
      tables.set(model, table);
      return [model.id, table.keys.every(isThere) ? table : { ...table, keys: table.keys.filter(isThere) }];
    }),
  );
}

/** Edits leave what does not concern them the same object, and most of a project is asked for time and again. */
const tables = new WeakMap<ModelDefinition, PhysicalTable>();

function tableOf(model: ModelDefinition): PhysicalTable {
  const [schema = '', table = ''] = model.table.split('.');
  const isBinned = model.deletedAt !== undefined;
  const stored = model.fields.filter((field) => field.column !== undefined);
  const binned = (model.bin ?? []).filter(({ field }) => field.column !== undefined);
  return {
    model,
    schema,
    name: isBinned ? nameFrom('bin', model.id) : table,
    isBinned,
    columns: new Map([
      ...ownColumns(schema, model),
      ...stored.map((field) => [field.id, columnOf(schema, model, field)] as const),
      ...binned.map((entry) => [entry.field.id, binColumnOf(schema, model, entry)] as const),
    ]),
    indexes: indexesOf(model, stored),
    // A record in the bin keeps nobody from being deleted.
    keys: isBinned ? [] : keysOf(model, stored),
  };
}

/** What indexes over added fields of Piper's own models need of the table beside them. */
function ownColumns(schema: string, model: ModelDefinition): [string, PhysicalColumn][] {
  const own = schema === pipers ? systemModels.find(({ id }) => id === model.id) : undefined;
  const needed = own?.fields.filter((field) => field.id === idField.id || field.id === own.softDelete);
  return (needed ?? []).map((field) => [field.id, columnOf(schema, model, field)]);
}

const sequenceOf = (schema: string, model: ModelDefinition, field: Field): Pick<PhysicalColumn, 'sequence'> =>
  columnTypeOf(field).defaultSql ? { sequence: `${schema}.${nameFrom('seq', model.id, field.id)}` } : {};

/** Nothing may keep Piper's own records from being removed: a required field that leads to one is empty then. */
const leadsToPipers = ({ relation }: Field): boolean => relation?.kind === 'many-to-one' && ownKeys.has(relation.target);

const columnOf = (schema: string, model: ModelDefinition, field: Field): PhysicalColumn => ({
  field,
  name: field.column!,
  sqlType: columnTypeOf(field).sqlType(field),
  required: field.required === true,
  notNull: field.required === true && !leadsToPipers(field),
  isBinned: false,
  ...sequenceOf(schema, model, field),
});

function binColumnOf(schema: string, model: ModelDefinition, { field, because }: BinnedField): PhysicalColumn {
  const { sequence, ...column } = columnOf(schema, model, field);
  // What replaced it may go on counting; it has another id.
  const counts = sequence !== undefined && (because === 'deleted' || 'goneWith' in because);
  const name = nameFrom('bin', model.id, field.id);
  return { ...column, name, required: false, notNull: false, isBinned: true, ...(counts ? { sequence } : {}) };
}

function indexesOf(model: ModelDefinition, stored: readonly Field[]): PhysicalIndex[] {
  const byId = new Map(stored.map((field) => [field.id, field]));
  const wanted = new Set(stored.filter(needsIndex).map((field) => field.id));
  const sorted = sortField(model, stored);
  if (sorted) wanted.add(sorted.id);
  const single = [...wanted].map((id) => indexOver(model, { id: 'field', fields: [byId.get(id)!] }));
  const unique = stored
    .filter((field) => field.unique === true && field.id !== idField.id)
    .map((field) => indexOver(model, { id: 'unique', unique: true, fields: [field] }));
  const several = (model.indexes ?? []).flatMap((index: Index) => {
    const fields = index.fields.flatMap((id) => byId.get(id) ?? []);
    return fields.length < index.fields.length ? [] : [indexOver(model, { ...index, fields })];
  });
  return [...single, ...unique, ...several, ...deletedIndex(model, stored)];
}

/** For lists of deleted records, and for the sweep that removes old ones: small, since few are. */
function deletedIndex({ id, softDelete }: ModelDefinition, stored: readonly Field[]): PhysicalIndex[] {
  const field = stored.find(({ key }) => key === softDelete);
  return field
    ? [{ name: nameFrom('ix', id, 'deleted'), unique: false, method: 'btree', fields: [field.id], deleted: true }]
    : [];
}

const leadsSomewhere = (field: Field): boolean => field.relation?.kind === 'many-to-one' && !isSystemField(field);
const needsIndex = (field: Field): boolean => field.index === true || leadsSomewhere(field);

/** What a list is sorted by when nobody says how; rows of a junction are only found by their ends. */
function sortField(model: ModelDefinition, stored: readonly Field[]): Field | undefined {
  const key = model.defaultSort[0]?.replace(/^[-+]/, '');
  if (model.isJunction === true) return undefined;
  return stored.find((field) => field.key === key && field.id !== idField.id && columnTypeOf(field).indexMethod === undefined);
}

function indexOver(model: ModelDefinition, of: { id: string; unique?: boolean; fields: readonly Field[] }): PhysicalIndex {
  const { fields, unique = false } = of;
  const method = fields.length === 1 && !unique ? (columnTypeOf(fields[0]!).indexMethod ?? 'btree') : 'btree';
  const parts = fields.map((field) => `${field.id}:${field.type}`);
  const ids = fields.map((field) => field.id);
  return {
    name: nameFrom('ix', model.id, of.id, String(unique), ...parts),
    unique,
    method,
    // With the id, pages by it are quick.
    fields: method === 'btree' && !unique && !ids.includes(idField.id) ? [...ids, idField.id] : ids,
  };
}

const ownKeys = new Set(systemModels.map((model) => model.id));

/**
 * Who created or changed a record is no foreign key: people are never deleted, and each write would lock the row of
 * whoever writes.
 */
function keysOf(model: ModelDefinition, stored: readonly Field[]): PhysicalKey[] {
  return stored.flatMap((field): PhysicalKey[] => {
    const { relation } = field;
    if (relation?.kind !== 'many-to-one' || isSystemField(field)) return [];
    const asked = relation.onDelete ?? 'set-null';
    const onDelete = asked === 'set-null' && field.required && !leadsToPipers(field) ? 'restrict' : asked;
    const parts = [model.id, field.id, field.type, relation.target, onDelete];
    return [{ name: nameFrom('fk', ...parts), field: field.id, target: relation.target, onDelete }];
  });
}

/** Table of what a relation leads to, as `schema.name`; of Piper's own models their own. */
export function targetTable(schema: PhysicalSchema, target: string): string | undefined {
  const table = schema.get(target);
  return table ? `${table.schema}.${table.name}` : systemModels.find((model) => model.id === target)?.table;
}
