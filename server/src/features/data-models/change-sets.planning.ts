/** From wanted definitions to a plan: what the tables are like decides how. */
import type { Definitions, Field, ModelDefinition } from '@piper/shared/data-models';
import type { TestOutcome } from '@piper/shared/project-rules';
import type { Ctx } from '#platform/ctx';
import { openCatalogue, refreshSystemCatalogue, systemCatalogue } from '#platform/records/records';
import { sizesIn, type TableSize } from './change-sets.repo.ts';
import { findProblems } from './data-problems.ts';
import { requireSameModels } from './extensions/stored.ts';
import { requireUnusedByProjects } from './extensions/usage.repo.ts';
import { schemaOf } from './names.ts';
import { pipers } from './plan/physical.ts';
import { planChange } from './plan/plan-change.ts';
import type { Plan } from './plan/step.ts';
import { runPermissionTests } from './rules/run-tests.ts';
import type { Change } from './change-sets.editing.ts';

export type Sizes = Awaited<ReturnType<typeof sizesIn>>;

/** Tables up to here are changed at once, under a lock that nobody notices. */
const smallTableBytes = 512 * 1024;

/** What comes into force by a change, and the steps to it. */
export interface Planned {
  after: readonly ModelDefinition[];
  plan: Plan;
}

/**
 * Plans the change. Throws what may not come into force whatever the data is like. A required field that comes back from the bin
 * and finds records that were made without it meanwhile is not required any more.
 */
export async function planned(ctx: Ctx, change: Change, sizes: Sizes, atOnce?: number): Promise<Planned> {
  await requireUsable(ctx, change);
  const plan = planOf(change, sizes, atOnce);
  const back = plan.checks.filter(({ isBack }) => isBack);
  const problems = back.length === 0 ? [] : await findProblems(ctx.deps, back, change.after);
  if (problems.length === 0) return { after: change.after, plan };
  const lacking = new Set(problems.flatMap(({ model, fields }) => fields.map((field) => `${model}/${field}`)));
  const after = change.after.map((model) => {
    const isLacking = ({ id }: Field): boolean => lacking.has(`${model.id}/${id}`);
    if (!model.fields.some(isLacking)) return model;
    return { ...model, fields: model.fields.map((field) => (isLacking(field) ? { ...field, required: false } : field)) };
  });
  return { after, plan: planOf({ ...change, after }, sizes, atOnce) };
}

/** Definitions that can't be opened would be of use to nobody, not even to mend them. */
async function requireUsable({ db, deps }: Ctx, { before, after }: Change): Promise<void> {
  await refreshSystemCatalogue(deps);
  if (before.projectId !== null) {
    const live = after.filter((model) => model.deletedAt === undefined);
    openCatalogue(
      live.map((model) => ({ model })),
      deps.catalogue,
    );
    return;
  }
  requireSameModels(before, after);
  await requireUnusedByProjects(db, before, after);
  systemCatalogue(deps.features, { version: 0, fields: new Map(after.map((model) => [model.key, model.fields])) });
}

export const sizesOf = async (ctx: Ctx, { projectId }: Definitions): Promise<Sizes> =>
  sizesIn(ctx.db, projectId === null ? pipers : schemaOf(projectId));

export function planOf({ before, after, fills }: Change, sizes: Sizes, atOnce = smallTableBytes): Plan {
  const old = new Map(before.models.map((model) => [model.id, model]));
  const sizeOf = (id: string): TableSize | undefined => {
    const model = old.get(id);
    return model?.deletedAt === undefined ? sizes.get(model?.table.split('.')[1] ?? '') : undefined;
  };
  const isSmall = (id: string): boolean => (sizeOf(id)?.bytes ?? Infinity) < atOnce;
  // Piper's own tables are never made anew.
  const attributesOf = (id: string): number | undefined => (before.projectId === null ? undefined : sizeOf(id)?.attributes);
  return planChange({ before, after, isSmall, attributesOf, ...(fills ? { fills } : {}) });
}

/** The permission tests that stand in the way. */
export const brokenTests = async (
  ctx: Ctx,
  { projectId, models }: Definitions,
  after: readonly ModelDefinition[],
): Promise<TestOutcome[]> => (projectId === null ? [] : runPermissionTests(ctx, { projectId, before: models, after }));
