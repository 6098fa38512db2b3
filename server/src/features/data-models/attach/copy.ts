/**
 * One pass of the copy of an attached database. Pages are written together with the progress, in one transaction: whatever ends
 * the process, the next attempt goes on after the last page that is there. All reading of one attempt sees the database as of one
 * moment; what was there before the attempt is of an earlier one.
 */
import type { Ctx } from '#platform/ctx';
import type { Tx } from '#platform/db/db';
import { inTx } from '#platform/db/tx';
import type { CopyColumn, CopyTable } from './copy-plan.ts';
import { readRows, type Page } from './read-rows.ts';
import type { Client } from './reading.ts';
import { advanceSequence, emptyColumns, insertRows, isTaken, setAside, setColumns, type Stamp } from './write-rows.ts';

/** How far each table is, by its id. */
export type CopyProgress = Record<string, TableProgress>;

export interface TableProgress {
  rows: Phase;
  /** Relations that lead round in a circle, written when all rows are there. */
  late: Phase;
  /** When it was begun once more (ISO 8601), over the rows that were there. */
  again?: string;
}

interface Phase {
  count: number;
  isDone: boolean;
  /** Where the last page ended. */
  last?: string[];
}

export interface Copy {
  /** In an open transaction that sees one moment. */
  source: Client;
  tables: readonly CopyTable[];
  /** Brought forward as the copy goes on. */
  progress: CopyProgress;
  /** Keeps the progress, in the transaction that wrote what it counts. */
  save(tx: Tx, progress: CopyProgress): Promise<void>;
  /** Who attached the database, and when. */
  by: string | null;
  at: Date;
  signal: AbortSignal;
}

/** What a table's progress is at its beginning. */
export const noProgress = (): TableProgress => ({ rows: { count: 0, isDone: false }, late: { count: 0, isDone: false } });

/**
 * Copies what is not there yet: all rows, then what could not be written with them. In a copy that `goesOn`, tables that were read
 * to their end are read on from there: rows that came later may be referred to.
 */
export async function copyTables(ctx: Ctx, copy: Copy, goesOn: boolean): Promise<void> {
  for (const table of copy.tables) {
    copy.progress[table.id] ??= noProgress();
    const columns = table.columns.filter((column) => !column.isLate);
    await copyPhase(ctx, copy, { table, columns, phase: 'rows', goesOn });
  }
  for (const table of copy.tables) {
    const columns = table.columns.filter((column) => column.isLate);
    if (columns.length > 0) await copyPhase(ctx, copy, { table, columns, phase: 'late', goesOn });
  }
}

interface Part {
  table: CopyTable;
  columns: CopyColumn[];
  phase: 'rows' | 'late';
  goesOn: boolean;
}

async function copyPhase(ctx: Ctx, copy: Copy, part: Part): Promise<void> {
  const { table, columns, phase, goesOn } = part;
  const { isDone } = copy.progress[table.id]![phase];
  if (isDone && !(goesOn && table.key)) return;
  await copyPages(ctx, copy, part).catch(async (error: unknown) => {
    if (copy.progress[table.id]!.again === undefined || !isTaken(error)) throw error;
    await makeRoom(ctx, copy, part);
    await copyPages(ctx, copy, part);
  });
  const stamp = stampOf(copy, table);
  if (stamp.isAgain && phase === 'rows') await setAside(ctx, table, stamp);
  await keep(ctx, copy, part, async (tx) => {
    for (const column of columns.filter((one) => one.isCounted)) await advanceSequence(tx, table, column);
    return { ...copy.progress[table.id]![phase], isDone: true };
  });
}

async function copyPages(ctx: Ctx, copy: Copy, part: Part): Promise<void> {
  const { table, columns, phase } = part;
  const stamp = stampOf(copy, table);
  const begun = copy.progress[table.id]![phase];
  // Without a key all is read once more.
  let state: Phase = table.key ? begun : { count: 0, isDone: begun.isDone };
  for await (const page of readRows(copy.source, table, columns, state.last)) {
    copy.signal.throwIfAborted();
    state = { ...state, count: state.count + page.rows, ...(page.last ? { last: page.last } : {}) };
    await keep(ctx, copy, part, async (tx) => {
      await write(tx, part, page, stamp);
      return state;
    });
  }
}

const write = (tx: Tx, { table, columns, phase }: Part, page: Page, stamp: Stamp): Promise<void> =>
  phase === 'rows'
    ? insertRows(tx, table, columns, { ...page, ...stamp })
    : setColumns(tx, table, columns, { ...page, ...stamp });

/**
 * A value that must be there once is still with a row that has another one at the source by now, or is gone there: rows that were
 * not read again yet go into the bin, from where they return when they are; relations are emptied and written anew.
 */
async function makeRoom(ctx: Ctx, copy: Copy, part: Part): Promise<void> {
  const { table, columns, phase } = part;
  const stamp = stampOf(copy, table);
  if (phase === 'rows') return setAside(ctx, table, stamp);
  await emptyColumns(ctx, table, columns, stamp);
  await keep(ctx, copy, part, () => Promise.resolve({ count: 0, isDone: false }));
}

function stampOf({ by, at, progress }: Copy, { id }: CopyTable): Stamp {
  const again = progress[id]?.again;
  return { by, at, written: again === undefined ? at : new Date(again), isAgain: again !== undefined };
}

/** Writes and says how far it is then, both or nothing. */
async function keep(ctx: Ctx, { progress, save }: Copy, { table, phase }: Part, work: (tx: Tx) => Promise<Phase>): Promise<void> {
  progress[table.id] = await inTx(ctx, async ({ db }) => {
    const next: TableProgress = { ...progress[table.id]!, [phase]: await work(db) };
    await save(db, { ...progress, [table.id]: next });
    return next;
  });
}
