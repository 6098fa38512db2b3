/** The change sets that make the models of an attached database, and the one that closes it when the rows are there. */
import type { ModelAction, ModelDefinition } from '@piper/shared/data-models';
import { limits } from '@piper/shared/limits';
import type { Mapped } from './mapped.ts';

/** All that is to be made: models first, then what leads from one to another, then indexes over both. */
const attachActions = ({ models, links }: Mapped): ModelAction[] => [
  ...models.map(({ model }): ModelAction => ({ do: 'create-model', model })),
  ...models.flatMap(({ model, relations }) =>
    relations.map(({ field }): ModelAction => ({ do: 'create-field', model: model.id, field })),
  ),
  ...links.map(({ model, field }): ModelAction => ({ do: 'create-field', model, field })),
  ...models.flatMap(({ model, indexes }) =>
    indexes.map((index): ModelAction => ({ do: 'create-index', model: model.id, index })),
  ),
];

/** What of it is not there yet, as much as one change set takes; none when all is there. */
export function pendingActions(mapped: Mapped, models: readonly ModelDefinition[]): ModelAction[] {
  const byId = new Map(models.map((model) => [model.id, model]));
  return attachActions(mapped)
    .filter((action) => !isDone(action, byId))
    .slice(0, limits.actionsPerChangeSet);
}

function isDone(action: ModelAction, models: ReadonlyMap<string, ModelDefinition>): boolean {
  switch (action.do) {
    case 'create-model':
      return models.has(action.model.id!);
    case 'create-field':
      return models.get(action.model)?.fields.some(({ id }) => id === action.field.id) ?? false;
    case 'create-index':
      return models.get(action.model)?.indexes?.some(({ fields }) => fields.join() === action.index.fields.join()) ?? false;
    default:
      return false;
  }
}

/** Relations that were empty while rows were copied become required. None when they are. */
export function closingActions(mapped: Mapped, models: readonly ModelDefinition[]): ModelAction[] {
  const fields = new Map(models.flatMap((model) => model.fields).map((field) => [field.id, field]));
  return mapped.models
    .flatMap(({ model, relations }) =>
      relations
        .filter(({ requireLate, field: { id } }) => requireLate && fields.get(id)?.required !== true)
        .map(({ field }): ModelAction => ({ do: 'update-field', model: model.id, field: field.id, changes: { required: true } })),
    )
    .slice(0, limits.actionsPerChangeSet);
}
