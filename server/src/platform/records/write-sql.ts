/** Compiles writes: record and event in one statement, with the rules inside. */
import type { DataModel, Field } from '@piper/shared/data-model';
import { fieldTypeOf } from '@piper/shared/fields/index';
import { isAlways, type Condition } from '@piper/shared/filter/ast';
import type { Filter } from '@piper/shared/filter/filter';
import type { ActorRules } from './actor-rules.ts';
import { conditionSql, idFieldOf, idSql, visibleSql, whereSql, type Place } from './condition-sql.ts';
import { eventSql } from './event-sql.ts';
import { columnTypeOf, differsSql } from './fields/index.ts';
import { projectionOf, type Projection } from './projection.ts';
import type { FieldTree } from './field-tree.ts';
import { quote, quoteTable, sqlWriter, type SqlWriter, type Statement } from './sql-writer.ts';
import type { Sides } from './write-rules.ts';
import { targetsVisible } from './write-targets.ts';

export interface WriteStatement {
  statement: Statement;
  projection: Projection;
}

export interface WriteShape {
  model: DataModel;
  rules: ActorRules;
  /** Fields that get a value. */
  set: readonly Field[];
  /** Relations the writer chose: their targets must be visible to them. */
  related: readonly Field[];
  /** Of the existing row. */
  filter: Condition;
  /** Rows that were softly deleted, instead of those in scope; `any` takes both. */
  deleted?: boolean | 'any';
  /** Of the row as it will be. */
  check: Condition;
  /** Alternatives of which one must hold on both rows. */
  pairs: readonly (readonly Sides[])[];
  /** What is returned. */
  tree: FieldTree;
  eyes: 'actor' | 'rule';
}

export const columnsOf = (model: DataModel): Field[] => model.fields.filter((field) => field.column !== undefined);
export const col = (field: Field): string => quote(field.column!);

/** The input under which a field's new value is bound. */
export const valueInput = (field: Field): string => `value:${field.key}`;
export const newValue = (w: SqlWriter, field: Field): string => w.input(valueInput(field), columnTypeOf(field).cast);

/** The new row passes its check as `passes`; each related field's visibility as `sees:<key>`, and whether its type takes such records as `fits:<key>`. */
export function verdictColumns(w: SqlWriter, shape: WriteShape): string[] {
  const place: Place = { model: shape.model, alias: 'new', rules: shape.rules, eyes: 'rule' };
  const sees = asksOf(shape).map(({ name, field, only }) => `${targetsVisible(w, field, place, only)} as ${quote(name)}`);
  const passes = whereSql([conditionSql(w, shape.check, place), ...shape.pairs.map((list) => anyHolds(w, list, place))]);
  return [`(${passes}) as "passes"`, ...sees];
}

/** What is asked of the records that the new row names. */
const asksOf = ({ related }: WriteShape): { name: string; field: Field; only?: Filter }[] =>
  related.flatMap((field) => {
    const only = fieldTypeOf(field).targets;
    return [{ name: `sees:${field.key}`, field }, ...(only ? [{ name: `fits:${field.key}`, field, only }] : [])];
  });

/** One rule at least holds on the existing row and on the new one. */
function anyHolds(w: SqlWriter, list: readonly Sides[], place: Place): string {
  const holds = list.map(
    ({ filter, check }) => `${conditionSql(w, filter, { ...place, alias: 'old' })} and ${conditionSql(w, check, place)}`,
  );
  return `exists (select 1 from old where ${idSql(place.model, 'old')} = ${idSql(place.model, 'new')} and (${holds.map((each) => `(${each})`).join(' or ')}))`;
}

export const allSeen = (shape: WriteShape): string =>
  ['verdict.passes', ...asksOf(shape).map(({ name }) => `verdict.${quote(name)}`)].join(' and ');
export const verdictList = (shape: WriteShape): string =>
  ['verdict.passes as "$passes"', ...asksOf(shape).map(({ name }) => `verdict.${quote(name)} as ${quote(`$${name}`)}`)].join(
    ', ',
  );

/** The record as the actor sees it; `$visible` says whether they do, where that depends on the row. */
export function returned(w: SqlWriter, shape: WriteShape, alias: string): Projection {
  const { model, rules, eyes } = shape;
  const projection = projectionOf(w, shape.tree, { model, alias, rules, eyes });
  const shown = rules.actionRule(model, 'read');
  if (eyes === 'rule' || isAlways(shown)) return projection;
  const visible = `(${conditionSql(w, shown, { model, alias, rules, eyes: 'rule' })}) is true as "$visible"`;
  return { ...projection, columns: [...projection.columns, visible] };
}

/** The row as it would be inserted. */
function newRow(w: SqlWriter, shape: WriteShape): string {
  const given = new Set(shape.set);
  const row = columnsOf(shape.model).map(
    (field) => `${given.has(field) ? newValue(w, field) : `null::${columnTypeOf(field).cast}`} as ${col(field)}`,
  );
  return `with new as materialized (select ${row.join(', ')}),
  verdict as materialized (select ${verdictColumns(w, shape).join(', ')} from new)`;
}

/** The verdict on a row to be inserted, without inserting it: before hooks run. */
export function precheckStatement(shape: WriteShape): Statement {
  const w = sqlWriter();
  return w.finish(`${newRow(w, shape)}
  select ${verdictList(shape)} from verdict`);
}

/** Inserts the row and its event if the check passes. One row comes back: the verdict, and the record if it was written. */
export function insertStatement(shape: WriteShape): WriteStatement {
  const w = sqlWriter();
  const { model } = shape;
  const names = shape.set.map(col).join(', ');
  const event = eventSql(w, 'created', shape, { after: 'written', changed: [...shape.set, ...numberedOf(model, shape.set)] });
  const projection = returned(w, shape, 'written');
  const text = `${newRow(w, shape)},
  written as (insert into ${quoteTable(model.table)} (${names}) select ${names} from new where (select ${allSeen(shape)} from verdict) returning *)${event ? `,\n  event as (${event})` : ''}
  select ${verdictList(shape)}, ${idSql(model, 'written')} is not null as "$written", ${projection.columns.join(', ')} from verdict left join written on true`;
  return { statement: w.finish(text), projection };
}

/** Fields besides those set whose values the database makes. */
const numberedOf = (model: DataModel, set: readonly Field[]): Field[] =>
  columnsOf(model).filter((field) => columnTypeOf(field).defaultSql !== undefined && !set.includes(field));

/** The existing row, locked, if it is in scope and fulfils the filter; and the row as it will be. */
function oldAndNew(w: SqlWriter, shape: WriteShape): string {
  const { model } = shape;
  const place: Place = { model, alias: w.alias(), rules: shape.rules, eyes: 'rule' };
  const scope = shape.deleted ? `${place.alias}.${col(markOf(model)!)} is not null` : visibleSql(w, place);
  const where = whereSql([`${idSql(model, place.alias)} = ${idInput(w, model)}`, scope, conditionSql(w, shape.filter, place)]);
  const given = new Set(shape.set);
  const row = columnsOf(model).map((field) => `${given.has(field) ? newValue(w, field) : `old.${col(field)}`} as ${col(field)}`);
  return `with old as materialized (select ${place.alias}.* from ${quoteTable(model.table)} ${place.alias} where ${where} for update of ${place.alias}),
  new as materialized (select ${row.join(', ')} from old)`;
}

const idInput = (w: SqlWriter, model: DataModel): string => w.input('id', columnTypeOf(idFieldOf(model)).cast);
/** Whether the row `old` has the version the writer names, if any. */
export const expected = (w: SqlWriter, model: DataModel): string =>
  versionOf(model)
    ? `(${w.input('ifMatch', 'int')} is null or old.${col(versionOf(model)!)} = ${w.input('ifMatch', 'int')})`
    : 'true';
const versionOf = (model: DataModel): Field | undefined => model.fields.find((field) => field.key === 'version');
export const markOf = (model: DataModel): Field | undefined => model.fields.find((field) => field.key === model.softDelete);

/** What the server sets at each update, by key. */
const touches: Record<string, (w: SqlWriter, column: string, row: string) => string> = {
  version: (_w, column, row) => `${column} = ${row}.${column} + 1`,
  updatedAt: (w, column) => `${column} = ${w.input('now', 'timestamptz')}`,
  updatedBy: (w, column) => `${column} = ${w.input('userId', 'uuid')}`,
};
/** Those fields, where the model has them. */
export const stampsTouched = (model: DataModel): Field[] =>
  model.fields.filter((field) => field.column !== undefined && Object.hasOwn(touches, field.key));
export const touch = (w: SqlWriter, field: Field, row: string): string => touches[field.key]!(w, col(field), row);

/** Locks the row and gives its verdict, without writing: before hooks run. */
export function lockStatement(shape: WriteShape): WriteStatement {
  const w = sqlWriter();
  const before = oldAndNew(w, shape);
  const projection = returned(w, shape, 'old');
  const text = `${before},
  verdict as materialized (select ${verdictColumns(w, shape).join(', ')} from new)
  select ${verdictList(shape)}, ${expected(w, shape.model)} as "$expected", ${projection.columns.join(', ')} from old cross join verdict`;
  return { statement: w.finish(text), projection };
}

export const anyDiffers = ({ set }: WriteShape): string =>
  set.map((field) => differsSql(field, `target.${col(field)}`, `new.${col(field)}`)).join(' or ') || 'false';

/** Updates the row and writes its event, if check and version fit and something changes. No row comes back when there is none to update. */
export function updateStatement(shape: WriteShape): WriteStatement {
  if (shape.set.length === 0) return lockStatement(shape);
  const w = sqlWriter();
  const { model } = shape;
  const before = oldAndNew(w, shape);
  const stamps = stampsTouched(model);
  const sets = [
    ...shape.set.map((field) => `${col(field)} = new.${col(field)}`),
    ...stamps.map((field) => touch(w, field, 'target')),
  ];
  const differs = anyDiffers(shape);
  const event = eventSql(w, 'updated', shape, { before: 'old', after: 'written', changed: [...shape.set, ...stamps] });
  const projection = returned(w, shape, 'written');
  const text = `${before},
  verdict as materialized (select ${verdictColumns(w, shape).join(', ')}, ${expected(w, model)} as "expected" from new cross join old),
  written as (update ${quoteTable(model.table)} target set ${sets.join(', ')} from new where ${idSql(model, 'target')} = ${idSql(model, 'new')} and (select ${allSeen(shape)} and verdict.expected from verdict) and (${differs}) returning target.*)${event ? `,\n  event as (${event})` : ''}
  select ${verdictList(shape)}, verdict.expected as "$expected", ${idSql(model, 'written')} is not null as "$written", ${projection.columns.join(', ')} from verdict left join written on true`;
  return { statement: w.finish(text), projection };
}

/** Stamps the row as changed and writes the event of what happened to its links, which are rows of others. */
export function linkedStatement({ model, rules }: WriteShape): Statement {
  const w = sqlWriter();
  const stamps = stampsTouched(model);
  const sides = { before: 'old', after: 'written', changed: stamps, links: w.input('links', 'jsonb') };
  const text = `with old as materialized (select * from ${quoteTable(model.table)} own where ${idSql(model, 'own')} = ${idInput(w, model)} for update),
  written as (update ${quoteTable(model.table)} target set ${stamps.map((field) => touch(w, field, 'target')).join(', ')} from old where ${idSql(model, 'target')} = ${idSql(model, 'old')} returning target.*),
  event as (${eventSql(w, 'updated', { model, rules }, sides)!})
  select true as "$written" from written`;
  return w.finish(text);
}

/** A deletion is no change of what Piper's own records say; of users' records it shows who did it. */
const stampsOfRemoval = (model: DataModel): Field[] =>
  stampsTouched(model).filter((field) => field.key === 'version' || model.projectId !== undefined);

/** Removes the row, or marks it as removed, and writes the event; `restored` takes the mark away. */
export function removeStatement(shape: WriteShape, change: 'deleted' | 'restored'): WriteStatement {
  const w = sqlWriter();
  const { model } = shape;
  const before = oldAndNew(w, shape);
  const mark = markOf(model);
  const fits = expected(w, model);
  const event = eventSql(
    w,
    change,
    shape,
    change === 'deleted' ? { before: 'old', changed: [] } : { after: 'written', changed: [] },
  );
  const projection = returned(w, shape, 'old');
  const stamp = stampsOfRemoval(model).map((field) => touch(w, field, 'target'));
  const from = `old where ${idSql(model, 'target')} = ${idSql(model, 'old')} and ${fits}`;
  const removal = mark
    ? `update ${quoteTable(model.table)} target set ${[`${col(mark)} = ${change === 'deleted' ? w.input('now', 'timestamptz') : 'null'}`, ...stamp].join(', ')} from ${from} returning target.*`
    : `delete from ${quoteTable(model.table)} target using ${from} returning target.*`;
  const guarded = event && change === 'deleted' ? `${event} where exists (select 1 from written)` : event;
  const text = `${before},
  written as (${removal})${guarded ? `,\n  event as (${guarded})` : ''}
  select ${fits} as "$expected", ${idSql(model, 'written')} is not null as "$written", ${projection.columns.join(', ')} from old left join written on true`;
  return { statement: w.finish(text), projection };
}
