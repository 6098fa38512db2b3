/** Indexes and foreign keys of a table that is there already. */
import { quote, quoteTable } from '#platform/records/sql-writer';
import { columnTypeOf } from '#platform/records/fields/index';
import { column as columnSql } from './convert.ts';
import { targetTable, type PhysicalIndex, type PhysicalKey, type PhysicalTable } from './physical.ts';
import type { NameOf } from './plan-columns.ts';
import { freshSql } from './plan-fill.ts';
import { emit, exclusive, type Planning, type TableChange } from './planning.ts';
import { addKey, alter, createIndex, hasConstraint, tableSql, tableText } from './statements.ts';
import type { Lock } from './step.ts';

const labelsOf = (table: PhysicalTable, index: PhysicalIndex): string =>
  index.fields
    .filter((id) => index.fields.length === 1 || id !== 'id')
    .map((id) => `"${table.columns.get(id)?.field.label ?? id}"`)
    .join(', ');

/** New indexes are built beside the work on the table; those not asked for any more go with the switch. */
export function planIndexes(planning: Planning, change: TableChange, nameOf: NameOf): void {
  const { old, table, online } = change;
  const known = new Set(old.indexes.map((index) => index.name));
  const wanted = new Set(table.indexes.map((index) => index.name));
  for (const index of table.indexes) {
    if (known.has(index.name)) continue;
    const what = index.unique ? `Let no two records of "${table.model.label}" have the same` : `Index "${table.model.label}" by`;
    if (index.unique) checkDuplicates(planning, change, index);
    const finalName: NameOf = (id) => table.columns.get(id)!.name;
    const name = `${old.schema}.${index.name}`;
    emit(planning, online ? 'indexed' : 'indexedAtOnce', {
      kind: online ? 'index' : 'brief',
      model: table.model.id,
      sql: createIndex(online ? old : table, index, { online, nameOf: online ? nameOf : finalName }),
      ...(online
        ? { index: name, undo: { sql: `drop index concurrently if exists ${quoteTable(name)}` } }
        : { locks: [exclusive(old)] }),
      sentence: `${what} ${labelsOf(table, index)}.`,
    });
  }
  for (const index of old.indexes) {
    if (wanted.has(index.name)) continue;
    emit(planning, 'loosened', {
      kind: 'brief',
      model: table.model.id,
      sql: `drop index if exists ${quote(old.schema)}.${quote(index.name)}`,
      locks: [exclusive(old)],
      sentence: `Remove the index of "${table.model.label}" over ${labelsOf(old, index)}.`,
    });
  }
}

/** Only values that are there, or that a new column begins with, can repeat. */
function checkDuplicates(planning: Planning, change: TableChange, index: PhysicalIndex): void {
  const { old, table } = change;
  const group = index.fields.map((id) => {
    const source = change.sources.get(id);
    if (source) return columnSql('t', source);
    const fresh = change.fresh.find(({ column }) => column.field.id === id);
    return fresh && freshSql(planning, change, fresh);
  });
  const known = group.filter((sql) => sql !== undefined);
  if (known.length < group.length) return;
  const deletedAt = old.columns.get('deletedAt');
  planning.checks.push({
    kind: 'duplicate',
    model: table.model.id,
    fields: index.fields,
    table: tableSql(old),
    where: [...known.map((sql) => `${sql} is not null`), ...(deletedAt ? [`${columnSql('t', deletedAt)} is null`] : [])].join(
      ' and ',
    ),
    value: `concat_ws(', ', ${known.map((sql) => `(${sql})::text`).join(', ')})`,
    group: known,
    effect: 'obstacle',
  });
}

/** Foreign keys are added unchecked and checked then, which stops nobody. */
export function planKeys(planning: Planning, change: TableChange, nameOf: NameOf): void {
  const known = new Set(change.old.keys.map((key) => key.name));
  const wanted = new Set(change.table.keys.map((key) => key.name));
  for (const key of change.table.keys) if (!known.has(key.name)) planKey(planning, change, key, nameOf);
  for (const key of change.old.keys) if (!wanted.has(key.name)) dropKey(planning, change, key);
}

function planKey(planning: Planning, change: TableChange, key: PhysicalKey, nameOf: NameOf): void {
  const { old, table, online } = change;
  const model = table.model.id;
  const column = table.columns.get(key.field)!;
  const sentence = `Let "${column.field.label}" of "${table.model.label}" lead only to what exists.`;
  const then = targetTable(planning.before, key.target);
  const name = nameOf(key.field);
  const early = online && then !== undefined && (change.sources.has(key.field) || name !== column.name);
  const mended = mendSql(planning, change, key, { name: early ? name : column.name, place: early ? old : table, early });
  const target = early ? then : targetTable(planning.after, key.target)!;
  const locks: Lock[] = [{ ...exclusive(old), mode: 'share row exclusive' }];
  if (then !== undefined) locks.push({ table: then, mode: 'share row exclusive' });
  if (!early) {
    if (mended) emit(planning, 'filledAtOnce', { kind: 'brief', model, locks: [exclusive(old)], ...mended });
    const sql = addKey(table, key, { column: column.name, target, online });
    emit(planning, 'keyedAtOnce', { kind: 'brief', model, sql, locks, sentence });
    if (online) validateKey(planning, table, key, 'cleaned');
    return;
  }
  emit(planning, 'keyed', {
    kind: 'brief',
    model,
    sql: addKey(old, key, { column: name, target, online: true }),
    locks,
    done: hasConstraint(old, key.name),
    undo: {
      sql: alter(old, `drop constraint if exists ${quote(key.name)}`),
      locks: locks.map((lock) => ({ ...lock, mode: 'access exclusive' })),
    },
    sentence,
  });
  if (mended) emit(planning, 'mended', { kind: 'batch', model, ...mended });
  validateKey(planning, old, key, 'keyValidated');
}

function validateKey(planning: Planning, place: PhysicalTable, key: PhysicalKey, rank: 'cleaned' | 'keyValidated'): void {
  emit(planning, rank, {
    kind: 'online',
    model: place.model.id,
    sql: alter(place, `validate constraint ${quote(key.name)}`),
    done: hasConstraint(place, key.name, true),
    sentence: `Look whether what "${place.columns.get(key.field)?.field.label ?? ''}" leads to is there.`,
  });
}

/** Values of a column that comes back may lead to what is gone: they go the way they would have gone. */
function mendSql(
  planning: Planning,
  change: TableChange,
  key: PhysicalKey,
  of: { name: string; place: PhysicalTable; early: boolean },
) {
  const source = change.sources.get(key.field);
  const target = targetTable(of.early ? planning.before : planning.after, key.target);
  const isBack = source !== undefined && (source.isBinned || change.old.isBinned);
  if (!isBack || target === undefined || columnTypeOf(source.field).cast !== 'uuid') return undefined;
  const own = `t.${quote(of.name)}`;
  const where = `${own} is not null and not exists (select 1 from ${quoteTable(target)} target where target.id = ${own})`;
  const table = tableSql(of.place);
  const isRow = key.onDelete === 'cascade';
  const set = `${quote(of.name)} = null`;
  planning.checks.push({
    kind: 'dangling',
    model: change.table.model.id,
    fields: [key.field],
    table: tableSql(change.old),
    where: `t.${quote(source.name)} is not null and not exists (select 1 from ${quoteTable(targetTable(planning.before, key.target) ?? target)} target where target.id = t.${quote(source.name)})`,
    value: `(t.${quote(source.name)})::text`,
    effect: 'loss',
  });
  return {
    sql: isRow ? `delete from ${table} t where ${where}` : `update ${table} t set ${set} where ${where}`,
    batch: { table, where, ...(isRow ? {} : { set }) },
    sentence: `Clear what leads to records that are gone.`,
  };
}

function dropKey(planning: Planning, change: TableChange, key: PhysicalKey): void {
  const target = targetTable(planning.before, key.target);
  const locks: Lock[] = [exclusive(change.old)];
  if (target !== undefined) locks.push({ table: target, mode: 'access exclusive' });
  emit(planning, 'loosened', {
    kind: 'brief',
    model: change.table.model.id,
    sql: alter(change.old, `drop constraint if exists ${quote(key.name)}`),
    locks,
    sentence: `Stop checking where "${change.old.columns.get(key.field)?.field.label ?? ''}" leads (${tableText(change.old)}).`,
  });
}
