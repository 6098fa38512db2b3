/** Filling columns: from those they replace, with numbers, or where a required field found nothing. */
import type { Field } from '@piper/shared/data-model';
import { literal, quote } from '#platform/records/sql-writer';
import { columnTypeOf } from '#platform/records/fields/index';
import {
  column as columnSql,
  converted,
  convertedBack,
  convertedValue,
  formerColumn,
  formerValue,
  type RowSql,
} from './convert.ts';
import type { PhysicalColumn, PhysicalSchema, PhysicalTable } from './physical.ts';
import { formulaValue } from './plan-computed.ts';
import { emit, exclusive, fillSql, type FreshColumn, type Planning, type TableChange } from './planning.ts';
import type { Synced } from './plan-sync.ts';
import { nextNumber, tableSql } from './statements.ts';

/** Fills a new column, called `name` meanwhile, from the one it replaces, or with numbers. Returns what must be kept in step meanwhile. */
export function fillFresh(planning: Planning, change: TableChange, fresh: FreshColumn, name: string): Synced[] {
  const { column, from, computed } = fresh;
  const expression = valueFor(
    planning,
    change.online ? change : settled(change),
    fresh,
    fillSql(planning, change.table.model, column),
  );
  if (column.sequence === undefined) {
    if (!expression) return [];
    const { identity = (sql: string) => sql } = columnTypeOf(column.field);
    updateRows(planning, change, {
      set: `${quote(name)} = ${expression('t')}`,
      where: `${identity(`t.${quote(name)}`)} is distinct from ${identity(expression('t'))}`,
      sentence: conversionOf(fresh),
    });
  } else {
    if (expression) countOn(planning, change, column, expression);
    const next = nextNumber(column.sequence);
    updateRows(planning, change, {
      set: `${quote(name)} = ${expression ? `coalesce(${expression('t')}, ${next})` : next}`,
      where: `t.${quote(name)} is null`,
      sentence: expression ? conversionOf(fresh) : `Number the records of "${change.table.model.label}".`,
      // What is new with all records is news of none.
      isNews: expression !== undefined,
    });
  }
  if (!expression) return [];
  checkConversion(planning, change, fresh);
  const on = from ? [from.name] : ownColumns(change.old, computed!);
  return change.online ? [{ column: name, value: expression, on }] : [];
}

/** A formula may follow any of them. */
const ownColumns = ({ columns, model }: PhysicalTable, { id }: Field): string[] =>
  model.fields.flatMap((field) => (field.id === id ? [] : (columns.get(field.id)?.name ?? [])));

function conversionOf({ column, from }: FreshColumn): string {
  const { label, type } = column.field;
  return from
    ? `Convert the values of "${label}" from ${from.field.type} to ${type}.`
    : `Keep the values that "${label}" was computed to.`;
}

/** Whether a new column begins with values, and not empty. */
export const isFilled = ({ old }: TableChange, { from, computed }: FreshColumn): boolean =>
  from !== undefined || (computed !== undefined && formulaValue(old, computed) !== undefined);

/** Whoever read a record before finds it changed. Piper's own tables and those that were attached may have no such columns here. */
function stamped({ columns }: PhysicalTable): string[] {
  const [version, updatedAt] = [columns.get('version'), columns.get('updatedAt')];
  return [
    version ? `${quote(version.name)} = ${columnSql('t', version)} + 1` : [],
    updatedAt ? `${quote(updatedAt.name)} = now()` : [],
  ].flat();
}

/** In batches beforehand, or at once in the switch. */
function updateRows(
  planning: Planning,
  { old, table, online }: TableChange,
  of: { set: string; where: string; sentence: string; isNews?: boolean },
): void {
  const { where, sentence } = of;
  const set = [of.set, ...(of.isNews === false ? [] : stamped(old))].join(', ');
  const place = tableSql(online ? old : table);
  emit(planning, online ? 'filled' : 'filledAtOnce', {
    kind: online ? 'batch' : 'brief',
    model: table.model.id,
    sql: `update ${place} t set ${set} where ${where}`,
    ...(online ? { batch: { table: place, set, where } } : { locks: [exclusive(old)] }),
    risk: 'rewrites-table',
    sentence,
  });
}

/** Numbers given from now on are higher than those that were converted. */
function countOn(planning: Planning, { old, table, online }: TableChange, column: PhysicalColumn, value: RowSql): void {
  const highest = `select max(${value('t')}) from ${tableSql(online ? old : table)} t`;
  emit(planning, online ? 'synced' : 'addedAtOnce', {
    kind: online ? 'online' : 'brief',
    model: table.model.id,
    sql: `select setval(${literal(column.sequence!)}, greatest((${highest}), 0) + 1, false)`,
    ...(online ? {} : { locks: [exclusive(old)] }),
    sentence: `Go on counting "${column.field.label}" after the highest number.`,
  });
}

/** In the switch, columns and tables have their new names already. */
function settled(change: TableChange): TableChange {
  const names = new Map([...change.sources].map(([id, source]) => [source, change.table.columns.get(id)!.name]));
  const rename = (column: PhysicalColumn): PhysicalColumn => ({ ...column, name: names.get(column) ?? column.name });
  const columns = new Map([...change.old.columns].map(([id, column]) => [id, rename(column)]));
  return { ...change, old: { ...change.old, columns } };
}

function valueFor(planning: Planning, change: TableChange, fresh: FreshColumn, fill: string | undefined): RowSql | undefined {
  const was = formerColumn(change.old.model, fresh.column, change.old.columns);
  const schema = change.online ? planning.before : planning.after;
  const raw = fresh.from
    ? convertedFrom(change.old.columns.get(fresh.from.field.id)!, fresh.column, { was, schema })
    : computedTo(change, fresh, { was, schema });
  if (!raw) return undefined;
  return fill === undefined ? raw : (row) => `coalesce(${raw(row)}, ${fill})`;
}

/** What a new column begins with, as SQL over the rows as they are; undefined: with nothing, or with numbers. */
export function freshSql(planning: Planning, change: TableChange, fresh: FreshColumn): string | undefined {
  const fill = fillSql(planning, change.table.model, fresh.column);
  return valueFor(planning, { ...change, online: true }, fresh, fill)?.('t') ?? fill;
}

interface Former {
  /** The bin's column, if the field had this type before. */
  was: PhysicalColumn | undefined;
  schema: PhysicalSchema;
}

const convertedFrom = (from: PhysicalColumn, to: PhysicalColumn, { was, schema }: Former): RowSql =>
  was ? convertedBack(from, to, was, schema) : converted(from, to, schema);

/** What the field was computed to; where it held a value before it was computed, that. */
function computedTo({ old }: TableChange, { column, computed }: FreshColumn, { was, schema }: Former): RowSql | undefined {
  const value = computed && formulaValue(old, computed);
  if (!value) return undefined;
  const now = convertedValue({ field: computed, value }, column, schema);
  return was ? (row) => `coalesce(${formerValue(was, column, schema)(row)}, ${now(row)})` : now;
}

/** Looked for before anything is done: in tables and columns as they are called now. */
function checkConversion(planning: Planning, change: TableChange, fresh: FreshColumn): void {
  const { old, table } = change;
  const raw = valueFor(planning, { ...change, online: true }, fresh, undefined)!;
  const from = fresh.from ? columnSql('t', fresh.from) : formulaValue(old, fresh.computed!)!('t');
  const shared = { model: table.model.id, fields: [fresh.column.field.id], table: tableSql(old), value: `(${from})::text` };
  const where = `${from} is not null and ${raw('t')} is null`;
  planning.checks.push({ ...shared, kind: 'unconvertible', where, effect: 'loss' });
  const isOpen = fresh.column.sequence === undefined && fillSql(planning, table.model, fresh.column) === undefined;
  if (fresh.column.required && isOpen)
    planning.checks.push({ ...shared, kind: 'missing', where: `${raw('t')} is null`, effect: 'obstacle' });
}

/** Fills a column that is there and becomes required; without anything to fill it with, records without a value stand in the way. */
export function fillKept(planning: Planning, change: TableChange, source: PhysicalColumn, column: PhysicalColumn): Synced[] {
  const fill = fillSql(planning, change.table.model, column);
  const own = columnSql('t', source);
  if (fill === undefined) {
    const check = {
      model: change.table.model.id,
      fields: [column.field.id],
      table: tableSql(change.old),
      where: `${own} is null`,
    };
    planning.checks.push({
      ...check,
      kind: 'missing',
      effect: 'obstacle',
      value: `(${own})::text`,
      ...(source.isBinned ? { isBack: true } : {}),
    });
    return [];
  }
  const name = change.online ? source.name : column.name;
  updateRows(planning, change, {
    set: `${quote(name)} = ${fill}`,
    where: `t.${quote(name)} is null`,
    sentence: `Fill "${column.field.label}" where it is empty.`,
  });
  return change.online ? [{ column: name, value: (row) => `coalesce(${columnSql(row, source)}, ${fill})`, on: [name] }] : [];
}
