/** What actions say shall stand where a required field finds nothing. */
import type { Definitions, ModelAction, ModelDefinition } from '@piper/shared/data-models';

/** By `model/field`, found in the definitions before or after by id or key. */
export function fillsOf(
  before: Definitions,
  after: readonly ModelDefinition[],
  actions: readonly ModelAction[],
): ReadonlyMap<string, unknown> {
  const fills = new Map<string, unknown>();
  for (const action of actions) {
    if (action.do !== 'update-field' || action.changes.fill === undefined) continue;
    const name = { model: action.model, field: action.field };
    const found = findField(before.models, name) ?? findField(after, name);
    if (found) fills.set(found, action.changes.fill);
  }
  return fills;
}

function findField(models: readonly ModelDefinition[], name: { model: string; field: string }): string | undefined {
  const live = models.filter((one) => one.deletedAt === undefined);
  const model = live.find((one) => one.id === name.model) ?? live.find((one) => one.key === name.model);
  const field = model?.fields.find((one) => one.id === name.field) ?? model?.fields.find((one) => one.key === name.field);
  return field && `${model!.id}/${field.id}`;
}
