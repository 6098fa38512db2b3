/** Columns: new ones, those with another type, those that become required, those that go to the bin or come back. */
import { columnTypeOf } from '#platform/records/fields/index';
import { literal, quote } from '#platform/records/sql-writer';
import { column as columnSql } from './convert.ts';
import { nameFrom, type PhysicalColumn, type PhysicalTable } from './physical.ts';
import { emit, exclusive, fillSql, type FreshColumn, type Planning, type TableChange } from './planning.ts';
import { fillFresh, fillKept, isFilled } from './plan-fill.ts';
import { planSync, type Synced } from './plan-sync.ts';
import { addColumn, alter, hasColumn, hasConstraint, nextNumber, tableSql, tableText } from './statements.ts';

/** A column's name until the switch, by the field's id. */
export type NameOf = (field: string) => string;

/** Plans the table's columns. */
export function planColumns(planning: Planning, change: TableChange): NameOf {
  const temporary = new Map<string, string>();
  const synced: Synced[] = [];
  const nameOf: NameOf = (id) => temporary.get(id) ?? change.sources.get(id)?.name ?? change.table.columns.get(id)!.name;
  for (const fresh of change.fresh) {
    if (change.online && isWork(change, fresh)) temporary.set(fresh.column.field.id, temporaryName(change.table, fresh));
    synced.push(...planFresh(planning, change, fresh, nameOf));
  }
  for (const [id, source] of change.sources) {
    const column = change.table.columns.get(id)!;
    synced.push(...planKept(planning, change, source, column));
  }
  planSync(planning, change, synced);
  for (const column of change.table.columns.values()) planRequired(planning, change, column, nameOf);
  planDropped(planning, change);
  return nameOf;
}

const temporaryName = ({ model }: PhysicalTable, { column }: FreshColumn): string =>
  nameFrom('new', model.id, column.field.id, column.field.type, column.name);

/** Whether more is to do than adding an empty column. */
function isWork(change: TableChange, fresh: FreshColumn): boolean {
  const { table } = change;
  const { column } = fresh;
  const id = column.field.id;
  const isIndexed = table.indexes.some((index) => index.fields.includes(id)) || table.keys.some((key) => key.field === id);
  return isFilled(change, fresh) || column.required || column.sequence !== undefined || isIndexed;
}

function planFresh(planning: Planning, change: TableChange, fresh: FreshColumn, nameOf: NameOf): Synced[] {
  const { old, table, online } = change;
  const { column } = fresh;
  const filled = isFilled(change, fresh);
  const name = nameOf(column.field.id);
  const early = online && name !== column.name;
  // At once it happens after the table's rename.
  const place = early ? old : table;
  const value = filled ? undefined : fillSql(planning, table.model, column);
  emit(planning, early ? 'columnAdded' : 'addedAtOnce', {
    kind: 'brief',
    model: table.model.id,
    sql: [...sequenceFor(column), addColumn(place, column, name, value), ...ownedBy(place, column, name)].join(';\n'),
    locks: [exclusive(old)],
    done: hasColumn(place, name),
    ...(early ? { undo: { sql: alter(place, `drop column if exists ${quote(name)}`), locks: [exclusive(old)] } } : {}),
    sentence: `Add "${column.field.label}" to "${table.model.label}"${beginOf(fresh, filled)}.`,
  });
  if (early) {
    const sentence = `Put the new "${column.field.label}" in its place.`;
    renameColumn(planning, change, { from: name, to: column.name, sentence });
  }
  if (column.sequence !== undefined || filled) return fillFresh(planning, change, fresh, name);
  if (value !== undefined) dropDefault(planning, change, column);
  else if (column.required) refuseEmpty(planning, change, column);
  return [];
}

/** Every record that is there lacks what a new field requires. */
function refuseEmpty({ checks }: Planning, { old, table }: TableChange, { field }: PhysicalColumn): void {
  const of = { model: table.model.id, fields: [field.id], table: tableSql(old) };
  checks.push({ ...of, kind: 'missing', where: 'true', value: 'null::text', effect: 'obstacle' });
}

/** What was a lookup, a rollup or a formula over other records begins empty. */
const beginOf = ({ computed }: FreshColumn, isFull: boolean): string =>
  computed && !isFull ? '; it begins empty, since what was computed from other records is not kept' : '';

const sequenceFor = ({ sequence }: PhysicalColumn): string[] =>
  sequence === undefined ? [] : [`create sequence if not exists ${sequence}`];

const ownedBy = (place: PhysicalTable, { sequence }: PhysicalColumn, name: string): string[] =>
  sequence === undefined
    ? []
    : [
        `alter sequence ${sequence} owned by ${tableSql(place)}.${quote(name)}`,
        alter(place, `alter column ${quote(name)} set default ${nextNumber(sequence)}`),
      ];

/** Whoever still writes by the old definitions finds the default until the switch; then the engine's counts. */
function dropDefault(planning: Planning, { old, table }: TableChange, column: PhysicalColumn): void {
  emit(planning, 'tightened', {
    kind: 'brief',
    model: table.model.id,
    sql: alter(table, `alter column ${quote(column.name)} drop default`),
    locks: [exclusive(old)],
    sentence: `Leave the default of "${column.field.label}" to Piper.`,
  });
}

/** A column that stays: renamed, put into the bin, brought back, or filled because it becomes required. */
function planKept(planning: Planning, change: TableChange, source: PhysicalColumn, column: PhysicalColumn): Synced[] {
  const { model } = change.table;
  const isBinned = column.isBinned && !source.isBinned;
  if (source.name !== column.name)
    renameColumn(planning, change, {
      from: source.name,
      to: column.name,
      sentence: moveOf(source, column),
      binned: column.isBinned,
      // What only changes its type goes on under its field.
      isLoss: isBinned && model.fields.every((field) => field.id !== source.field.id),
    });
  if (source.sequence !== column.sequence) renumber(planning, change, source, column);
  if (source.notNull && !column.notNull) loosen(planning, change, { source, column });
  if (!isBinned && !source.isBinned) checkOptions(planning, change, { source, column });
  return source.required || !column.required ? [] : fillKept(planning, change, source, column);
}

/** Values that the field's options allowed until now, and will not. */
function checkOptions(
  { checks }: Planning,
  { old, table }: TableChange,
  of: { source: PhysicalColumn; column: PhysicalColumn },
): void {
  const { source, column } = of;
  const own = columnSql('t', source);
  const allowed = ({ field }: PhysicalColumn): string => columnTypeOf(field).within?.(own, field) ?? own;
  const [until, now] = [allowed(source), allowed(column)];
  if (now === own || now === until) return;
  checks.push({
    kind: 'disallowed',
    model: table.model.id,
    fields: [column.field.id],
    table: tableSql(old),
    where: `${until} is not null and ${now} is null`,
    value: columnTypeOf(source.field).toText(own),
    effect: 'loss',
  });
}

function moveOf(source: PhysicalColumn, column: PhysicalColumn): string {
  const { label } = column.field;
  if (column.isBinned) return `Put the values of "${label}" into the bin.`;
  const mayBeEmpty = source.field.required === true && column.field.required !== true;
  if (source.isBinned) return `Bring the values of "${label}" back from the bin${mayBeEmpty ? '; it may be empty now' : ''}.`;
  return `Rename the column ${source.name} to ${column.name}.`;
}

function renameColumn(
  planning: Planning,
  { old, table }: TableChange,
  of: { from: string; to: string; sentence: string; binned?: boolean; isLoss?: boolean },
): void {
  emit(planning, of.binned ? 'binned' : 'renamed', {
    kind: 'brief',
    model: table.model.id,
    sql: alter(table, `rename column ${quote(of.from)} to ${quote(of.to)}`),
    locks: [exclusive(old)],
    risk: of.isLoss ? 'loses-data' : 'safe',
    sentence: of.sentence,
  });
}

/** What is replaced gives no numbers any more; when it comes back as a field of its own, it goes on after its highest. */
function renumber(planning: Planning, { old, table }: TableChange, source: PhysicalColumn, column: PhysicalColumn): void {
  const { label } = column.field;
  const of = { kind: 'brief' as const, model: table.model.id, locks: [exclusive(old)] };
  if (source.sequence !== undefined) {
    const sql = alter(old, `alter column ${quote(source.name)} drop default`);
    emit(planning, 'loosened', { ...of, sql, sentence: `Give no more numbers for the old values of "${label}".` });
  }
  if (column.sequence === undefined) return;
  const highest = `select max(${quote(column.name)}) from ${tableSql(table)}`;
  const count = `select setval(${literal(column.sequence)}, greatest((${highest}), 0) + 1, false)`;
  const sql = [...sequenceFor(column), count, ...ownedBy(table, column, column.name)].join(';\n');
  emit(planning, 'addedAtOnce', { ...of, sql, sentence: `Go on counting "${label}" after the highest number.` });
}

function loosen(planning: Planning, { old, table }: TableChange, of: { source: PhysicalColumn; column: PhysicalColumn }): void {
  emit(planning, 'loosened', {
    kind: 'brief',
    model: table.model.id,
    sql: alter(old, `alter column ${quote(of.source.name)} drop not null`),
    locks: [exclusive(old)],
    sentence: `Let "${of.column.field.label}" be empty.`,
  });
}

/** NOT NULL by way of a checked constraint, which spares the look at every row under a lock. */
function planRequired(planning: Planning, change: TableChange, column: PhysicalColumn, nameOf: NameOf): void {
  const { old, table, online } = change;
  const id = column.field.id;
  if (!column.notNull || change.sources.get(id)?.notNull) return;
  const model = table.model.id;
  const name = nameOf(id);
  const check = nameFrom('nn', model, id, column.field.type);
  if (online) {
    emit(planning, 'checked', {
      kind: 'brief',
      model,
      sql: alter(old, `add constraint ${check} check (${quote(name)} is not null) not valid`),
      locks: [exclusive(old)],
      done: hasConstraint(old, check),
      undo: { sql: alter(old, `drop constraint if exists ${check}`), locks: [exclusive(old)] },
      sentence: `Refuse new records without "${column.field.label}".`,
    });
    emit(planning, 'validated', {
      kind: 'online',
      model,
      sql: alter(old, `validate constraint ${check}`),
      done: hasConstraint(old, check, true),
      sentence: `Look whether every record has "${column.field.label}".`,
    });
  }
  const settle = [`alter column ${quote(column.name)} set not null`, ...(online ? [`drop constraint ${check}`] : [])];
  emit(planning, 'tightened', {
    kind: 'brief',
    model,
    sql: alter(table, settle.join(', ')),
    locks: [exclusive(old)],
    sentence: `Require "${column.field.label}" of "${table.model.label}".`,
  });
}

/** Columns that neither definitions nor bin name any more. */
function planDropped(planning: Planning, { old, table, sources }: TableChange): void {
  const kept = new Set(sources.values());
  for (const column of old.columns.values()) {
    if (kept.has(column)) continue;
    emit(planning, 'loosened', {
      kind: 'brief',
      model: table.model.id,
      sql: alter(old, `drop column ${quote(column.name)}`),
      locks: [{ table: tableText(old), mode: 'access exclusive' }],
      risk: 'loses-data',
      sentence: `Remove the values of "${column.field.label}" for good.`,
    });
  }
}
