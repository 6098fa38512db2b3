/**
 * The copy of a database that may be in use. One attempt sees it as of one moment; when it is cut off, the next one sees it as of a
 * later one. It goes on where the last one stopped, since that is where most of the work is done. Tables that then differ are read
 * once more, over what is there; all of them, when rows of the two moments do not fit together.
 */
import pg from 'pg';
import type { Ctx } from '#platform/ctx';
import { inTx } from '#platform/db/tx';
import { copyTables, noProgress, type Copy, type CopyProgress } from './copy.ts';
import { verifyTables, type Verified } from './verify.ts';

export interface WholeCopy extends Copy {
  /** Makes room for an empty value where none may be; false when that is not possible. */
  loosen(violation: pg.DatabaseError): Promise<boolean>;
  tell(status: 'copying' | 'verifying'): Promise<void>;
}

/** Copies, compares and mends. What still differs was changed here, or the copy was cut off more than once. */
export async function copyWhole(ctx: Ctx, copy: WholeCopy): Promise<Verified[]> {
  let goesOn = Object.keys(copy.progress).length > 0;
  for (;;) {
    await copy.tell('copying');
    const violation = await copyOnce(ctx, copy, goesOn);
    if (violation && (await copy.loosen(violation))) continue;
    if (violation && !goesOn) throw violation;
    if (violation) await restart(ctx, copy, copy.tables);
    else {
      await copy.tell('verifying');
      const report = await verifyTables(ctx, copy.source, copy.tables);
      const differing = report.filter(({ isSame, id }) => !isSame && copy.progress[id]!.again === undefined);
      if (!goesOn || differing.length === 0) return report;
      await restart(ctx, copy, differing);
    }
    goesOn = false;
  }
}

/** What was violated, when something was. */
async function copyOnce(ctx: Ctx, copy: Copy, goesOn: boolean): Promise<pg.DatabaseError | undefined> {
  try {
    await copyTables(ctx, copy, goesOn);
    return undefined;
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code?.startsWith('23')) return error;
    throw error;
  }
}

/** These tables at their beginning, to be read once more. */
export const beginAgain = (tables: readonly { id: string }[], now: Date): CopyProgress =>
  Object.fromEntries(tables.map(({ id }) => [id, { ...noProgress(), again: now.toISOString() }]));

async function restart(ctx: Ctx, { progress, save }: Copy, tables: readonly { id: string }[]): Promise<void> {
  Object.assign(progress, beginAgain(tables, ctx.deps.clock.now()));
  await inTx(ctx, ({ db }) => save(db, progress));
}
