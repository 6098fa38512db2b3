import type { FastifyInstance } from 'fastify';
import * as contract from '@piper/shared/change-sets';
import { fail } from '@piper/shared/errors';
import { limits } from '@piper/shared/limits';
import type { Ctx } from '#platform/ctx';
import type { Deps } from '#platform/deps';
import { serve } from '#platform/http/serve';
import { accessProject } from '#features/projects';
import { emptyBin, findUndone, getChangeSet, redoChangeSet, undoChangeSet } from './change-sets.history.ts';
import { listAppliedSince, listSummaries, type ChangeSetRow, type ChangeSetSummary } from './change-sets.repo.ts';
import { previewChangeSet, toPlanned } from './change-sets.preview.ts';
import { applyChangeSet } from './change-sets.service.ts';
import { readActions } from './edit/read-actions.ts';

/** Shaping what others store is for those who manage the project; so is its history, which shows definitions. */
const managed = async (ctx: Ctx, project: string): Promise<string> => (await accessProject(ctx, project, 'manage')).id;

export function serveChangeSets(app: FastifyInstance, deps: Deps): void {
  serve(app, deps, contract.previewChangeSet, async (ctx, { params, body }) => ({
    data: await previewChangeSet(ctx, await managed(ctx, params.project), readActions(body.actions)),
  }));
  serve(app, deps, contract.applyChangeSet, async (ctx, { params, body }) => {
    const { actions, ...options } = body;
    const id = await managed(ctx, params.project);
    const asked = readActions(actions);
    return {
      data: await detailOf(ctx, await applyChangeSet(ctx, id, asked, { ...options, acceptLoss: body.acceptLoss ?? false })),
    };
  });
  serve(app, deps, contract.listChangeSets, async (ctx, { params, query }) => {
    const id = await managed(ctx, params.project);
    const limit = query.limit ?? limits.defaultPageSize;
    const rows = await listSummaries(ctx.db, id, { limit, below: query.before });
    const undone = findUndone(await listAppliedSince(ctx.db, id, rows.at(-1)?.number ?? 1));
    return { data: rows.map((row) => toChangeSet(row, undone.has(row.id))), meta: { hasMore: rows.length === limit } };
  });
  serve(app, deps, contract.readChangeSet, async (ctx, { params }) => {
    const id = await managed(ctx, params.project);
    return { data: await detailOf(ctx, await getChangeSet(ctx, id, params.id)) };
  });
  serve(app, deps, contract.undoChangeSet, async (ctx, { params }) => {
    const id = await managed(ctx, params.project);
    return { data: await detailOf(ctx, await undoChangeSet(ctx, id, params.id)) };
  });
  serve(app, deps, contract.redoChangeSet, async (ctx, { params }) => {
    const id = await managed(ctx, params.project);
    return { data: await detailOf(ctx, await redoChangeSet(ctx, id, params.id)) };
  });
  serve(app, deps, contract.emptyBin, async (ctx, { params }) => {
    const id = await managed(ctx, params.project);
    const row = (await emptyBin(ctx, id)) ?? fail('not_found', 'The bin is empty.');
    return { data: await detailOf(ctx, row) };
  });
}

async function detailOf(ctx: Ctx, row: ChangeSetRow): Promise<contract.ChangeSetDetail> {
  const later = row.status === 'applied' ? await listAppliedSince(ctx.db, row.project_id, row.number) : [];
  const summary = { ...row, models: Object.keys(row.after) };
  return { ...toChangeSet(summary, findUndone(later).has(row.id)), actions: row.actions, steps: row.plan.steps.map(toPlanned) };
}

function toChangeSet(row: ChangeSetSummary, isUndone: boolean): contract.ChangeSet {
  const { step, of, sentence, rows, total } = row.progress;
  const progress = { step, of, sentence, rows, total };
  return {
    id: row.id,
    number: row.number,
    status: row.status,
    kind: row.kind,
    of: row.of,
    summary: row.summary,
    baseVersion: row.base_version,
    models: row.models,
    isUndone,
    runId: row.run_id,
    progress: Object.fromEntries(Object.entries(progress).filter(([, value]) => value !== undefined)),
    error: row.error,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    finishedAt: row.finished_at?.toISOString() ?? null,
  };
}
