/**
 * The copy of an attached database. Pages are written together with the progress, in one transaction: whatever ends the process,
 * the next attempt goes on after the last page that is there. All reading of one attempt sees the database as of one moment.
 */
import type { Ctx } from '#platform/ctx';
import type { Tx } from '#platform/db/db';
import { inTx } from '#platform/db/tx';
import type { CopyColumn, CopyTable } from './copy-plan.ts';
import type { Client } from './reading.ts';
import { readRows, type Page } from './read-rows.ts';
import { advanceSequence, insertRows, setColumns } from './write-rows.ts';

/** How far each table is, by its id. */
export type CopyProgress = Record<string, TableProgress>;

export interface TableProgress {
  rows: Phase;
  /** Relations that lead round in a circle, written when all rows are there. */
  late: Phase;
}

interface Phase {
  count: number;
  isDone: boolean;
  /** Where the last page ended. */
  last?: string[];
}

export interface Copy {
  /** In an open read-only transaction. */
  source: Client;
  tables: readonly CopyTable[];
  progress: CopyProgress;
  /** Keeps the progress, in the transaction that wrote what it counts. */
  save(tx: Tx, progress: CopyProgress): Promise<void>;
  /** Whoever attached the database. */
  by: string | null;
  signal: AbortSignal;
}

/** Copies what is not there yet: all rows, then what could not be written with them. */
export async function copyTables(ctx: Ctx, copy: Copy): Promise<CopyProgress> {
  const progress: CopyProgress = structuredClone(copy.progress);
  for (const table of copy.tables) {
    progress[table.id] ??= { rows: { count: 0, isDone: false }, late: { count: 0, isDone: false } };
    const columns = table.columns.filter((column) => !column.isLate);
    await copyPhase(ctx, { ...copy, progress }, { table, columns, phase: 'rows' });
  }
  for (const table of copy.tables) {
    const columns = table.columns.filter((column) => column.isLate);
    if (columns.length > 0) await copyPhase(ctx, { ...copy, progress }, { table, columns, phase: 'late' });
  }
  return progress;
}

interface Part {
  table: CopyTable;
  columns: CopyColumn[];
  phase: keyof TableProgress;
}

async function copyPhase(ctx: Ctx, copy: Copy, { table, columns, phase }: Part): Promise<void> {
  const { source, progress, save, by, signal } = copy;
  const state = progress[table.id]![phase];
  if (state.isDone) return;
  if (!table.key) state.count = 0;
  const write = (tx: Tx, page: Page): Promise<void> =>
    phase === 'rows' ? insertRows(tx, table, columns, { ...page, by }) : setColumns(tx, table, columns, page);
  for await (const page of readRows(source, table, columns, table.key && state.last)) {
    signal.throwIfAborted();
    state.count += page.rows;
    if (page.last) state.last = page.last;
    await inTx(ctx, async ({ db }) => {
      await write(db, page);
      await save(db, progress);
    });
  }
  await inTx(ctx, async ({ db }) => {
    for (const column of columns.filter((one) => one.isCounted)) await advanceSequence(db, table, column);
    state.isDone = true;
    await save(db, progress);
  });
}
