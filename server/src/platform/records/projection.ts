/** What a statement selects for a field tree, how its rows become records, and the statements that fetch related records. */
import type { Action, DataModel } from '@piper/shared/data-model';
import { limits } from '@piper/shared/limits';
import { columnSql, conditionSql, idFieldOf, idSql, visibleSql, whereSql, type Place } from './condition-sql.ts';
import type { FieldTree, NestedTree } from './field-tree.ts';
import { columnTypeOf } from './fields/index.ts';
import type { Values } from './hooks.ts';
import type { Row } from './run-statement.ts';
import { sortKeys, orderSql } from './sort.ts';
import { literal, quote, quoteTable, sqlWriter, type SqlWriter, type Statement } from './sql-writer.ts';

export interface Projection {
  /** The select list. */
  columns: string[];
  /** Brings a row into the form on the wire, in place. */
  read(row: Row): Values;
  nested: Nested[];
}

export interface Nested {
  word: string;
  kind: 'one' | 'many';
  idsOnly: boolean;
  /** Key of the row that holds what to look for. */
  from: string;
  statement: Statement;
  projection: Projection;
}

/** Names of helper columns start with it; no field key does. */
const helper = (name: string): string => `$${name}`;

export function projectionOf(w: SqlWriter, tree: FieldTree, place: Place): Projection {
  const readers: [string, (value: unknown) => unknown][] = [];
  const replaced = new Set(tree.nested.map((part) => part.word));
  const columns = tree.own
    .filter((field) => !replaced.has(field.key))
    .map((field) => {
      const { read } = columnTypeOf(field);
      if (read) readers.push([field.key, read]);
      return `${columnSql(w, field, place)} as ${quote(field.key)}`;
    });
  if (tree.allowedActions) columns.push(`${allowedActionsSql(w, place)} as "allowedActions"`);
  const nested = tree.nested.map((part) => nestedOf(part, place));
  tree.nested.forEach((part, i) => {
    const column = part.field.column ? columnSql(w, part.field, place) : idSql(place.model, place.alias);
    columns.push(`${column} as ${quote(nested[i]!.from)}`);
  });
  const read = (row: Row): Values => {
    for (const [key, convert] of readers) row[key] = convert(row[key]);
    return row;
  };
  return { columns: columns.length > 0 ? columns : ['true as "$any"'], read, nested };
}

/** The actions the actor may take on the row, as a text array. */
export function allowedActionsSql(w: SqlWriter, place: Place): string {
  const actions: Action[] = ['update', 'delete'];
  const cases = actions.map(
    (action) => `case when ${w.input('mayWrite', 'boolean')} and ${allowedSql(w, action, place)} then ${literal(action)} end`,
  );
  return `array_remove(array['read', ${cases.join(', ')}], null)`;
}

export const allowedSql = (w: SqlWriter, action: Action, place: Place): string =>
  conditionSql(w, place.rules.actionRule(place.model, action), { ...place, eyes: 'rule' });

function nestedOf(part: NestedTree, place: Place): Nested {
  const w = sqlWriter();
  const { target } = part;
  const there: Place = { ...place, model: target, alias: w.alias() };
  const projection = projectionOf(w, part.tree, there);
  const from = helper(`from:${part.word}`);
  const base = { word: part.word, idsOnly: part.idsOnly, from, projection };
  if (part.field.relation?.kind === 'one-to-many') {
    return { ...base, kind: 'many', statement: manyStatement(w, part, { there, projection, parent: place.model }) };
  }
  const ids = w.input('ids', `${columnTypeOf(idFieldOf(target)).cast}[]`);
  const where = whereSql([`${idSql(target, there.alias)} = any(${ids})`, visibleSql(w, there)]);
  const columns = [`${idSql(target, there.alias)} as "$to"`, ...projection.columns].join(', ');
  return {
    ...base,
    kind: 'one',
    statement: w.finish(`select ${columns} from ${quoteTable(target.table)} ${there.alias} where ${where}`),
  };
}

/** The first records of each parent, in one statement. */
function manyStatement(
  w: SqlWriter,
  part: NestedTree,
  of: { there: Place; projection: Projection; parent: DataModel },
): Statement {
  const { there, projection, parent } = of;
  const { relation } = part.field;
  const by = there.model.fields.find(
    (field) => relation?.kind === 'one-to-many' && (field.key === relation.by || field.id === relation.by),
  );
  const column = `${there.alias}.${quote(by!.column!)}`;
  const keys = sortKeys(w, there.model.defaultSort, there);
  const where = whereSql([`${column} = parents.id`, visibleSql(w, there)]);
  const inner = `select parents.id as "$to", ${projection.columns.join(', ')} from ${quoteTable(there.model.table)} ${there.alias} where ${where} order by ${orderSql(keys)} limit ${limits.relatedPerRecord}`;
  const ids = w.input('ids', `${columnTypeOf(idFieldOf(parent)).cast}[]`);
  return w.finish(
    `select found.* from unnest(${ids}) as parents(id) cross join lateral (${inner}) found limit ${limits.relatedRecords + 1}`,
  );
}
