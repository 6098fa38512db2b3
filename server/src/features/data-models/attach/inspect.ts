/** Reads the structure of a foreign PostgreSQL from its catalogue; no row of its tables is read. */
import { fail } from '@piper/shared/errors';
import {
  columnsSql,
  constraintsSql,
  functionsSql,
  indexesSql,
  schemasSql,
  tablesSql,
  triggersSql,
  typesSql,
  typesSqlBefore14,
} from './inspect-sql.ts';
import type { Inspected, InspectedColumn, InspectedForeignKey, InspectedTable, TableKind, Unmapped } from './inspected.ts';
import { tableName } from './inspected.ts';
import { typeReader, type TypeRow } from './pg-types.ts';
import { reading, type Client } from './reading.ts';

/** Older ones lack functions that copying relies on; the oldest that is still maintained is newer. */
const oldestVersion = 130_000;
/** One question to the catalogue of a database of very many tables. */
const catalogueMs = 30_000;

interface TableRow {
  oid: number;
  schema: string;
  name: string;
  kind: string;
  comment: string | null;
  estimate: number | null;
  guarded: boolean;
  readable: boolean;
  extension: string | null;
  inherited: boolean;
}
interface ColumnRow {
  oid: number;
  name: string;
  type: number;
  modifier: number;
  written: string;
  notNull: boolean;
  default: string | null;
  identity: boolean;
  generated: boolean;
  comment: string | null;
  readable: boolean;
}
interface ConstraintRow {
  oid: number;
  name: string;
  kind: 'p' | 'u' | 'f' | 'c' | 'x';
  validated: boolean;
  onDelete: string;
  definition: string;
  columns: string[] | null;
  targetSchema: string;
  targetName: string;
  targetColumns: string[];
}
interface IndexRow {
  oid: number;
  name: string;
  unique: boolean;
  definition: string;
  plain: boolean;
  columns: string[] | null;
}
interface Rows {
  columns: Map<number, ColumnRow[]>;
  constraints: Map<number, ConstraintRow[]>;
  indexes: Map<number, IndexRow[]>;
}

const kinds: Record<string, TableKind> = {
  r: 'table',
  p: 'partitioned',
  v: 'view',
  m: 'materialised-view',
  f: 'foreign-table',
};

/** Describes the tables and views of these schemas, all of the database's own without. Throws `validation_failed` for a server that is too old. */
export const inspectDatabase = (client: Client, schemas?: readonly string[]): Promise<Inspected> =>
  reading(client, { statementMs: catalogueMs }, () => inspect(client, schemas));

async function inspect(client: Client, schemas: readonly string[] | undefined): Promise<Inspected> {
  const version = await readVersion(client);
  const asked = schemas ?? (await rowsOf<{ name: string }>(client, schemasSql)).map((row) => row.name);
  const ask = <T>(statement: string): Promise<T[]> => rowsOf<T>(client, statement, [asked]);
  const tables = await ask<TableRow>(tablesSql);
  const types = typeReader(await rowsOf<TypeRow>(client, version >= 140_000 ? typesSql : typesSqlBefore14));
  const rows: Rows = {
    columns: Map.groupBy(await ask<ColumnRow>(columnsSql), (row) => row.oid),
    constraints: Map.groupBy(await ask<ConstraintRow>(constraintsSql), (row) => row.oid),
    indexes: Map.groupBy(await ask<IndexRow>(indexesSql), (row) => row.oid),
  };
  const unmapped: Unmapped[] = [];
  const taken = tables.filter((row) => {
    const reason = refusalOf(row);
    if (reason !== undefined) unmapped.push({ what: 'table', name: tableName(row), reason });
    return reason === undefined;
  });
  const described = taken.map((row) => describeTable(row, rows, types, unmapped));
  unmapped.push(...(await behaviours(client, asked, new Map(taken.map((row) => [row.oid, tableName(row)])))));
  return { version, tables: described, unmapped };
}

async function rowsOf<T>(client: Client, statement: string, values: unknown[] = []): Promise<T[]> {
  return (await client.query<T & object>(statement, values)).rows;
}

async function readVersion(client: Client): Promise<number> {
  const [row] = await rowsOf<{ version: number; encoding: string }>(
    client,
    `select current_setting('server_version_num')::int as version, current_setting('server_encoding') as encoding`,
  );
  if (row!.version < oldestVersion) fail('validation_failed', 'The database is older than PostgreSQL 13. Update it first.');
  if (row!.encoding === 'SQL_ASCII')
    fail('validation_failed', 'The database says nothing about the encoding of its texts (SQL_ASCII), so they cannot be read.');
  return row!.version;
}

function refusalOf(row: TableRow): string | undefined {
  if (row.extension !== null) return `It belongs to the extension ${row.extension}.`;
  if (!row.readable) return 'The account may not read it.';
  return row.guarded
    ? 'Row-level security hides rows from the account; read it with an account that sees all of them.'
    : undefined;
}

function describeTable(row: TableRow, rows: Rows, types: ReturnType<typeof typeReader>, unmapped: Unmapped[]): InspectedTable {
  const table = tableName(row);
  const columnRows = (rows.columns.get(row.oid) ?? []).filter((column) => {
    if (!column.readable) unmapped.push({ what: 'column', table, name: column.name, reason: 'The account may not read it.' });
    return column.readable;
  });
  const names = new Set(columnRows.map((column) => column.name));
  const constraints = (rows.constraints.get(row.oid) ?? []).filter((one) => (one.columns ?? []).every((name) => names.has(name)));
  const primaryKey = constraints.find((one) => one.kind === 'p')?.columns;
  const { uniques, indexes } = splitIndexes(table, constraints, rows.indexes.get(row.oid) ?? [], unmapped);
  for (const one of constraints) {
    if (one.kind === 'c')
      unmapped.push({ what: 'check', table, name: one.name, reason: `It is not enforced: ${one.definition}` });
    if (one.kind === 'x')
      unmapped.push({ what: 'constraint', table, name: one.name, reason: `It is not enforced: ${one.definition}` });
  }
  return {
    schema: row.schema,
    name: row.name,
    kind: kinds[row.kind]!,
    ...(row.comment === null ? {} : { comment: row.comment }),
    ...(row.estimate === null ? {} : { rowEstimate: row.estimate }),
    columns: columnRows.map((column) => describeColumn(column, types)),
    ...(primaryKey ? { primaryKey } : {}),
    uniques,
    indexes,
    foreignKeys: constraints.filter((one) => one.kind === 'f').map(foreignKeyOf),
    isInherited: row.inherited,
  };
}

function splitIndexes(table: string, constraints: ConstraintRow[], rows: IndexRow[], unmapped: Unmapped[]) {
  const plain = rows.filter((row) => {
    if (!row.plain) unmapped.push({ what: 'index', table, name: row.name, reason: `It has no counterpart: ${row.definition}` });
    return row.plain;
  });
  const named = ({ name, columns }: { name: string; columns: string[] | null }) => ({ name, columns: columns ?? [] });
  return {
    uniques: [...constraints.filter((one) => one.kind === 'u'), ...plain.filter((row) => row.unique)].map(named),
    indexes: plain.filter((row) => !row.unique).map(named),
  };
}

function describeColumn(row: ColumnRow, types: ReturnType<typeof typeReader>): InspectedColumn {
  const type = types(row.type, row.modifier, row.written);
  return {
    name: row.name,
    type,
    notNull: row.notNull || type.domain?.notNull === true,
    ...(row.comment === null ? {} : { comment: row.comment }),
    ...(row.default === null ? {} : { default: row.default }),
    isCounted: row.identity || (row.default ?? '').startsWith('nextval('),
    isGenerated: row.generated,
  };
}

const deletes: Record<string, InspectedForeignKey['onDelete']> = { c: 'cascade', n: 'set-null', d: 'set-null' };

const foreignKeyOf = (row: ConstraintRow): InspectedForeignKey => ({
  name: row.name,
  columns: row.columns ?? [],
  target: { schema: row.targetSchema, name: row.targetName, columns: row.targetColumns },
  onDelete: deletes[row.onDelete] ?? 'restrict',
  isValidated: row.validated,
});

/** Triggers, rules and functions: what the database does by itself stays behind. */
async function behaviours(client: Client, schemas: readonly string[], tables: ReadonlyMap<number, string>): Promise<Unmapped[]> {
  const triggers = await rowsOf<{ oid: number; name: string; what: string }>(client, triggersSql, [schemas]);
  const functions = await rowsOf<{ schema: string; name: string; procedure: boolean }>(client, functionsSql, [schemas]);
  return [
    ...triggers.flatMap(({ oid, name, what }): Unmapped[] => {
      const table = tables.get(oid);
      return table === undefined
        ? []
        : [{ what: 'trigger', table, name, reason: `A ${what} of the database does not run here.` }];
    }),
    ...functions.map((row): Unmapped => ({
      what: 'function',
      name: `${row.schema}.${row.name}`,
      reason: `A ${row.procedure ? 'procedure' : 'function'} of the database is not taken over.`,
    })),
  ];
}
