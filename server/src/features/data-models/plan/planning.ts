/** What the planners of one change set share: both states, what to fill gaps with, and the steps so far. */
import type { ModelDefinition } from '@piper/shared/data-models';
import type { Field } from '@piper/shared/data-model';
import { PiperError } from '@piper/shared/errors';
import { isComputed } from '@piper/shared/formula/index';
import { constantSql } from './convert.ts';
import type { PhysicalColumn, PhysicalSchema, PhysicalTable } from './physical.ts';
import { replacedFields } from './settle-names.ts';
import { tableText } from './statements.ts';
import type { Check, Lock, Phase, Step } from './step.ts';

/** The order of steps; those up to `indexed` can be done before the switch. */
export const ranks = {
  madeAnew: 0,
  columnAdded: 1,
  synced: 2,
  filled: 3,
  checked: 4,
  validated: 5,
  keyed: 6,
  mended: 7,
  keyValidated: 8,
  indexed: 9,
  unsynced: 10,
  loosened: 11,
  tableRenamed: 12,
  binned: 13,
  renamed: 14,
  tableCreated: 15,
  addedAtOnce: 16,
  filledAtOnce: 17,
  tightened: 18,
  indexedAtOnce: 19,
  keyedAtOnce: 20,
  removed: 21,
  cleaned: 30,
} as const;
export type Rank = keyof typeof ranks;

export interface Planning {
  before: PhysicalSchema;
  after: PhysicalSchema;
  /** By `model/field`: what required fields hold where there was nothing. */
  fills: ReadonlyMap<string, unknown>;
  /** Whether all can be done at once, under a lock: it takes no time that anybody notices. */
  isSmall(model: string): boolean;
  /** Columns that its table ever had, those dropped since too; undefined when it is not there. */
  attributesOf(model: string): number | undefined;
  ranked: { rank: number; step: Step }[];
  checks: Check[];
}

type Draft = Pick<Step, 'kind' | 'model' | 'sql' | 'sentence'> & Partial<Step>;

/** Adds a step. Its phase follows from its rank. */
export function emit({ ranked }: Planning, rank: Rank, step: Draft): void {
  const order = ranks[rank];
  const phase: Phase = order >= ranks.cleaned ? 'clean' : order > ranks.indexed ? 'switch' : 'prepare';
  ranked.push({ rank: order, step: { phase, risk: 'safe', ...step } });
}

export const exclusive = (table: PhysicalTable): Lock => ({ table: tableText(table), mode: 'access exclusive' });

/** One table on its way from one definition to the next. */
export interface TableChange {
  old: PhysicalTable;
  table: PhysicalTable;
  /** For each column of the new table, the one it was. */
  sources: Map<string, PhysicalColumn>;
  /** Columns that were not there, with what they are made from. */
  fresh: FreshColumn[];
  online: boolean;
}

export interface FreshColumn {
  column: PhysicalColumn;
  from: PhysicalColumn | undefined;
  /** The field as it was, when it had no column because it was computed. */
  computed: Field | undefined;
}

/** Matches columns by the ids of their fields, through the bin as well. */
export function matchColumns(old: PhysicalTable, table: PhysicalTable): Pick<TableChange, 'sources' | 'fresh'> {
  const replaced = replacedFields(old.model, table.model);
  const owners = new Map([...replaced].map(([owner, binned]) => [binned, owner]));
  const sources = new Map<string, PhysicalColumn>();
  const fresh: FreshColumn[] = [];
  const computed = new Map(old.model.fields.filter(isComputed).map((field) => [field.id, field]));
  for (const [id, column] of table.columns) {
    const source = replaced.has(id) ? undefined : old.columns.get(owners.get(id) ?? id);
    if (source) sources.set(id, sameColumn(source, column));
    else fresh.push({ column, from: replaced.has(id) ? old.columns.get(id) : undefined, computed: computed.get(id) });
  }
  return { sources, fresh };
}

function sameColumn(source: PhysicalColumn, column: PhysicalColumn): PhysicalColumn {
  if (source.sqlType === column.sqlType) return source;
  throw new Error(`field ${column.field.key} changes its type and keeps its column`);
}

/** What a required field holds where there was nothing, as SQL; undefined when nobody said. */
export function fillSql({ fills }: Planning, model: ModelDefinition, column: PhysicalColumn): string | undefined {
  const given = fills.get(`${model.id}/${column.field.id}`);
  if (given !== undefined && given !== null) return constantSql(given, column);
  return column.required ? defaultSql(column, column.field) : undefined;
}

/** A default may be a variable, which means nothing outside of a request. */
function defaultSql(column: PhysicalColumn, field: Field): string | undefined {
  if (field.default === undefined || field.default === null) return undefined;
  try {
    return constantSql(field.default, column);
  } catch (error) {
    if (error instanceof PiperError) return undefined;
    throw error;
  }
}
