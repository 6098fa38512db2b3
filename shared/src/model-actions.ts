/** What changes of definitions look like as JSON: schemas of models, fields, rules and of every action. */
import Type, { type TSchema } from 'typebox';
import { strict } from './contract.ts';
import type { FieldChanges, ModelAction, ModelChanges, NewField, NewIndex, NewModel, Rule } from './data-models.ts';
import { limits } from './limits.ts';

/** Names are refused with a sentence where they are read; here they are only kept from being huge. */
const name = Type.String({ maxLength: 200 });
const names = (maxItems: number) => Type.Array(name, { maxItems });
const id = Type.String({ format: 'uuid' });
const flag = Type.Boolean();
const values = Type.Record(Type.String(), Type.Unknown());
const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const optional = <T extends Record<string, TSchema>>(properties: T) =>
  Object.fromEntries(Object.entries(properties).map(([key, schema]) => [key, Type.Optional(schema)])) as {
    [K in keyof T]: ReturnType<typeof Type.Optional<T[K]>>;
  };

const onDelete = Type.Enum(['set-null', 'restrict', 'cascade']);
/** Which parts go together depends on the kind and is checked by the edit, which can say what is missing. */
const relation = strict({
  kind: Type.Enum(['many-to-one', 'one-to-many', 'many-to-many', 'any']),
  ...optional({
    target: name,
    targets: names(limits.relationTargets),
    onDelete,
    reverse: strict(optional({ key: name, label: name })),
  }),
});

const flags = { required: flag, unique: flag, index: flag, readOnly: flag, hidden: flag };

const fieldProperties = {
  type: name,
  ...optional({ id, key: name, label: name, help: Type.String(), options: values, ...flags, default: Type.Unknown() }),
};
export const newField = Type.Unsafe<NewField>(strict({ ...fieldProperties, relation: Type.Optional(relation) }));
export const newRelationField = Type.Unsafe<NewField>(strict({ ...fieldProperties, relation }));

export const fieldChanges = Type.Unsafe<FieldChanges>(
  strict(
    optional({
      key: name,
      type: name,
      label: name,
      help: nullable(Type.String()),
      options: nullable(values),
      ...flags,
      default: Type.Unknown(),
      fill: Type.Unknown(),
      relation: strict(optional({ kind: name, target: name, targets: names(limits.relationTargets), onDelete })),
    }),
    { minProperties: 1 },
  ),
);

export const newIndex = Type.Unsafe<NewIndex>(
  strict({ fields: names(limits.fieldsPerIndex), ...optional({ id, unique: flag }) }),
);

export const indexChanges = Type.Unsafe<Partial<Pick<NewIndex, 'fields' | 'unique'>>>(
  strict(optional({ fields: names(limits.fieldsPerIndex), unique: flag }), { minProperties: 1 }),
);

export const rule = Type.Unsafe<Rule>(
  strict({
    action: Type.Enum(['read', 'create', 'update', 'delete']),
    filter: values,
    fields: Type.Union([Type.Literal('*'), names(limits.fieldsPerModel)]),
    ...optional({
      id: Type.String({ minLength: 1, maxLength: 64 }),
      description: Type.String({ maxLength: limits.description }),
      roles: names(100),
      check: values,
      presets: values,
    }),
  }),
);
export const rules = Type.Array(rule, { maxItems: limits.rulesPerModel });

const modelWords = {
  key: name,
  labelPlural: name,
  description: Type.String(),
  icon: Type.String({ pattern: '^[a-z0-9-]{1,60}$' }),
  titleField: name,
  search: names(limits.searchFields),
  defaultSort: names(limits.sortFields),
};

export const newModelProperties = {
  label: name,
  ...optional({
    ...modelWords,
    id,
    fields: Type.Array(newField, { maxItems: limits.fieldsPerModel }),
    indexes: Type.Array(newIndex, { maxItems: limits.indexesPerModel }),
    rules,
    verbs: Type.Array(Type.Enum(['list', 'read', 'create', 'update', 'delete']), { maxItems: 5, uniqueItems: true }),
  }),
};
/** `isJunction` comes about only by a many-to-many relation. */
export const newModel = Type.Unsafe<Omit<NewModel, 'isJunction'>>(strict(newModelProperties));

export const modelChangeProperties = optional({ ...modelWords, label: name });
export const modelChanges = Type.Unsafe<ModelChanges>(strict(modelChangeProperties, { minProperties: 1 }));

export const fieldOrder = names(limits.fieldsPerModel);

const model = { model: name };
const field = { ...model, field: name };

/** What each action holds besides `do`. */
export const actionSchemas: { [D in ModelAction['do']]: Record<string, TSchema> } = {
  'create-model': { model: newModel },
  'update-model': { ...model, changes: modelChanges },
  'delete-model': model,
  'restore-model': model,
  'create-field': { ...model, field: newField },
  'update-field': { ...field, changes: fieldChanges },
  'delete-field': field,
  'restore-field': field,
  'order-fields': { ...model, fields: fieldOrder },
  'create-index': { ...model, index: newIndex },
  'delete-index': { ...model, index: name },
  'set-rules': { ...model, rules },
};
