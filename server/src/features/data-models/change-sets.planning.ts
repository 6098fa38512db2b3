/** From what somebody asks of a project's definitions to a plan: what its tables are like decides how. */
import type { Definitions, ModelAction, ModelDefinition } from '@piper/shared/data-models';
import type { TestOutcome } from '@piper/shared/project-rules';
import type { Ctx } from '#platform/ctx';
import { newId } from '#platform/ids';
import { refreshSystemCatalogue } from '#platform/records/records';
import { sizesIn, type ChangeSetRow, type TableSize } from './change-sets.repo.ts';
import { roleKeysOf } from './definitions.repo.ts';
import { editDefinitions } from './edit/index.ts';
import { editExtensions } from './extensions/edit.ts';
import { schemaOf } from './names.ts';
import { fillsOf } from './plan/fills.ts';
import { pipers } from './plan/physical.ts';
import { planChange } from './plan/plan-change.ts';
import type { Plan } from './plan/step.ts';
import { runPermissionTests } from './rules/run-tests.ts';

export type Sizes = Awaited<ReturnType<typeof sizesIn>>;

/** The definitions that somebody wants instead. */
export interface Change {
  before: Definitions;
  after: readonly ModelDefinition[];
  fills?: ReadonlyMap<string, unknown>;
  actions: readonly ModelAction[];
  kind: ChangeSetRow['kind'];
  of?: string;
}

/** Tables up to here are changed at once, under a lock that nobody notices. */
const smallTableBytes = 512 * 1024;

/** What actions make of the definitions. */
export async function editOf(ctx: Ctx, before: Definitions): Promise<(actions: readonly ModelAction[]) => Change> {
  const { projectId } = before;
  // What they build on may have been added a moment ago, by another process.
  await refreshSystemCatalogue(ctx.deps);
  const options = { newId, now: ctx.deps.clock.now().toISOString(), base: ctx.deps.catalogue };
  const roles = projectId === null ? [] : await roleKeysOf(ctx.db, projectId);
  return (actions) => {
    const after =
      projectId === null
        ? editExtensions(before, actions, options)
        : editDefinitions(before, actions, { ...options, projectId, roles });
    return { before, after, actions, kind: 'change', fills: fillsOf(before, after, actions) };
  };
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

/** A test that fails today may fail tomorrow: it says what is still to be reached. */
export async function brokenTests(
  ctx: Ctx,
  { projectId, models }: Definitions,
  after: readonly ModelDefinition[],
): Promise<TestOutcome[]> {
  const failing = projectId === null ? [] : await runPermissionTests(ctx, projectId, after);
  if (failing.length === 0) return [];
  const already = new Set((await runPermissionTests(ctx, projectId!, models)).map(({ test }) => test));
  return failing.filter(({ test }) => !already.has(test));
}
