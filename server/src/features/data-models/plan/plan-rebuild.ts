/**
 * PostgreSQL counts dropped columns too, up to 1,600 of a table. Before they are used up the table is made anew beside the
 * work on it: a copy that a trigger keeps in step while the rows are brought over, and that takes the table's place in one
 * transaction. Definitions do not change by it, so it stays even when the change set that asked for it fails afterwards.
 */
import { literal, quote } from '#platform/records/sql-writer';
import { nameFrom, targetTable, type PhysicalIndex, type PhysicalKey, type PhysicalTable } from './physical.ts';
import { emit, exclusive, type Planning, type TableChange } from './planning.ts';
import { addKey, alter, createIndex, createTable, hasTable, hasTrigger, tableSql, tableText, wasMadeAnew } from './statements.ts';
import type { Lock, Step } from './step.ts';

/** PostgreSQL's limit. */
const maxAttributes = 1_600;
/** From here on a table is made anew: what is left is needed while fields change their types. */
const rebuildFrom = 1_400;
/** Making it anew for fewer would be to do so for nearly every change. */
const worthwhile = 100;

/** Whether the columns that the change adds make it necessary, and the dropped ones make it useful. */
function needsRebuild(planning: Planning, { old, fresh }: TableChange): boolean {
  const attributes = planning.attributesOf(old.model.id) ?? 0;
  const dropped = attributes - old.columns.size;
  const then = attributes + fresh.length;
  return fresh.length > 0 && then > rebuildFrom && dropped >= (then > maxAttributes ? 1 : worthwhile);
}

/** All that the steps of one rebuild speak of. */
interface Rebuild {
  planning: Planning;
  old: PhysicalTable;
  /** Takes the table's place. */
  copy: PhysicalTable;
  /** What the table is called once its place is taken. */
  worn: PhysicalTable;
  /** Foreign keys of the table itself and of others that lead to it. */
  keys: { owner: PhysicalTable; key: PhysicalKey }[];
}

/** Makes the table anew before anything else happens to it, if it is short of columns. */
export function planRebuild(planning: Planning, change: TableChange): void {
  if (!needsRebuild(planning, change)) return;
  const { old } = change;
  const { id } = old.model;
  const everyKey = [...planning.before.values()].flatMap((owner) => owner.keys.map((key) => ({ owner, key })));
  const rebuild: Rebuild = {
    planning,
    old,
    copy: { ...old, name: nameFrom('anew', id) },
    worn: { ...old, name: nameFrom('worn', id) },
    keys: everyKey.filter(({ owner, key }) => owner === old || key.target === id),
  };
  planCopy(rebuild);
  planPlace(rebuild);
}

function step(
  { planning, old }: Rebuild,
  of: Pick<Step, 'kind' | 'sql'> & Partial<Step> & { what: string; already?: string },
): void {
  const { what, already, ...rest } = of;
  const isDone = already === undefined ? {} : { done: `select (${already}) or (${wasMadeAnew(old)})` };
  const { label } = old.model;
  const why = 'because most columns it can have were used up by fields that are gone';
  emit(planning, 'madeAnew', {
    model: old.model.id,
    sentence: `Make the table of "${label}" anew, ${why}: ${what}.`,
    ...isDone,
    ...rest,
  });
}

/** The copy with all rows and indexes; whoever writes meanwhile writes into both. */
function planCopy(rebuild: Rebuild): void {
  const { old, copy } = rebuild;
  const columns = [...old.columns.values()].map(({ name }) => name);
  step(rebuild, {
    kind: 'brief',
    sql: createTable(copy),
    already: hasTable(copy),
    undo: { sql: `drop table if exists ${tableSql(copy)}` },
    what: 'an empty copy',
  });
  planMirror(rebuild, columns);
  const list = columns.map(quote).join(', ');
  step(rebuild, {
    kind: 'batch',
    sql: `insert into ${tableSql(copy)} (${list}) select ${list} from ${tableSql(old)} on conflict (id) do nothing`,
    batch: { table: tableSql(old), into: { table: tableSql(copy), columns: list }, where: 'true' },
    already: 'false',
    risk: 'rewrites-table',
    what: 'bring the records over',
  });
  for (const index of old.indexes) {
    const made = { ...index, name: copyName(index) };
    const sql = createIndex(copy, made, { online: true, nameOf: (id) => old.columns.get(id)!.name });
    // Its building waits for all who look at the time before the records were brought over: they would miss them.
    step(rebuild, { kind: 'index', sql, index: `${copy.schema}.${made.name}`, already: 'false', what: 'its indexes' });
  }
  step(rebuild, { kind: 'online', sql: `analyze ${tableSql(copy)}`, already: 'false', what: 'statistics for planning queries' });
}

const copyName = ({ name }: PhysicalIndex): string => nameFrom('anew', name);
const wornName = ({ name }: PhysicalIndex): string => nameFrom('worn', name);
const mirrorName = ({ model }: PhysicalTable): string => nameFrom('mirror', model.id);
const mirrorOf = (table: PhysicalTable): string => `${quote(table.schema)}.${mirrorName(table)}`;
const dropMirror = (table: PhysicalTable): string =>
  `drop trigger if exists ${mirrorName(table)} on ${tableSql(table)};\ndrop function if exists ${mirrorOf(table)}()`;

function planMirror(rebuild: Rebuild, columns: readonly string[]): void {
  const { old, copy } = rebuild;
  const values = columns.map((name) => `new.${quote(name)}`).join(', ');
  const sets = columns.map((name) => `${quote(name)} = excluded.${quote(name)}`).join(', ');
  const body = [
    `if tg_op = 'DELETE' or (tg_op = 'UPDATE' and new.id <> old.id) then delete from ${tableSql(copy)} where id = old.id; end if;`,
    `if tg_op <> 'DELETE' then insert into ${tableSql(copy)} (${columns.map(quote).join(', ')}) values (${values})`,
    `on conflict (id) do update set ${sets}; end if;`,
  ];
  step(rebuild, {
    kind: 'brief',
    sql: [
      `create or replace function ${mirrorOf(old)}() returns trigger language plpgsql as $piper$ begin ${body.join(' ')} return null; end $piper$`,
      `create trigger ${mirrorName(old)} after insert or update or delete on ${tableSql(old)} for each row execute function ${mirrorOf(old)}()`,
    ].join(';\n'),
    locks: [{ ...exclusive(old), mode: 'share row exclusive' }],
    already: hasTrigger(old, mirrorName(old)),
    undo: { sql: dropMirror(old), locks: [exclusive(old)] },
    what: 'write into both meanwhile',
  });
}

/** The copy takes the table's place; foreign keys are checked afterwards, and what is worn goes. */
function planPlace(rebuild: Rebuild): void {
  const { planning, old, worn, keys } = rebuild;
  const others = keys.filter(({ owner }) => owner !== old);
  const targets = keys.flatMap(({ owner, key }) => (owner === old ? (targetTable(planning.before, key.target) ?? []) : []));
  const lock = (mode: Lock['mode']): Lock[] => targets.map((table) => ({ table, mode }));
  // Of the copy no lock: those who write into both have the table's first.
  step(rebuild, {
    kind: 'brief',
    sql: placeSql(rebuild, others),
    locks: [exclusive(old), ...others.map(({ owner }) => exclusive(owner)), ...lock('share row exclusive')],
    already: 'false',
    what: 'put it in its place',
  });
  const drop = `drop table if exists ${tableSql(worn)}`;
  step(rebuild, {
    kind: 'brief',
    sql: drop,
    locks: lock('access exclusive'),
    undo: { sql: drop },
    what: 'remove what it replaced',
  });
  for (const { owner, key } of keys) {
    // To validate what is valid takes no time, so taking back finishes it as well.
    const sql = alter(owner, `validate constraint ${quote(key.name)}`);
    step(rebuild, { kind: 'online', sql, undo: { sql }, what: 'see that everything leads to what is there' });
  }
}

function placeSql({ planning, old, copy, worn, keys }: Rebuild, others: Rebuild['keys']): string {
  const rename = (table: PhysicalTable, name: string): string => alter(table, `rename to ${quote(name)}`);
  const indexName = (from: string, to: string): string =>
    `alter index if exists ${quote(old.schema)}.${quote(from)} rename to ${quote(to)}`;
  const sequences = [...old.columns.values()].filter(({ sequence }) => sequence !== undefined);
  return [
    nothingIsLeft(old, copy),
    dropMirror(old),
    ...others.map(({ owner, key }) => alter(owner, `drop constraint ${quote(key.name)}`)),
    ...old.indexes.flatMap((index) => [indexName(index.name, wornName(index)), indexName(copyName(index), index.name)]),
    rename(old, worn.name),
    rename(copy, old.name),
    ...sequences.map(({ sequence, name }) => `alter sequence ${sequence} owned by ${tableSql(old)}.${quote(name)}`),
    ...keys.map(({ owner, key }) =>
      addKey(owner, key, {
        column: owner.columns.get(key.field)!.name,
        target: targetTable(planning.before, key.target)!,
        online: true,
      }),
    ),
    // Its foreign keys would go on to hold what they lead to.
    `truncate ${tableSql(worn)}`,
  ].join(';\n');
}

/** Refuses, should the table have a column that its definition does not know. */
function nothingIsLeft(old: PhysicalTable, copy: PhysicalTable): string {
  const columnsOf = (table: PhysicalTable): string =>
    `select attname from pg_attribute where attrelid = ${literal(tableSql(table))}::regclass and attnum > 0 and not attisdropped`;
  return `do $piper$ begin if exists (${columnsOf(old)} except ${columnsOf(copy)}) then raise exception 'the table % has columns that its definition lacks', ${literal(tableText(old))}; end if; end $piper$`;
}
