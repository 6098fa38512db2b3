import type { FastifyInstance } from 'fastify';
import * as contract from '@piper/shared/change-sets';
import type { Input } from '@piper/shared/contract';
import { fail } from '@piper/shared/errors';
import { limits } from '@piper/shared/limits';
import type { Ctx } from '#platform/ctx';
import type { Deps } from '#platform/deps';
import { serve } from '#platform/http/serve';
import { accessProject } from '#features/projects';
import { emptyBin, findUndone, getChangeSet, redoChangeSet, undoChangeSet } from './change-sets.history.ts';
import { listAppliedSince, listSummaries, type ChangeSetRow, type ChangeSetSummary } from './change-sets.repo.ts';
import { previewChangeSet, toPlanned } from './change-sets.preview.ts';
import { applyAsked } from './change-sets.service.ts';
import { readActions } from './edit/read-actions.ts';
import { isInstanceOwner, requireInstanceOwner } from './extensions/owner.ts';

interface OfOne {
  id: string;
}

/** Shaping what others store is for those who manage the project; so is its history, which shows definitions. */
const ofProject = async (ctx: Ctx, { project }: { project: string }): Promise<string> =>
  (await accessProject(ctx, project, 'manage')).id;

const ofInstance = (verb: 'read' | 'change') => (ctx: Ctx, thing?: OfOne) => {
  // To others, whatever they name, there is none.
  if (thing && !isInstanceOwner(ctx)) fail('not_found');
  requireInstanceOwner(ctx, verb);
  return null;
};

/** Of the project that the address names, and of Piper's own models. */
export function serveChangeSets(app: FastifyInstance, deps: Deps): void {
  serve(app, deps, contract.previewChangeSet, async (ctx, { params, body }) => preview(ctx, await ofProject(ctx, params), body));
  serve(app, deps, contract.applyChangeSet, async (ctx, { params, body }) => apply(ctx, await ofProject(ctx, params), body));
  serve(app, deps, contract.listChangeSets, async (ctx, { params, query }) => list(ctx, await ofProject(ctx, params), query));
  serve(app, deps, contract.readChangeSet, async (ctx, { params }) => read(ctx, await ofProject(ctx, params), params));
  serve(app, deps, contract.undoChangeSet, async (ctx, { params }) => undo(ctx, await ofProject(ctx, params), params));
  serve(app, deps, contract.redoChangeSet, async (ctx, { params }) => redo(ctx, await ofProject(ctx, params), params));
  serve(app, deps, contract.emptyBin, async (ctx, { params }) => empty(ctx, await ofProject(ctx, params)));
}

export function serveInstanceChangeSets(app: FastifyInstance, deps: Deps): void {
  const reading = ofInstance('read');
  const changing = ofInstance('change');
  serve(app, deps, contract.previewInstanceChangeSet, (ctx, { body }) => preview(ctx, reading(ctx), body));
  serve(app, deps, contract.applyInstanceChangeSet, (ctx, { body }) => apply(ctx, changing(ctx), body));
  serve(app, deps, contract.listInstanceChangeSets, (ctx, { query }) => list(ctx, reading(ctx), query));
  serve(app, deps, contract.readInstanceChangeSet, (ctx, { params }) => read(ctx, reading(ctx, params), params));
  serve(app, deps, contract.undoInstanceChangeSet, (ctx, { params }) => undo(ctx, changing(ctx, params), params));
  serve(app, deps, contract.redoInstanceChangeSet, (ctx, { params }) => redo(ctx, changing(ctx, params), params));
  serve(app, deps, contract.emptyInstanceBin, (ctx) => empty(ctx, changing(ctx)));
}

type Place = string | null;
type PreviewBody = Input<typeof contract.previewChangeSet>['body'];
type ApplyBody = Input<typeof contract.applyChangeSet>['body'];
type ListQuery = Input<typeof contract.listChangeSets>['query'];
interface Detail {
  data: contract.ChangeSetDetail;
}

const preview = async (ctx: Ctx, place: Place, { actions }: PreviewBody) => ({
  data: await previewChangeSet(ctx, place, readActions(actions)),
});

async function apply(ctx: Ctx, place: Place, body: ApplyBody): Promise<Detail | { data: null }> {
  const { actions, ...options } = body;
  const row = await applyAsked(ctx, place, readActions(actions), { ...options, acceptLoss: body.acceptLoss ?? false });
  return row ? detail(ctx, row) : { data: null };
}

async function list(ctx: Ctx, place: Place, query: ListQuery) {
  const limit = query.limit ?? limits.defaultPageSize;
  const rows = await listSummaries(ctx.db, place, { limit, below: query.before });
  const last = rows.at(-1);
  const undone = findUndone(last ? await listAppliedSince(ctx.db, place, last.number) : []);
  return { data: rows.map((row) => toChangeSet(row, undone.has(row.id))), meta: { hasMore: rows.length === limit } };
}

const read = async (ctx: Ctx, place: Place, { id }: OfOne): Promise<Detail> => detail(ctx, await getChangeSet(ctx, place, id));
const undo = async (ctx: Ctx, place: Place, { id }: OfOne): Promise<Detail> => detail(ctx, await undoChangeSet(ctx, place, id));
const redo = async (ctx: Ctx, place: Place, { id }: OfOne): Promise<Detail> => detail(ctx, await redoChangeSet(ctx, place, id));
const empty = async (ctx: Ctx, place: Place): Promise<Detail> =>
  detail(ctx, (await emptyBin(ctx, place)) ?? fail('not_found', 'The bin is empty.'));
const detail = async (ctx: Ctx, row: ChangeSetRow): Promise<Detail> => ({ data: await detailOf(ctx, row) });

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
