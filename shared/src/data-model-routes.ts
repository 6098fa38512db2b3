/** Contracts of definitions: data models, their fields, relations, indexes and rules. Each change is a change set of its own. */
import Type from 'typebox';
import { listOf, route, strict, uuid } from './contract.ts';
import {
  fieldChanges,
  fieldOrder,
  indexChanges,
  modelChangeProperties,
  newField,
  newIndex,
  newModelProperties,
  newRelationField,
  rule,
  rules,
} from './model-actions.ts';

const reference = Type.String({ minLength: 1, maxLength: 100 });
const project = Type.Optional(
  Type.String({ minLength: 1, maxLength: 100, description: 'Id or slug; needed where a data model is named by its key.' }),
);
/** `version` counts the changes of the project's definitions; `changeSet` is the one this request made. */
const meta = Type.Object({ version: Type.Integer(), changeSet: Type.Optional(uuid) }, { additionalProperties: true });
const definition = Type.Record(Type.String(), Type.Unknown());
const one = Type.Object({ data: definition, meta: Type.Optional(meta) });
const several = Type.Object({ data: Type.Array(definition), meta: Type.Optional(meta) });

const ofModel = { tag: 'models', params: strict({ id: reference }), query: strict({ project }) };
const ofField = { tag: 'models', params: strict({ id: reference, field: reference }), query: strict({ project }) };
/** Values that a change loses for good are refused (422) unless it says so. */
const changeQuery = strict({ project, acceptLoss: Type.Optional(Type.Boolean()) });
const changeModel = { ...ofModel, query: changeQuery };
const changeField = { ...ofField, query: changeQuery };
const ofIndex = { ...ofModel, params: strict({ id: reference, index: uuid }) };
const changeOneIndex = { ...ofIndex, query: changeQuery };

const path = '/api/models';

const fieldType = Type.Object({
  name: Type.String(),
  label: Type.String(),
  description: Type.String(),
  category: Type.String(),
  /** Themselves definitions of fields; entries of a list (choices) are described by its own option `items`. */
  options: Type.Array(definition),
  operators: Type.Array(Type.String()),
  sortable: Type.Boolean(),
});

export const listFieldTypes = route({
  method: 'GET',
  path: '/api/field-types',
  summary: 'The types a field can be of, with the options of each, which are definitions of fields themselves.',
  tag: 'models',
  reply: listOf(fieldType),
});

export const listDataModels = route({
  method: 'GET',
  path,
  summary: "The data models of a project that one may see, or, without a project, Piper's own.",
  tag: 'models',
  query: strict({
    project,
    fields: Type.Optional(Type.Literal('*', { description: 'Whole definitions instead of summaries.' })),
    deleted: Type.Optional(Type.Boolean({ description: 'Those in the bin. For managers.' })),
  }),
  reply: several,
});

export const createDataModel = route({
  method: 'POST',
  path,
  summary: 'Add a data model to a project, with its fields.',
  tag: 'models',
  status: 201,
  body: strict({ project: Type.String({ minLength: 1, maxLength: 100 }), ...newModelProperties }),
  reply: one,
});

export const readDataModel = route({
  ...ofModel,
  method: 'GET',
  path: `${path}/:id`,
  summary: 'A data model, as far as one may see it; whole, with its rules and its bin, for managers.',
  reply: one,
});

export const updateDataModel = route({
  ...changeModel,
  method: 'PATCH',
  path: `${path}/:id`,
  summary: 'Change how a data model is called, shown, searched and sorted. A former key goes on to serve in addresses.',
  body: strict({ ...modelChangeProperties, fieldOrder: Type.Optional(fieldOrder) }, { minProperties: 1 }),
  reply: one,
});

export const deleteDataModel = route({
  ...changeModel,
  method: 'DELETE',
  path: `${path}/:id`,
  summary: 'Put a data model into the bin, with its records and with the relations that lead to it.',
  reply: one,
});

export const restoreDataModel = route({
  ...changeModel,
  method: 'POST',
  path: `${path}/:id/restore`,
  summary: 'Take a data model out of the bin, with everything that went with it.',
  reply: one,
});

export const listFields = route({
  ...ofModel,
  method: 'GET',
  path: `${path}/:id/fields`,
  summary: 'The fields of a data model that one may see.',
  reply: several,
});

export const createField = route({
  ...changeModel,
  method: 'POST',
  path: `${path}/:id/fields`,
  summary: 'Add a field.',
  status: 201,
  body: newField,
  reply: one,
});

export const orderFields = route({
  ...changeModel,
  method: 'POST',
  path: `${path}/:id/fields/order`,
  summary: 'Put the fields into an order; those not named follow.',
  body: strict({ fields: fieldOrder }),
  reply: several,
});

export const readField = route({ ...ofField, method: 'GET', path: `${path}/:id/fields/:field`, summary: 'A field.', reply: one });

export const updateField = route({
  ...changeField,
  method: 'PATCH',
  path: `${path}/:id/fields/:field`,
  summary:
    'Change a field. Another key renames it everywhere; another type converts the values and keeps the old ones in the bin.',
  body: fieldChanges,
  reply: one,
});

export const deleteField = route({
  ...changeField,
  method: 'DELETE',
  path: `${path}/:id/fields/:field`,
  summary: 'Put a field into the bin, with its values.',
  reply: one,
});

export const restoreField = route({
  ...changeField,
  method: 'POST',
  path: `${path}/:id/fields/:field/restore`,
  summary: 'Take a field out of the bin, with its values.',
  reply: one,
});

export const listRelations = route({
  ...ofModel,
  method: 'GET',
  path: `${path}/:id/relations`,
  summary: 'The relations of a data model, with both their ends.',
  reply: several,
});

export const createRelation = route({
  ...changeModel,
  method: 'POST',
  path: `${path}/:id/relations`,
  summary: 'Add a relation: a field here, and what it needs on the other side.',
  status: 201,
  body: newRelationField,
  reply: one,
});

export const readRelation = route({
  ...ofField,
  method: 'GET',
  path: `${path}/:id/relations/:field`,
  summary: 'A relation, with both its ends.',
  reply: one,
});

export const updateRelation = route({
  ...changeField,
  method: 'PATCH',
  path: `${path}/:id/relations/:field`,
  summary: 'Change a relation as a field; its kind and where it leads stay.',
  body: fieldChanges,
  reply: one,
});

export const deleteRelation = route({
  ...changeField,
  method: 'DELETE',
  path: `${path}/:id/relations/:field`,
  summary: 'Put a relation into the bin, with both its ends.',
  reply: one,
});

export const listIndexes = route({
  ...ofModel,
  method: 'GET',
  path: `${path}/:id/indexes`,
  summary: 'The indexes over several fields. For managers.',
  reply: several,
});

export const createIndex = route({
  ...changeModel,
  method: 'POST',
  path: `${path}/:id/indexes`,
  summary: 'Add an index over several fields; `unique` keeps their values together from occurring twice.',
  status: 201,
  body: newIndex,
  reply: one,
});

export const readIndex = route({
  ...ofIndex,
  method: 'GET',
  path: `${path}/:id/indexes/:index`,
  summary: 'An index over several fields. For managers.',
  reply: one,
});

export const updateIndex = route({
  ...changeOneIndex,
  method: 'PATCH',
  path: `${path}/:id/indexes/:index`,
  summary: 'Change which fields an index is over, or whether it keeps values from occurring twice; it is built anew.',
  body: indexChanges,
  reply: one,
});

export const deleteIndex = route({
  ...changeOneIndex,
  method: 'DELETE',
  path: `${path}/:id/indexes/:index`,
  summary: 'Remove an index.',
  reply: one,
});

const rulesReply = Type.Object({ data: Type.Array(rule), meta: Type.Optional(meta) });

export const listRules = route({
  ...ofModel,
  method: 'GET',
  path: `${path}/:id/rules`,
  summary: 'Who may do what with the records of a data model. For managers.',
  reply: rulesReply,
});

export const setRules = route({
  ...changeModel,
  method: 'PUT',
  path: `${path}/:id/rules`,
  summary: 'Replace the rules of a data model. A rule that keeps its id stays the same rule.',
  body: strict({ rules }),
  reply: rulesReply,
});
