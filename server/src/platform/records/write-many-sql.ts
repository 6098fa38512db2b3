/** Compiles writes of many records of one model: all rows, rules and events in one statement, all of them or none. */
import type { DataModel, Field } from '@piper/shared/data-model';
import { conditionSql, idFieldOf, idSql, visibleSql, whereSql, type Place } from './condition-sql.ts';
import { eventSql } from './event-sql.ts';
import { columnTypeOf } from './fields/index.ts';
import { quote, quoteTable, sqlWriter, type SqlWriter } from './sql-writer.ts';
import {
  allSeen,
  anyDiffers,
  col,
  columnsOf,
  expected,
  markOf,
  newValue,
  returned,
  stampsTouched,
  touch,
  verdictColumns,
  verdictList,
  type WriteShape,
  type WriteStatement,
} from './write-sql.ts';

/** The input under which all rows' values of a field are bound, as texts. */
export const listInput = (field: Field): string => `values:${field.key}`;

/** Numbers the rows; no column is called so. */
const at = quote('$n');

/** `given`: one row of texts for each record, numbered in the order of the request. */
function givenRows(w: SqlWriter, fields: readonly Field[]): string {
  const lists = fields.map((field) => w.input(listInput(field), 'text[]'));
  return `given as materialized (select * from unnest(${lists.join(', ')}) with ordinality as given(${[...fields.map(col), at].join(', ')}))`;
}

const fromGiven = (field: Field): string => `given.${col(field)}::${columnTypeOf(field).cast}`;

const allPass = (shape: WriteShape): string => `(select bool_and((${allSeen(shape)}) is true) from verdict)`;

/** Inserts the rows and their events if all pass. One row comes back for each. */
export function insertManyStatement(shape: WriteShape): WriteStatement {
  const w = sqlWriter();
  const { model } = shape;
  const given = new Set(shape.set);
  const row = columnsOf(model).map(
    (field) => `${given.has(field) ? fromGiven(field) : `null::${columnTypeOf(field).cast}`} as ${col(field)}`,
  );
  const names = shape.set.map(col).join(', ');
  const projection = returned(w, shape, 'written');
  const text = `with ${givenRows(w, shape.set)},
  new as materialized (select given.${at}, ${row.join(', ')} from given),
  verdict as materialized (select new.${at}, ${idSql(model, 'new')} as "$id", ${verdictColumns(w, shape).join(', ')} from new),
  written as (insert into ${quoteTable(model.table)} (${names}) select ${names} from new where ${allPass(shape)} order by ${at} returning *)${withEvent(eventSql(w, 'created', shape, { after: 'written', changed: [] }))}
  select ${verdictList(shape)}, ${idSql(model, 'written')} is not null as "$written", ${projection.columns.join(', ')} from verdict left join written on ${idSql(model, 'written')} = verdict."$id" order by verdict.${at}`;
  return { statement: w.finish(text), projection };
}

const withEvent = (event: string | undefined): string => (event === undefined ? '' : `,\n  event as (${event})`);

/** The existing rows, locked in the order of their ids so that two writers never wait for each other. */
function oldRows(w: SqlWriter, shape: WriteShape): string {
  const { model } = shape;
  const place: Place = { model, alias: w.alias(), rules: shape.rules, eyes: 'rule' };
  const mark = markOf(model);
  const marked = mark && `${place.alias}.${col(mark)} is not null`;
  const scope = shape.deleted === 'any' ? 'true' : shape.deleted ? marked! : visibleSql(w, place);
  const where = whereSql([scope, conditionSql(w, shape.filter, place)]);
  const id = idFieldOf(model);
  return `old as materialized (select given.${at}, ${place.alias}.* from given join ${quoteTable(model.table)} ${place.alias} on ${idSql(model, place.alias)} = ${fromGiven(id)} where ${where} order by ${idSql(model, place.alias)} for update of ${place.alias})`;
}

/** Updates the rows and writes their events, if all pass; `alike` sets the same values in all of them. A row comes back for each that could be found. */
export function updateManyStatement(shape: WriteShape, alike: boolean): WriteStatement {
  const w = sqlWriter();
  const { model } = shape;
  const set = new Set(shape.set);
  const value = (field: Field): string => (alike ? newValue(w, field) : fromGiven(field));
  const row = columnsOf(model).map((field) => `${set.has(field) ? value(field) : `old.${col(field)}`} as ${col(field)}`);
  const stamps = stampsTouched(model);
  const sets = [
    ...shape.set.map((field) => `${col(field)} = new.${col(field)}`),
    ...stamps.map((field) => touch(w, field, 'target')),
  ];
  const projection = returned(w, shape, 'written');
  const event = eventSql(w, 'updated', shape, { before: 'old', after: 'written', changed: [...shape.set, ...stamps] });
  const text = `with ${givenRows(w, [idFieldOf(model), ...(alike ? [] : shape.set)])},
  ${oldRows(w, shape)},
  new as materialized (select old.${at}, ${row.join(', ')} from old join given on given.${at} = old.${at}),
  verdict as materialized (select new.${at}, ${idSql(model, 'new')} as "$id", ${verdictColumns(w, shape).join(', ')} from new),
  written as (update ${quoteTable(model.table)} target set ${sets.join(', ')} from new where ${idSql(model, 'target')} = ${idSql(model, 'new')} and ${allPass(shape)} and (${anyDiffers(shape)}) returning target.*)${withEvent(event)}
  select ${verdictList(shape)}, verdict."$id"::text as "$id", ${idSql(model, 'written')} is not null as "$written", ${projection.columns.join(', ')} from verdict left join written on ${idSql(model, 'written')} = verdict."$id" order by verdict.${at}`;
  return { statement: w.finish(text), projection };
}

export type Removal = 'mark' | 'erase' | 'restore';

/** Locks the rows that may be removed, without removing them. A row comes back for each. */
export function lockManyStatement(shape: WriteShape): WriteStatement {
  const w = sqlWriter();
  const { model } = shape;
  const text = `with ${givenRows(w, [idFieldOf(model)])},
  ${oldRows(w, shape)}
  select ${idSql(model, 'old')}::text as "$id", ${expected(w, model)} as "$expected" from old order by old.${at}`;
  return { statement: w.finish(text), projection: nothingRead };
}

const nothingRead: WriteStatement['projection'] = { columns: [], read: (record) => record, nested: [] };

/** Marks the rows as deleted, removes them for good or takes the mark away, and writes their events. A row comes back for each that could be found. */
export function removeManyStatement(shape: WriteShape, removal: Removal): WriteStatement {
  const w = sqlWriter();
  const { model } = shape;
  const id = idFieldOf(model);
  const restores = removal === 'restore';
  const sides = restores ? { after: 'written', changed: [] } : { before: 'gone', changed: [] };
  // Who was marked before is gone from the log already.
  const gone = `gone as materialized (select old.* from old join written on ${idSql(model, 'written')} = ${idSql(model, 'old')}${wasThere(model)})`;
  const event = eventSql(w, restores ? 'restored' : 'deleted', shape, sides);
  const text = `with ${givenRows(w, [id])},
  ${oldRows(w, shape)},
  written as (${changeRows(w, model, removal)}),
  ${gone}${withEvent(event)}
  select ${idSql(model, 'old')}::text as "$id", ${idSql(model, 'written')} is not null as "$written" from old left join written on ${idSql(model, 'written')} = ${idSql(model, 'old')} order by old.${at}`;
  return { statement: w.finish(text), projection: nothingRead };
}

function wasThere(model: DataModel): string {
  const mark = markOf(model);
  return mark ? ` where old.${col(mark)} is null` : '';
}

function changeRows(w: SqlWriter, model: DataModel, removal: Removal): string {
  const mark = markOf(model);
  const from = `old where ${idSql(model, 'target')} = ${idSql(model, 'old')}`;
  if (!mark || removal === 'erase') return `delete from ${quoteTable(model.table)} target using ${from} returning target.*`;
  const stamps = stampsTouched(model).map((field) => touch(w, field, 'target'));
  const value = removal === 'mark' ? w.input('now', 'timestamptz') : 'null';
  return `update ${quoteTable(model.table)} target set ${[`${col(mark)} = ${value}`, ...stamps].join(', ')} from ${from} returning target.*`;
}
