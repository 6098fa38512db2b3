/** The change set that makes the models of an attached database, and the one that closes it when the rows are there. */
import type { ModelAction } from '@piper/shared/data-models';
import type { Mapped } from './mapped.ts';

/** Models first, then what leads from one to another, then indexes over both. */
export const attachActions = ({ models, links }: Mapped): ModelAction[] => [
  ...models.map(({ model }): ModelAction => ({ do: 'create-model', model })),
  ...models.flatMap(({ model, relations }) =>
    relations.map(({ field }): ModelAction => ({ do: 'create-field', model: model.id, field })),
  ),
  ...links.map(({ model, field }): ModelAction => ({ do: 'create-field', model, field })),
  ...models.flatMap(({ model, indexes }) =>
    indexes.map((index): ModelAction => ({ do: 'create-index', model: model.id, index })),
  ),
];

/** Relations that were empty while rows were copied become required. */
export const closingActions = ({ models }: Mapped): ModelAction[] =>
  models.flatMap(({ model, relations }) =>
    relations
      .filter(({ requireLate }) => requireLate)
      .map(({ field }): ModelAction => ({ do: 'update-field', model: model.id, field: field.id, changes: { required: true } })),
  );
