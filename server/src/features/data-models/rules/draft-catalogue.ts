/** A catalogue of definitions that are not in force yet, over the tables as they are now. */
import type { DataModel, Field } from '@piper/shared/data-model';
import type { ModelDefinition } from '@piper/shared/data-models';
import { parseFilter, type ModelSource } from '@piper/shared/filter/parse';
import { nameFrom } from '../plan/physical.ts';
import { openCatalogue, type Catalogue } from '#platform/records/records';

export interface DraftCatalogue {
  catalogue: Catalogue;
  /** Ids and keys of models that can't be used before the change, with the reason. */
  untried: ReadonlyMap<string, string>;
}

/** Maps what will be to the columns there are; rules that need what is not there yet make their model untried. */
export function catalogueOverTables(
  after: readonly ModelDefinition[],
  present: readonly ModelDefinition[],
  base: Catalogue,
): DraftCatalogue {
  const there = new Map(present.filter((model) => model.deletedAt === undefined).map((model) => [model.id, model]));
  const live = after.filter((model) => model.deletedAt === undefined);
  const untried = new Map<string, string>();
  const tell = (model: DataModel, reason: string): void => {
    untried.set(model.id, reason);
    untried.set(model.key, reason);
  };
  for (const model of live) if (!there.has(model.id)) tell(model, `${model.label} has no table before the change is applied.`);
  const mapped = live.flatMap((model) => {
    const now = there.get(model.id);
    return now ? [overTable(model, now)] : [];
  });
  const kept = withoutLostRelations(mapped, base);
  const models = new Map(kept.flatMap((model) => [[model.id, model] as const, [model.key, model] as const]));
  const source: ModelSource = { find: (reference) => models.get(reference) ?? base.find(reference) };
  const usable = kept.map((model) => {
    if (parses(model, source)) return model;
    tell(
      model,
      `The rules of ${model.label} need fields that are not there yet, so nothing can be tried. Add the fields first, then set the rules.`,
    );
    return { ...model, rules: [] };
  });
  return {
    catalogue: openCatalogue(
      usable.map((model) => ({ model })),
      base,
    ),
    untried,
  };
}

/**
 * With the present table and columns, and with the present types of those whose type changes. Fields that have no column yet are
 * left out, computed ones that are new or changed too.
 */
function overTable(after: ModelDefinition, now: ModelDefinition): ModelDefinition {
  const fields = after.fields.flatMap((field): Field[] => {
    const known = now.fields.find((other) => other.id === field.id) ?? inBin(now, field.id);
    if (!known) return [];
    if (field.column === undefined) return sameSource(field, known) ? [field] : [];
    if (known.column === undefined) return [];
    return [known.type === field.type ? { ...field, column: known.column } : { ...known, key: field.key }];
  });
  const keys = new Set(fields.map((field) => field.key));
  return {
    ...after,
    table: now.table,
    fields,
    search: after.search.filter((key) => keys.has(key)),
    defaultSort: after.defaultSort.filter((entry) => keys.has(entry.replace(/^[-+]/, '').split('.')[0]!)),
  };
}

/** A field that returns from the bin has its values there. */
function inBin({ id, bin = [] }: ModelDefinition, fieldId: string): Field | undefined {
  const found = bin.find(({ field }) => field.id === fieldId)?.field;
  return found?.column === undefined ? found : { ...found, column: nameFrom('bin', id, fieldId) };
}

const sameSource = (a: Field, b: Field): boolean =>
  JSON.stringify([a.type, a.result, a.options, a.relation]) === JSON.stringify([b.type, b.result, b.options, b.relation]);

/** A relation needs both its ends. */
function withoutLostRelations(models: readonly ModelDefinition[], base: Catalogue): ModelDefinition[] {
  const find = (id: string): DataModel | undefined => models.find((model) => model.id === id) ?? base.find(id);
  const has = (id: string, reference: string): boolean =>
    find(id)?.fields.some((field) => (field.id === reference || field.key === reference) && field.column !== undefined) === true;
  const isWhole = ({ relation }: Field): boolean => {
    if (!relation) return true;
    if (relation.kind === 'any') return relation.targets.every((id) => find(id) !== undefined);
    if (find(relation.target) === undefined) return false;
    if (relation.kind === 'one-to-many') return has(relation.target, relation.by);
    return relation.kind !== 'many-to-many' || (has(relation.through, relation.by) && has(relation.through, relation.to));
  };
  return models.map((model) => ({ ...model, fields: model.fields.filter(isWhole) }));
}

function parses(model: DataModel, models: ModelSource): boolean {
  try {
    for (const { filter, check } of model.rules) {
      parseFilter(filter, model, { models });
      if (check) parseFilter(check, model, { models });
    }
    return true;
  } catch {
    return false;
  }
}
