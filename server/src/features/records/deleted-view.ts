/** Lists and reads of deleted records: for those who may delete, hence restore, them. */
import { fail } from '@piper/shared/errors';
import type { DataModel } from '@piper/shared/data-model';
import { allOf, always, anyOf, type Condition } from '@piper/shared/filter/ast';
import type { ActorRules } from '#platform/records/actor-rules';
import { entryOf, type Catalogue } from '#platform/records/catalogue';
import type { RawQuery } from '#platform/records/query';
import type { ProjectCtx } from './items.place.ts';

type View = 'only' | 'with';

/** Parts `deleted` from a query; the context sees deleted records of the model if it asks for them. Throws `validation_failed`. */
export function viewDeleted(ctx: ProjectCtx, modelKey: string, raw: RawQuery): { ctx: ProjectCtx; query: RawQuery } {
  const { deleted, ...query } = raw;
  if (deleted === undefined || deleted === '') return { ctx, query: raw };
  if (deleted !== 'only' && deleted !== 'with')
    fail('validation_failed', 'Not valid: "deleted" must be "only" or "with".', [
      { path: 'deleted', message: 'must be "only" or "with"' },
    ]);
  return { ctx: seeingDeleted(ctx, modelKey, deleted), query };
}

/** A context to which deleted records of the model are there, as far as its actor may read and delete them. */
export function seeingDeleted(ctx: ProjectCtx, modelKey: string, view: View): ProjectCtx {
  const { catalogue } = ctx.project;
  const { model } = entryOf(ctx, modelKey);
  const rules = rulesOfView(catalogue, ctx, { modelId: model.id, view });
  const seeing: Catalogue = { ...catalogue, rulesOf: () => rules };
  return { ...ctx, project: { ...ctx.project, catalogue: seeing } };
}

function rulesOfView(catalogue: Catalogue, ctx: ProjectCtx, { modelId, view }: { modelId: string; view: View }): ActorRules {
  const rules = catalogue.rulesOf(ctx);
  const restorable = (model: DataModel, mark: string): Condition =>
    allOf([rules.parse({ [mark]: { _nnull: true } }, model), rules.actionRule(model, 'read'), rules.actionRule(model, 'delete')]);
  const seeing = (of: View): ActorRules => ({
    ...rules,
    // Statements are kept by it.
    key: `${rules.key} deleted ${of} ${modelId}`,
    rowRule: (model) => {
      if (model.id !== modelId || model.softDelete === undefined) return rules.rowRule(model);
      const deleted = restorable(model, model.softDelete);
      return of === 'only' ? deleted : anyOf([rules.rowRule(model), deleted]);
    },
    // What joined a deleted record is marked along with it, and still says what it was joined to.
    scopeRule: (model) => (model.isJunction === true ? always : rules.scopeRule(model)),
  });
  // What a deleted record points to need not be deleted.
  return view === 'only' ? { ...seeing('only'), beyond: seeing('with') } : seeing('with');
}
