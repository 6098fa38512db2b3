/** What a look into somebody's PostgreSQL found: plain data, from which the models are made without asking it again. */

export interface Inspected {
  /** As in `server_version_num`: 180004. */
  version: number;
  /** Tables and views, ordered by schema and name. */
  tables: InspectedTable[];
  /** What is there and cannot become part of a model. */
  unmapped: Unmapped[];
}

/** Something that is not taken, or not as it is, and why. */
export interface Unmapped {
  what: 'table' | 'column' | 'check' | 'index' | 'constraint' | 'trigger' | 'default' | 'function' | 'relation' | 'value';
  /** `schema.table`, when it belongs to one. */
  table?: string;
  name: string;
  /** A sentence. */
  reason: string;
}

export type TableKind = 'table' | 'partitioned' | 'view' | 'materialised-view' | 'foreign-table';

export interface InspectedTable {
  schema: string;
  name: string;
  kind: TableKind;
  comment?: string;
  /** The planner's guess; undefined when it was never counted. */
  rowEstimate?: number;
  columns: InspectedColumn[];
  /** Column names, in the key's order. */
  primaryKey?: string[];
  uniques: InspectedIndex[];
  /** Plain ones: over columns, of all rows. */
  indexes: InspectedIndex[];
  foreignKeys: InspectedForeignKey[];
  /** Others inherit from it, and are tables of their own: its own rows only. */
  isInherited: boolean;
}

export interface InspectedIndex {
  name: string;
  columns: string[];
}

export interface InspectedForeignKey {
  name: string;
  columns: string[];
  target: { schema: string; name: string; columns: string[] };
  onDelete: 'set-null' | 'restrict' | 'cascade';
  /** False: rows from before it was made were never checked. */
  isValidated: boolean;
  /** Rows that lead nowhere although they say so; found by `measureColumns` where nothing checked them. */
  dangling?: number;
}

export interface InspectedColumn {
  name: string;
  type: PgType;
  notNull: boolean;
  comment?: string;
  /** As SQL; of a generated column what it is computed from. */
  default?: string;
  /** Identity columns, and defaults that take the next number of a sequence. */
  isCounted: boolean;
  isGenerated: boolean;
  /** Found by `measureColumns`. */
  measured?: Measured;
}

export interface PgType {
  /** As in pg_type: `int4`, `varchar`; of a domain that of its base. */
  name: string;
  kind: 'base' | 'enum' | 'composite' | 'range' | 'array';
  /** As PostgreSQL writes it, modifiers included: `numeric(10,2)`, `"Order state"`. */
  written: string;
  /** The type comes with an extension of this name. */
  extension?: string;
  /** Characters of varchar(n) and char(n), digits after the point of numeric(p,s). */
  length?: number;
  scale?: number;
  labels?: string[];
  element?: PgType;
  domain?: { name: string; checks: string[]; notNull: boolean };
}

/** What the values of a column have in common, where its type leaves it open. */
export interface Measured {
  /** It took too long to look: the rest says what may be. */
  isUnknown?: boolean;
  /** How many values Piper's form for this type cannot hold. */
  lost?: number;
  /** Characters of the longest text. */
  longest?: number;
  /** Values that do not fit the narrow form of their type: whole numbers beyond ±2^53, intervals with months. */
  wide?: boolean;
  /** The different texts in a column of lists; absent when they are too many to choose from. */
  choices?: string[];
}

/** `schema.name`, in which a name with a point is quoted: no two tables are called the same. */
export const tableName = ({ schema, name }: { schema: string; name: string }): string =>
  [schema, name].map((part) => (part.includes('.') ? `"${part}"` : part)).join('.');
export const isView = ({ kind }: Pick<InspectedTable, 'kind'>): boolean => kind === 'view' || kind === 'materialised-view';
