/** How far a change set is: kept in its row, and told to those who watch the project. */
import type { Ctx, TxCtx } from '#platform/ctx';
import { inTx } from '#platform/db/tx';
import { appendEvent } from '#platform/events/append';
import { saveProgress, sizesIn, type ChangeSetRow } from './change-sets.repo.ts';
import type { Progress } from './change-sets.tables.ts';
import type { Step } from './plan/step.ts';

/** No more often than people can read. */
const everyMs = 700;

export interface Report {
  begin(step: number, of: Step): Promise<void>;
  /** Rows looked at so far, and the last id. */
  rows(rows: number, cursor: string): Promise<void>;
  /** Where the filling of this step stood when an earlier attempt was cut off. */
  cursor(): { cursor?: string; rows: number };
}

export function reportTo(ctx: Ctx, row: ChangeSetRow, of: number): Report {
  let progress: Progress = row.progress;
  let resumed: Progress = {};
  let next = performance.now() + everyMs;
  const save = (): Promise<void> =>
    inTx(ctx, async (tx: TxCtx) => {
      await saveProgress(tx.db, row.id, progress);
      const { cursor: _cursor, ...shown } = progress;
      await appendEvent(tx, {
        topic: row.project_id === null ? 'instance' : `project:${row.project_id}`,
        type: 'change-set.progress',
        subject: row.id,
        projectId: row.project_id ?? undefined,
        data: { changeSetId: row.id, ...shown },
      });
    });
  return {
    async begin(number, step) {
      resumed = progress.step === number ? progress : {};
      progress = { ...resumed, step: number, of, sentence: step.sentence, ...(await totalOf(ctx, step)) };
      // What takes no time tells nothing, unless time has passed.
      if (step.kind === 'brief' && performance.now() < next) return;
      next = performance.now() + everyMs;
      await save();
    },
    async rows(rows, cursor) {
      progress = { ...progress, rows, cursor };
      if (performance.now() < next) return;
      next = performance.now() + everyMs;
      await save();
    },
    cursor: () => ({ rows: resumed.rows ?? 0, ...(resumed.cursor === undefined ? {} : { cursor: resumed.cursor }) }),
  };
}

async function totalOf(ctx: Ctx, step: Step): Promise<Pick<Progress, 'total'>> {
  if (!step.batch) return {};
  const [schema = '', table = ''] = step.batch.table.split('.').map((name) => name.replaceAll('"', ''));
  return { total: (await sizesIn(ctx.db, schema)).get(table)?.rows ?? null };
}
