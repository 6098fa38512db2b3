/** Columns: new ones, those with another type, those that become required, those that go to the bin or come back. */
import { literal, quote } from '#platform/records/sql-writer';
import { column as columnSql, converted, convertedBack, formerColumn, type RowSql } from './convert.ts';
import { nameFrom, type PhysicalColumn, type PhysicalTable } from './physical.ts';
import { emit, exclusive, fillSql, type FreshColumn, type Planning, type TableChange } from './planning.ts';
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
    synced.push(...planKept(planning, change, { source, column }));
  }
  planSync(planning, change, synced);
  for (const column of change.table.columns.values()) planRequired(planning, change, column, nameOf);
  planDropped(planning, change);
  return nameOf;
}

const temporaryName = ({ model }: PhysicalTable, { column }: FreshColumn): string =>
  nameFrom('new', model.id, column.field.id, column.field.type, column.name);

/** Whether more is to do than adding an empty column. */
function isWork({ table }: TableChange, { column, from }: FreshColumn): boolean {
  const id = column.field.id;
  const isIndexed = table.indexes.some((index) => index.fields.includes(id)) || table.keys.some((key) => key.field === id);
  return from !== undefined || column.required || column.sequence !== undefined || isIndexed;
}

function planFresh(planning: Planning, change: TableChange, fresh: FreshColumn, nameOf: NameOf): Synced[] {
  const { old, table, online } = change;
  const { column, from } = fresh;
  const { label } = column.field;
  const name = nameOf(column.field.id);
  const early = online && name !== column.name;
  // At once it happens after the table's rename.
  const place = early ? old : table;
  const fill = fillSql(planning, table.model, column);
  const value = from === undefined ? fill : undefined;
  emit(planning, early ? 'columnAdded' : 'addedAtOnce', {
    kind: 'brief',
    model: table.model.id,
    sql: [...sequenceFor(column), addColumn(place, column, name, value), ...ownedBy(place, column, name)].join(';\n'),
    locks: [exclusive(old)],
    done: hasColumn(place, name),
    ...(early ? { undo: { sql: alter(place, `drop column if exists ${quote(name)}`), locks: [exclusive(old)] } } : {}),
    sentence: `Add "${label}" to "${table.model.label}".`,
  });
  if (early) renameColumn(planning, change, { from: name, to: column.name, sentence: `Put the new "${label}" in its place.` });
  if (value !== undefined) dropDefault(planning, change, column);
  if (column.sequence === undefined && from === undefined) return [];
  return fillFresh(planning, change, { fresh, name, fill, early });
}

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

interface Filling {
  fresh: FreshColumn;
  name: string;
  fill: string | undefined;
  early: boolean;
}

/** Fills a new column from the one it replaces, or with numbers. Returns what must be kept in step meanwhile. */
function fillFresh(planning: Planning, change: TableChange, { fresh, name, fill, early }: Filling): Synced[] {
  const { old, table } = change;
  const { column, from } = fresh;
  const expression = early ? valueFor(planning, change, fresh, fill) : valueFor(planning, settled(change), fresh, fill);
  const place = early ? old : table;
  const next = column.sequence === undefined ? undefined : nextNumber(column.sequence);
  const value = (row: string): string => {
    const given = expression?.(row);
    return next === undefined ? given! : given === undefined ? next : `coalesce(${given}, ${next})`;
  };
  if (next !== undefined && expression) countOn(planning, change, { expression, column, early });
  const target = `t.${quote(name)}`;
  const where = next === undefined ? `${target} is distinct from ${value('t')}` : `${target} is null`;
  const set = `${quote(name)} = ${value('t')}`;
  emit(planning, early ? 'filled' : 'filledAtOnce', {
    kind: early ? 'batch' : 'brief',
    model: table.model.id,
    sql: `update ${tableSql(place)} t set ${set} where ${where}`,
    ...(early ? { batch: { table: tableSql(place), set, where } } : { locks: [exclusive(old)] }),
    risk: 'rewrites-table',
    sentence: from
      ? `Convert the values of "${column.field.label}" from ${from.field.type} to ${column.field.type}.`
      : `Number the records of "${table.model.label}".`,
  });
  if (from && expression) checkConversion(planning, change, fresh, fill);
  return early && from && expression ? [{ column: name, value: expression, on: [from.name] }] : [];
}

/** Numbers given from now on are higher than those that were converted. */
function countOn(
  planning: Planning,
  { old, table }: TableChange,
  of: { expression: RowSql; column: PhysicalColumn; early: boolean },
): void {
  const place = of.early ? old : table;
  emit(planning, of.early ? 'synced' : 'addedAtOnce', {
    kind: of.early ? 'online' : 'brief',
    model: table.model.id,
    sql: `select setval(${literal(of.column.sequence!)}, greatest((select max(${of.expression('t')}) from ${tableSql(place)} t), 0) + 1, false)`,
    ...(of.early ? {} : { locks: [exclusive(old)] }),
    sentence: `Go on counting "${of.column.field.label}" after the highest number.`,
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
  if (!fresh.from) return undefined;
  const from = change.old.columns.get(fresh.from.field.id)!;
  const was = formerColumn(change.old.model, fresh.column, change.old.columns);
  const schema = change.online ? planning.before : planning.after;
  const raw = was ? convertedBack(from, fresh.column, was, schema) : converted(from, fresh.column, schema);
  return fill === undefined ? raw : (row) => `coalesce(${raw(row)}, ${fill})`;
}

function checkConversion(planning: Planning, change: TableChange, fresh: FreshColumn, fill: string | undefined): void {
  const { old, table } = change;
  const raw = valueFor({ ...planning, after: planning.before }, change, fresh, undefined)!;
  const from = columnSql('t', fresh.from!);
  const shared = { model: table.model.id, fields: [fresh.column.field.id], table: tableSql(old), value: `(${from})::text` };
  planning.checks.push({
    ...shared,
    kind: 'unconvertible',
    where: `${from} is not null and ${raw('t')} is null`,
    effect: 'loss',
  });
  if (fresh.column.required && fill === undefined)
    planning.checks.push({ ...shared, kind: 'missing', where: `${raw('t')} is null`, effect: 'obstacle' });
}

/** A column that stays: renamed, put into the bin, brought back, or filled because it becomes required. */
function planKept(
  planning: Planning,
  change: TableChange,
  { source, column }: { source: PhysicalColumn; column: PhysicalColumn },
): Synced[] {
  const { old, table, online } = change;
  const { label } = column.field;
  if (source.name !== column.name) {
    const sentence = column.isBinned
      ? `Put the values of "${label}" into the bin.`
      : source.isBinned
        ? `Bring the values of "${label}" back from the bin.`
        : `Rename the column ${source.name} to ${column.name}.`;
    const isLoss = column.isBinned && !source.isBinned && table.model.fields.every((field) => field.id !== source.field.id);
    renameColumn(planning, change, { from: source.name, to: column.name, sentence, binned: column.isBinned, isLoss });
  }
  if (source.required && !column.required) loosen(planning, change, { source, column });
  if (source.required || !column.required) return [];
  const fill = fillSql(planning, table.model, column);
  const own = columnSql('t', source);
  if (fill === undefined) {
    const value = `(${own})::text`;
    const check = { model: table.model.id, fields: [column.field.id], table: tableSql(old), where: `${own} is null`, value };
    planning.checks.push({ kind: 'missing', effect: 'obstacle', ...check });
    return [];
  }
  const name = online ? source.name : column.name;
  const set = `${quote(name)} = ${fill}`;
  const where = `t.${quote(name)} is null`;
  emit(planning, online ? 'filled' : 'filledAtOnce', {
    kind: online ? 'batch' : 'brief',
    model: table.model.id,
    sql: `update ${tableSql(online ? old : table)} t set ${set} where ${where}`,
    ...(online ? { batch: { table: tableSql(old), set, where } } : { locks: [exclusive(old)] }),
    risk: 'rewrites-table',
    sentence: `Fill "${label}" where it is empty.`,
  });
  return online ? [{ column: name, value: (row) => `coalesce(${columnSql(row, source)}, ${fill})`, on: [name] }] : [];
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
  if (!column.required || change.sources.get(id)?.required) return;
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
