/** From what somebody asks of a project's definitions to a plan: what its tables are like decides how. */
import { sql } from 'kysely';
import type { Definitions, Field, ModelAction, ModelDefinition } from '@piper/shared/data-models';
import type { TestOutcome } from '@piper/shared/project-rules';
import type { Ctx } from '#platform/ctx';
import type { Db } from '#platform/db/db';
import { newId } from '#platform/ids';
import { openCatalogue, refreshSystemCatalogue, systemCatalogue } from '#platform/records/records';
import { quoteTable } from '#platform/records/sql-writer';
import { sizesIn, type ChangeSetRow, type TableSize } from './change-sets.repo.ts';
import { findProblems } from './data-problems.ts';
import { roleKeysOf } from './definitions.repo.ts';
import { editDefinitions, settleDefinitions } from './edit/index.ts';
import { editExtensions, settleExtensions } from './extensions/edit.ts';
import { requireSameModels } from './extensions/stored.ts';
import { requireUnusedByProjects } from './extensions/usage.repo.ts';
import { noteFormerChoices } from './former-choices.ts';
import { schemaOf } from './names.ts';
import { fillsOf } from './plan/fills.ts';
import { pipers } from './plan/physical.ts';
import { planChange } from './plan/plan-change.ts';
import { settleNames } from './plan/settle-names.ts';
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

/** What actions make of the definitions. With `asked`, what somebody asks for, nothing that no record could ever meet. */
export async function editOf(
  ctx: Ctx,
  before: Definitions,
  asked?: readonly ModelAction[],
): Promise<(actions: readonly ModelAction[]) => Change> {
  const { projectId } = before;
  const options = { ...(await optionsOf(ctx, before)), empty: asked && (await emptyAmong(ctx.db, before, asked)) };
  return (actions) => {
    const edited =
      projectId === null ? editExtensions(before, actions, options) : editDefinitions(before, actions, { ...options, projectId });
    const fills = fillsOf(before, edited, actions);
    return { before, after: settled(before, edited), actions, kind: 'change', fills };
  };
}

/** The change to definitions that were there before. Throws `still_used` and `conflict` when by now they would not fit together. */
export async function changeTo(
  ctx: Ctx,
  before: Definitions,
  wanted: readonly ModelDefinition[],
  what: Pick<Change, 'kind' | 'of'>,
): Promise<Change> {
  const { projectId } = before;
  const options = await optionsOf(ctx, before);
  const after =
    projectId === null ? settleExtensions(before, wanted, options) : settleDefinitions(before, wanted, { ...options, projectId });
  return { ...what, before, after: settled(before, after), actions: [] };
}

const settled = (before: Definitions, edited: readonly ModelDefinition[]): ModelDefinition[] =>
  settleNames(before, noteFormerChoices(before.models, edited));

/** Models without a record, of those in which the actions require a field. */
async function emptyAmong(db: Db, { models }: Definitions, actions: readonly ModelAction[]): Promise<ReadonlySet<string>> {
  const named = new Set(actions.flatMap((action) => (requires(action) ? action.model : [])));
  const empty = new Set<string>();
  for (const { id, key, table, deletedAt } of models) {
    if (deletedAt !== undefined || !(named.has(id) || named.has(key))) continue;
    const { rows } = await sql`select 1 from ${sql.raw(quoteTable(table))} limit 1`.execute(db);
    if (rows.length === 0) empty.add(id);
  }
  return empty;
}

const requires = (action: ModelAction): action is Extract<ModelAction, { do: 'create-field' | 'update-field' }> =>
  (action.do === 'create-field' && action.field.required === true) ||
  (action.do === 'update-field' && (action.changes.required === true || action.changes.relation !== undefined));

async function optionsOf(ctx: Ctx, { projectId }: Definitions) {
  // What they build on may have been added a moment ago, by another process.
  await refreshSystemCatalogue(ctx.deps);
  const roles = projectId === null ? [] : await roleKeysOf(ctx.db, projectId);
  return { newId, now: ctx.deps.clock.now().toISOString(), base: ctx.deps.catalogue, roles };
}

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
