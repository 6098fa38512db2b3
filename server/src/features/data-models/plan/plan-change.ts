/** From two states of a project's definitions to the steps that bring its tables along. Pure: it looks at no database. */
import type { Definitions, ModelDefinition } from '@piper/shared/data-models';
import { quote } from '#platform/records/sql-writer';
import { physicalOf, pipers, targetTable, type PhysicalTable } from './physical.ts';
import { planColumns } from './plan-columns.ts';
import { planIndexes, planKeys } from './plan-indexes.ts';
import { planRebuild } from './plan-rebuild.ts';
import { emit, exclusive, matchColumns, type Planning, type TableChange } from './planning.ts';
import { addKey, alter, createIndex, createTable, tableSql, tableText } from './statements.ts';
import type { Lock, Plan } from './step.ts';

export interface PlanInput {
  before: Definitions;
  after: readonly ModelDefinition[];
  /** By `model/field`. */
  fills?: ReadonlyMap<string, unknown>;
  /** Of the tables that are there; without it, none is. */
  isSmall?: (model: string) => boolean;
  /** Columns that a table ever had, those dropped since too. */
  attributesOf?: (model: string) => number | undefined;
}

/** The steps in their order, and what to look for in the data before them. Throws `validation_failed` for a fill that does not fit. */
export function planChange({ before, after, fills = new Map(), ...tables }: PlanInput): Plan {
  const { isSmall = () => false, attributesOf = () => undefined } = tables;
  const planning: Planning = {
    before: physicalOf(before.models),
    after: physicalOf(after),
    fills,
    isSmall,
    attributesOf,
    ranked: [],
    checks: [],
  };
  for (const [id, table] of planning.after) {
    const old = planning.before.get(id);
    // Most of them no edit concerns.
    if (old === table) continue;
    if (old) planTable(planning, old, table);
    else planNewTable(planning, table);
  }
  for (const [id, table] of planning.before) if (!planning.after.has(id)) planRemoval(planning, table);
  for (const table of planning.before.values()) requireKept(planning, table);
  const steps = planning.ranked.toSorted((a, b) => a.rank - b.rank).map(({ step }) => step);
  return { steps, checks: planning.checks };
}

/** Definitions add columns to Piper's own tables; the tables are nothing of theirs. */
function requireKept({ after }: Planning, { schema, name, model }: PhysicalTable): void {
  if (schema === pipers && after.get(model.id)?.name !== name) throw new Error(`${name} is one of Piper's own tables`);
}

function planTable(planning: Planning, old: PhysicalTable, table: PhysicalTable): void {
  const online = !planning.isSmall(table.model.id);
  const change: TableChange = { old, table, online, ...matchColumns(old, table) };
  planRebuild(planning, change);
  if (old.name !== table.name) renameTable(planning, change);
  const nameOf = planColumns(planning, change);
  planKeys(planning, change, nameOf);
  planIndexes(planning, change, nameOf);
}

function renameTable(planning: Planning, { old, table }: TableChange): void {
  const { label } = table.model;
  const sentences: Record<string, string> = {
    'false true': `Put "${label}" with its records into the bin.`,
    'true false': `Bring "${label}" with its records back from the bin.`,
  };
  emit(planning, 'tableRenamed', {
    kind: 'brief',
    model: table.model.id,
    sql: alter(old, `rename to ${quote(table.name)}`),
    locks: [exclusive(old)],
    risk: table.isBinned && !old.isBinned ? 'loses-data' : 'safe',
    sentence: sentences[`${old.isBinned} ${table.isBinned}`] ?? `Rename the table ${old.name} to ${table.name}.`,
  });
}

function planNewTable(planning: Planning, table: PhysicalTable): void {
  const { model } = table;
  const sequences = [...table.columns.values()].filter((column) => column.sequence !== undefined);
  const owned = sequences.map(({ sequence, name }) => `alter sequence ${sequence} owned by ${tableSql(table)}.${quote(name)}`);
  const statements = [...sequences.map(({ sequence }) => `create sequence ${sequence}`), createTable(table), ...owned];
  const nameOf = (id: string): string => table.columns.get(id)!.name;
  for (const index of table.indexes) statements.push(createIndex(table, index, { online: false, nameOf }));
  emit(planning, 'tableCreated', {
    kind: 'brief',
    model: model.id,
    sql: statements.join(';\n'),
    sentence: `Create the table of "${model.label}".`,
  });
  for (const key of table.keys) {
    const target = targetTable(planning.after, key.target)!;
    emit(planning, 'keyedAtOnce', {
      kind: 'brief',
      model: model.id,
      sql: addKey(table, key, { column: nameOf(key.field), target, online: false }),
      locks: locksOf(planning, key.target),
      sentence: `Let "${table.columns.get(key.field)!.field.label}" of "${model.label}" lead only to what exists.`,
    });
  }
}

/** The lock a new foreign key takes on a table that is there already, under the name it has until the switch. */
export function locksOf({ before, after }: Planning, target: string, mode: Lock['mode'] = 'share row exclusive'): Lock[] {
  if (after.has(target) && !before.has(target)) return [];
  const table = targetTable(before, target);
  return table === undefined ? [] : [{ table, mode }];
}

function planRemoval(planning: Planning, table: PhysicalTable): void {
  emit(planning, 'removed', {
    kind: 'brief',
    model: table.model.id,
    sql: `drop table ${tableSql(table)} cascade`,
    locks: [exclusive(table), ...table.keys.flatMap((key) => locksOf(planning, key.target, 'access exclusive'))],
    risk: 'loses-data',
    sentence: `Remove "${table.model.label}" and its records for good (${tableText(table)}).`,
  });
}
