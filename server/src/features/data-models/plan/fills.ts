/** What actions say shall stand where a required field finds nothing. */
import type { Definitions, ModelAction, ModelDefinition } from '@piper/shared/data-models';
import { checkValue } from '../edit/check.ts';

/** By `model/field`, found in the definitions before or after by id or key. Throws `validation_failed` for what the field can't hold. */
export function fillsOf(
  before: Definitions,
  after: readonly ModelDefinition[],
  actions: readonly ModelAction[],
): ReadonlyMap<string, unknown> {
  const fills = new Map<string, unknown>();
  for (const [i, action] of actions.entries()) {
    const fill = action.do === 'update-field' ? (action.changes.fill ?? null) : null;
    if (action.do !== 'update-field' || fill === null) continue;
    const name = { model: action.model, field: action.field };
    const found = findField(before.models, name) ?? findField(after, name);
    if (!found) continue;
    const field = after.find(({ id }) => id === found.model)?.fields.find(({ id }) => id === found.field);
    if (field?.column !== undefined) checkValue(fill, field, `actions[${i}].changes.fill`);
    fills.set(`${found.model}/${found.field}`, fill);
  }
  return fills;
}

function findField(
  models: readonly ModelDefinition[],
  name: { model: string; field: string },
): { model: string; field: string } | undefined {
  const live = models.filter((one) => one.deletedAt === undefined);
  const model = live.find((one) => one.id === name.model) ?? live.find((one) => one.key === name.model);
  const field = model?.fields.find((one) => one.id === name.field) ?? model?.fields.find((one) => one.key === name.field);
  return field && { model: model!.id, field: field.id };
}
