/** Writes one SQL statement: its text, and for each placeholder how its value is found at execution. */
import type { Variables } from '@piper/shared/filter/variables';

/** What a statement's placeholders are filled from. */
export interface Scope {
  variables: Variables;
  /** Values of the filter's slots, in their normal form. */
  slots: readonly unknown[];
  /** Everything else, by name: an id, a limit, the values of a write. */
  input: Readonly<Record<string, unknown>>;
}

export type Bind = (scope: Scope) => unknown;

export interface Statement {
  text: string;
  binds: readonly Bind[];
}

export interface SqlWriter {
  /** A placeholder, cast to `type`. The same `key` and type give the same placeholder. */
  bind(key: string, type: string, read: Bind): string;
  /** A placeholder of a named input. */
  input(name: string, type: string): string;
  /** A table alias not used before. */
  alias(): string;
  finish(text: string): Statement;
}

export function sqlWriter(): SqlWriter {
  const binds: Bind[] = [];
  const places = new Map<string, number>();
  let aliases = 0;
  const writer: SqlWriter = {
    bind(key, type, read) {
      const id = `${key}::${type}`;
      const place = places.get(id) ?? binds.push(read);
      places.set(id, place);
      return `$${place}::${type}`;
    },
    input: (name, type) => writer.bind(`input:${name}`, type, (scope) => scope.input[name]),
    alias: () => `t${aliases++}`,
    finish: (text) => ({ text, binds }),
  };
  return writer;
}

/** A name as SQL identifier; the only way names from definitions reach a statement. */
export const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A table with its schema, from the form `schema.table`. */
export function quoteTable(table: string): string {
  return table.split('.').map(quote).join('.');
}

/** A text as SQL literal; for names from definitions that are data in a statement (event types, keys of JSON objects). */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
