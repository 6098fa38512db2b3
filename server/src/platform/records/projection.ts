/** What a statement selects for a field tree, how its rows become records, and the statements that fetch related records. */
import type { Action, DataModel, Field } from '@piper/shared/data-model';
import { always, isAlways, type Comparison } from '@piper/shared/filter/ast';
import { slotsOf } from '@piper/shared/filter/parse';
import { isToMany, sourceOf } from '@piper/shared/filter/path';
import { limits } from '@piper/shared/limits';
import { linkSeen, type AnyLink } from './actor-rules.ts';
import { parseAskedBy, searchSql } from './asked.ts';
import {
  columnSql,
  conditionSql,
  idFieldOf,
  idSql,
  relatedSql,
  relationShownSql,
  visibleSql,
  whereSql,
  type Place,
} from './condition-sql.ts';
import type { RelatedQuery } from './deep.ts';
import type { FieldTree, NestedTree } from './field-tree.ts';
import { columnTypeOf } from './fields/index.ts';
import type { Values } from './hooks.ts';
import type { Row } from './run-statement.ts';
import { defaultSortOf, sortKeys, orderSql } from './sort.ts';
import { beyond } from './place.ts';
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
  /** `any`: one record, of the model its value names. */
  kind: 'one' | 'many' | 'any';
  idsOnly: boolean;
  /** Key of the row that holds what to look for. */
  from: string;
  /** What `deep` says about it, under its path, is bound to the statement. */
  path: string | undefined;
  branches: NestedBranch[];
  /** A value that leads to none of the branches, in the form on the wire. */
  others(value: unknown): unknown;
}

export interface NestedBranch {
  target: DataModel;
  statement: Statement;
  slots: Comparison[];
  projection: Projection;
}

/** PostgreSQL cuts longer names. */
const maxNameBytes = 63;

export function projectionOf(w: SqlWriter, tree: FieldTree, place: Place): Projection {
  const readers: { key: string; name: string; read: (value: unknown) => unknown }[] = [];
  const replaced = new Set(tree.nested.map((part) => part.word));
  const columns = tree.own
    .filter((field) => !replaced.has(field.key))
    .map((field, i) => {
      const { key } = field;
      // Helper columns begin with a sign that no field's key has.
      const name = key.length > maxNameBytes ? `$v${i}` : key;
      const read = readerOf(field, place);
      if (read || name !== key) readers.push({ key, name, read: read ?? asIs });
      return `${columnSql(w, field, place)} as ${quote(name)}`;
    });
  if (tree.allowedActions) columns.push(`${allowedActionsSql(w, place)} as "allowedActions"`);
  const nested = tree.nested.map((part, i) => nestedOf(part, `$f${i}`, place));
  tree.nested.forEach((part, i) => columns.push(`${fromSql(w, part, place)} as ${quote(nested[i]!.from)}`));
  const read = (row: Row): Values => {
    for (const { key, name, read } of readers) {
      const value = read(row[name]);
      if (name !== key) delete row[name];
      row[key] = value;
    }
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

const asIs = (value: unknown): unknown => value;

/** From the driver's value to the form on the wire. The model of a polymorphic value is kept by its id, and goes by its key. */
export function readerOf(field: Field, { rules }: Place): ((value: unknown) => unknown) | undefined {
  const { read } = columnTypeOf(field);
  if (sourceOf(field).relation?.kind !== 'any') return read;
  return (value) => {
    const given = read?.(value) ?? value;
    return typeof given === 'object' && given !== null ? linkSeen(rules, given as AnyLink) : given;
  };
}

/** What related records are found by: a value of the row, or its id, which is null where the actor may not see the relation. */
function fromSql(w: SqlWriter, { field }: NestedTree, place: Place): string {
  if (!isToMany(field)) return columnSql(w, field, place);
  const id = idSql(place.model, place.alias);
  const shown = relationShownSql(w, field, place);
  return shown === 'true' ? id : `(case when ${shown} then ${id} end)`;
}

function nestedOf(part: NestedTree, from: string, place: Place): Nested {
  const { field } = part;
  const branch = isToMany(field) ? manyBranch : oneBranch;
  return {
    word: part.word,
    kind: isToMany(field) ? 'many' : field.relation?.kind === 'any' ? 'any' : 'one',
    idsOnly: part.idsOnly,
    from,
    path: part.asked?.path,
    branches: part.targets.map((target) => branch(part, target, place)),
    others: readerOf(field, place) ?? asIs,
  };
}

type Target = NestedTree['targets'][number];

/** Records by their ids. */
function oneBranch(_part: NestedTree, { target, tree }: Target, place: Place): NestedBranch {
  const w = sqlWriter();
  const there: Place = { ...beyond(place), model: target, alias: w.alias() };
  const projection = projectionOf(w, tree, there);
  const ids = w.input('ids', `${columnTypeOf(idFieldOf(target)).cast}[]`);
  const where = whereSql([`${idSql(target, there.alias)} = any(${ids})`, visibleSql(w, there)]);
  const columns = [`${idSql(target, there.alias)} as "$to"`, ...projection.columns].join(', ');
  const statement = w.finish(`select ${columns} from ${quoteTable(target.table)} ${there.alias} where ${where}`);
  return { target, statement, slots: [], projection };
}

/** The first records of each parent, in one statement. */
function manyBranch({ field, asked }: NestedTree, { target, tree }: Target, place: Place): NestedBranch {
  const w = sqlWriter();
  const parents: Place = { ...place, alias: 'parents' };
  const { there, from, where } = relatedSql(w, { field, target, distinct: true }, parents);
  const projection = projectionOf(w, tree, there);
  const condition = asked?.filter ? parseAskedBy(place.rules, target, asked.filter) : always;
  const all = whereSql([
    where,
    isAlways(condition) ? 'true' : conditionSql(w, condition, there),
    asked?.search === undefined ? 'true' : searchSql(w, there),
  ]);
  const id = idSql(place.model, parents.alias);
  const order = relatedOrder(w, { field, sort: asked?.sort, parents, there });
  const inner = `select ${[`${id} as "$to"`, ...projection.columns].join(', ')} from ${from} where ${all} order by ${order} ${pagingSql(w, asked)}`;
  const statement = w.finish(
    `select found.* from ${parentsSql(w, field, parents)} cross join lateral (${inner}) found limit ${limits.relatedRecords + 1}`,
  );
  return { target, statement, slots: slotsOf(condition), projection };
}

/** The parents' ids; where their own column says what is related, with their rows. */
function parentsSql(w: SqlWriter, field: Field, { model, alias }: Place): string {
  const id = quote(idFieldOf(model).column!);
  const ids = `unnest(${w.input('ids', `${columnTypeOf(idFieldOf(model)).cast}[]`)})`;
  if (field.column === undefined) return `${ids} as ${alias}(${id})`;
  return `${ids} as wanted(id) join ${quoteTable(model.table)} ${alias} on ${alias}.${id} = wanted.id`;
}

function relatedOrder(w: SqlWriter, of: { field: Field; sort: string[] | undefined; parents: Place; there: Place }): string {
  const { field, sort, parents, there } = of;
  const keys = orderSql(sortKeys(w, sort ?? defaultSortOf(there), there));
  // A list of ids has an order of its own.
  if (sort !== undefined || field.relation?.kind !== 'id-list') return keys;
  return `array_position(${columnSql(w, field, parents)}, ${idSql(there.model, there.alias)})`;
}

function pagingSql(w: SqlWriter, asked: RelatedQuery | undefined): string {
  const limit = asked?.limit === undefined ? String(limits.relatedPerRecord) : w.input('limit', 'int');
  return `limit ${limit}${asked && asked.offset > 0 ? ` offset ${w.input('offset', 'bigint')}` : ''}`;
}
