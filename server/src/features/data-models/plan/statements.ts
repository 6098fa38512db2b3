/** The DDL that steps are made of. Names reach SQL through `quote` only. */
import type { OnDelete } from '@piper/shared/data-model';
import { literal, quote, quoteTable } from '#platform/records/sql-writer';
import type { PhysicalColumn, PhysicalIndex, PhysicalKey, PhysicalTable } from './physical.ts';

export const tableSql = ({ schema, name }: Pick<PhysicalTable, 'schema' | 'name'>): string => `${quote(schema)}.${quote(name)}`;
export const tableText = ({ schema, name }: Pick<PhysicalTable, 'schema' | 'name'>): string => `${schema}.${name}`;
export const alter = (table: PhysicalTable, what: string): string => `alter table ${tableSql(table)} ${what}`;

const onDeleteSql: Record<OnDelete, string> = { 'set-null': 'set null', restrict: 'restrict', cascade: 'cascade' };

/** What stamps hold when somebody writes past Piper. */
const stampDefaults: Readonly<Record<string, string>> = { version: '1', createdAt: 'now()', updatedAt: 'now()' };

export function createTable(table: PhysicalTable): string {
  const columns = [...table.columns.values()].map((column) => {
    const base = `${quote(column.name)} ${column.sqlType}`;
    if (column.field.id === 'id') return `${base} primary key`;
    const value = column.sequence === undefined ? stampDefaults[column.field.id] : nextNumber(column.sequence);
    return `${base}${column.notNull ? ' not null' : ''}${value === undefined ? '' : ` default ${value}`}`;
  });
  return `create table ${tableSql(table)} (${columns.join(', ')})`;
}

export const nextNumber = (sequence: string): string => `nextval(${literal(quoteTable(sequence))}::regclass)`;

export function createIndex(
  table: PhysicalTable,
  index: PhysicalIndex,
  of: { online: boolean; nameOf: (field: string) => string },
): string {
  const columns = index.fields.map((id) => quote(of.nameOf(id))).join(', ');
  const deletedAt = table.columns.get('deletedAt');
  const isPart = deletedAt !== undefined && (index.unique || index.deleted === true);
  const where = isPart ? ` where ${quote(deletedAt.name)} is ${index.unique ? '' : 'not '}null` : '';
  const how = `${index.unique ? 'unique ' : ''}index ${of.online ? 'concurrently ' : ''}`;
  return `create ${how}${quote(index.name)} on ${tableSql(table)} using ${index.method} (${columns})${where}`;
}

export function addKey(table: PhysicalTable, key: PhysicalKey, of: { column: string; target: string; online: boolean }): string {
  const reference = `foreign key (${quote(of.column)}) references ${quoteTable(of.target)} (id) on delete ${onDeleteSql[key.onDelete]}`;
  return alter(table, `add constraint ${quote(key.name)} ${reference}${of.online ? ' not valid' : ''}`);
}

export const addColumn = (table: PhysicalTable, { sqlType }: PhysicalColumn, name: string, value?: string): string =>
  alter(table, `add column ${quote(name)} ${sqlType}${value === undefined ? '' : ` default ${value}`}`);

const regclass = (table: PhysicalTable): string => `to_regclass(${literal(tableSql(table))})`;

/** Queries that find out what is already there. */
export const hasColumn = (table: PhysicalTable, name: string): string =>
  `select exists (select 1 from pg_attribute where attrelid = ${regclass(table)} and attname = ${literal(name)} and not attisdropped)`;
export const hasConstraint = (table: PhysicalTable, name: string, isValid = false): string =>
  `select exists (select 1 from pg_constraint where conrelid = ${regclass(table)} and conname = ${literal(name)}${isValid ? ' and convalidated' : ''})`;
export const hasTrigger = (table: PhysicalTable, name: string): string =>
  `select exists (select 1 from pg_trigger where tgrelid = ${regclass(table)} and tgname = ${literal(name)})`;
export const hasTable = (table: PhysicalTable): string => `select ${regclass(table)} is not null`;
/** No column was ever dropped from it. */
export const wasMadeAnew = (table: PhysicalTable): string =>
  `select not exists (select 1 from pg_attribute where attrelid = ${regclass(table)} and attisdropped)`;
