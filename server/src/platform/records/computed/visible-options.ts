/** The options of a computed field as an actor may know them: what names fields they may not read is left out. */
import type { DataModel, Field } from '@piper/shared/data-model';
import { FormulaError, parseFormula, referencesOf } from '@piper/shared/formula/index';
import { resolvePath } from '@piper/shared/formula/references';
import { formulaOf } from '@piper/shared/formula/related';
import { mayRead, type ActorRules } from '../actor-rules.ts';

/** The field's options without a formula that reads, or a filter that could compare, what the actor may not see. */
export function visibleOptions(field: Field, model: DataModel, rules: ActorRules): Field['options'] {
  if (field.options === undefined || rules.unbound) return field.options;
  const { formula, filter, ...rest } = field.options;
  const shown = { ...rest };
  if (formula !== undefined && mayReadFormula(field, model, rules)) shown['formula'] = formula;
  if (filter !== undefined && mayReadTarget(field, model, rules)) shown['filter'] = filter;
  return shown;
}

function mayReadFormula(field: Field, model: DataModel, rules: ActorRules): boolean {
  try {
    return referencesOf(parseFormula(formulaOf(field))).every((path) => {
      const steps = resolvePath(path, model, rules.models);
      return typeof steps !== 'string' && steps.every((step) => mayRead(rules, step.model, step.field));
    });
  } catch (error) {
    if (error instanceof FormulaError) return false;
    throw error;
  }
}

/** A filter may lead anywhere; it is shown to whoever reads all of the model it begins with. */
function mayReadTarget(field: Field, model: DataModel, rules: ActorRules): boolean {
  const relation = model.fields.find(({ id, key }) => id === field.options?.['relation'] || key === field.options?.['relation']);
  const target = rules.models.find(relation?.relation?.target ?? '');
  return target?.fields.every((each) => mayRead(rules, target, each)) ?? false;
}
