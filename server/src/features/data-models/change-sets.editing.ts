/** From what somebody asks of a project's definitions to definitions that hold together, and fit what is stored. */
import { sql } from 'kysely';
import type { Definitions, ModelAction, ModelDefinition } from '@piper/shared/data-models';
import type { Ctx } from '#platform/ctx';
import type { Db } from '#platform/db/db';
import { newId } from '#platform/ids';
import { refreshSystemCatalogue } from '#platform/records/records';
import { quoteTable } from '#platform/records/sql-writer';
import type { ChangeSetRow } from './change-sets.repo.ts';
import { roleKeysOf } from './definitions.repo.ts';
import { editDefinitions, settleDefinitions } from './edit/index.ts';
import { editExtensions, settleExtensions } from './extensions/edit.ts';
import { noteFormerChoices } from './former-choices.ts';
import { fillsOf } from './plan/fills.ts';
import { settleNames } from './plan/settle-names.ts';

/** The definitions that somebody wants instead. */
export interface Change {
  before: Definitions;
  after: readonly ModelDefinition[];
  fills?: ReadonlyMap<string, unknown>;
  actions: readonly ModelAction[];
  kind: ChangeSetRow['kind'];
  of?: string;
}

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
