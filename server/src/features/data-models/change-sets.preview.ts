/** What a change set would do, told before it does it. */
import { setImmediate as pause } from 'node:timers/promises';
import type { ChangeSetPreview, DataProblem, PlannedStep } from '@piper/shared/change-sets';
import type { Definitions, ModelAction, ModelDefinition, Risk } from '@piper/shared/data-models';
import { PiperError } from '@piper/shared/errors';
import type { Advice } from '@piper/shared/project-rules';
import type { Ctx } from '#platform/ctx';
import { editOf, type Change } from './change-sets.editing.ts';
import { brokenTests, planned, planOf, sizesOf, type Sizes } from './change-sets.planning.ts';
import { findProblems } from './data-problems.ts';
import { loadDefinitions } from './definitions.repo.ts';
import type { Step } from './plan/step.ts';
import { adviseOnRules } from './rules/advice.ts';
import { catalogueOverTables } from './rules/draft-catalogue.ts';

/** What the actions would do, and what stands in their way. Changes nothing. */
export async function previewChangeSet(
  ctx: Ctx,
  projectId: string | null,
  actions: readonly ModelAction[],
): Promise<ChangeSetPreview> {
  const before = await loadDefinitions(ctx.db, projectId);
  const sizes = await sizesOf(ctx, before);
  const edit = await editOf(ctx, before, actions);
  const change = edit(actions);
  const { after, plan } = await planned(ctx, change, sizes);
  const problems = await findProblems(ctx.deps, plan.checks, after);
  const stepsOf = (some: readonly ModelAction[]): Step[] => planOf(edit(some), sizes).steps;
  return {
    version: before.version,
    risk: riskOf(plan.steps, problems),
    actions: await eachAction(actions, stepsOf),
    steps: withRows(before, plan.steps, sizes),
    problems,
    tests: await brokenTests(ctx, before, after),
    advice: await adviseOn(ctx, before, change),
  };
}

/** Indexes that rules which are set would lack, and did not lack before; over the tables as they are now. */
async function adviseOn(ctx: Ctx, { projectId, models }: Definitions, { actions, after }: Change): Promise<Advice[]> {
  const set = new Set(actions.flatMap((action) => (action.do === 'set-rules' ? [action.model] : [])));
  if (projectId === null || set.size === 0) return [];
  const lackedBy = async (definitions: readonly ModelDefinition[]): Promise<Advice[]> => {
    const { catalogue } = catalogueOverTables(definitions, models, ctx.deps.catalogue);
    const found: Advice[] = [];
    for (const model of set) found.push(...(await adviseOnRules(ctx, { projectId, catalogue }, model)));
    return found;
  };
  const lacked = await lackedBy(after);
  if (lacked.length === 0) return [];
  const before = new Set((await lackedBy(models)).map(({ model, fields }) => `${model} ${fields.join()}`));
  return lacked.filter(({ model, fields }) => !before.has(`${model} ${fields.join()}`));
}

/** More are not told apart: each is planned with all before it. */
const maxToldApart = 50;

/** What each action adds to the plan: that of all up to it, without that of all before it. */
async function eachAction(
  actions: readonly ModelAction[],
  stepsOf: (some: readonly ModelAction[]) => Step[],
): Promise<ChangeSetPreview['actions']> {
  if (actions.length > maxToldApart) return [];
  const seen = new Set<string>();
  const told: ChangeSetPreview['actions'] = [];
  for (const [i, { do: name }] of actions.entries()) {
    const added = stepsUpTo(actions.slice(0, i + 1), stepsOf).filter(({ sentence }) => !seen.has(sentence));
    for (const { sentence } of added) seen.add(sentence);
    told.push({ do: name, risk: riskOf(added, []), sentences: [...new Set(added.map(({ sentence }) => sentence))] });
    // In a large project each takes some milliseconds, and others wait.
    await pause();
  }
  return told;
}

/** An action may only make sense together with those after it; then it shows nothing by itself. */
function stepsUpTo(some: readonly ModelAction[], stepsOf: (some: readonly ModelAction[]) => Step[]): Step[] {
  try {
    return stepsOf(some);
  } catch (error) {
    if (error instanceof PiperError) return [];
    throw error;
  }
}

function riskOf(steps: readonly Step[], problems: readonly DataProblem[]): Risk {
  if (problems.some(({ effect }) => effect === 'loss') || steps.some(({ risk }) => risk === 'loses-data')) return 'loses-data';
  return steps.some(({ risk }) => risk === 'rewrites-table') ? 'rewrites-table' : 'safe';
}

function withRows(before: Definitions, steps: readonly Step[], sizes: Sizes): PlannedStep[] {
  const tables = new Map(before.models.map((model) => [model.id, model.table.split('.')[1] ?? '']));
  return steps.map((step) => {
    const looks = step.kind !== 'brief' || step.risk === 'rewrites-table';
    return { ...toPlanned(step), ...(looks ? { rows: sizes.get(tables.get(step.model) ?? '')?.rows ?? null } : {}) };
  });
}

export const toPlanned = ({ phase, model, sql, risk, sentence }: Step): PlannedStep => ({ phase, model, sql, risk, sentence });
