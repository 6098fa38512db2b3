/** The types of one data model in the typed client. */
import { hasValue } from '@piper/shared/data-model';
import type { JsonSchema } from '@piper/shared/fields/index';
import { callsOf, isToMany } from '@piper/shared/filter/path';
import { listedBy, listFields, plainFields, type DescribedField, type DescribedModel } from '../documents/described.ts';
import { valueRead } from '../openapi/field-schemas.ts';
import { comment, literals, members, property, typeOf, union } from './write-types.ts';
import { operatorsOn } from './operator-types.ts';

/** Under which a model is known in `Models`. */
export const modelKey = ({ isOwn, model }: DescribedModel): string => (isOwn ? model.key : `$${model.key}`);

const readable = ({ fields }: DescribedModel): DescribedField[] => fields.filter((field) => field.readable);
const singleRelations = (described: DescribedModel): DescribedField[] =>
  readable(described).filter(({ field, targets }) => field.relation?.kind === 'many-to-one' && targets.length > 0);
const anyRelations = (described: DescribedModel): DescribedField[] =>
  readable(described).filter(({ field, targets }) => field.relation?.kind === 'any' && targets.length > 0);

/** All declarations of the model. */
export function modelTypes(described: DescribedModel): string {
  const { isOwn, actions } = described;
  return [
    recordType(described),
    filterType(described),
    ...(isOwn && actions.has('create') ? [bodyType(described, 'create')] : []),
    ...(isOwn && actions.has('update') ? [bodyType(described, 'update')] : []),
  ].join('\n');
}

const words = ({ field }: DescribedField): string => comment([field.label, field.help ?? ''].filter(Boolean).join('\n'), '  ');

function recordType(described: DescribedModel): string {
  const { model, name } = described;
  const about = [`${model.label}.`, model.description].filter(Boolean).join('\n');
  const lines = plainFields(described).map((field) => `${words(field)}  ${property(field.field.key)}: ${valueType(field)};\n`);
  return `${comment(about)}export interface ${name} {\n${lines.join('')}}\n`;
}

function valueType(described: DescribedField): string {
  const { field, nullable } = described;
  const type = typeOf(valueRead(described));
  return nullable && field.key !== 'id' ? union([type, 'null']) : type;
}

function filterType(described: DescribedModel): string {
  const { name } = described;
  const lines = readable(described).flatMap((field) =>
    filterMembers(field).map(([key, type]) => `  ${property(key)}?: ${type};\n`),
  );
  return `export interface ${name}Filter extends Logic<${name}Filter> {\n${lines.join('')}}\n`;
}

function filterMembers(described: DescribedField): [string, string][] {
  const { field, type, targets } = described;
  const filters = targets.map(({ name }) => `${name}Filter`);
  const own = hasValue(field) && type.operators.length > 0 ? [operatorsOf(described)] : [];
  const calls = callsOf(field).map((call): [string, string] => [
    `${call}(${field.key})`,
    operatorsOn('integer', { type: 'integer' }),
  ]);
  if (field.relation?.kind === 'any') {
    const named = targets.map(({ model, name }): [string, string] => [`${field.key}:${model.key}`, `${name}Filter`]);
    return [...own.map((one): [string, string] => [field.key, one]), ...named];
  }
  if (isToMany(field) && filters.length > 0)
    return [[field.key, `Many<${filters[0]}>${own.map((one) => ` | ${one}`).join('')}`], ...calls];
  const as = field.relation?.kind === 'many-to-one' ? field.relation.as : field.key;
  if (filters.length > 0 && as !== field.key) return [[field.key, own[0]!], [as, filters[0]!], ...calls];
  const all = [...own, ...filters];
  return all.length === 0 ? calls : [[field.key, all.join(' | ')], ...calls];
}

const operatorsOf = ({ type, schema }: DescribedField): string =>
  operatorsOn(type.name, schema['type'] === 'array' ? (schema['items'] as JsonSchema) : schema);

function bodyType({ name, fields }: DescribedModel, verb: 'create' | 'update'): string {
  const lines = fields
    .filter((field) => (verb === 'create' ? field.creatable : field.updatable))
    .map((field) => {
      const isOptional = verb === 'update' || !field.required;
      return `${words(field)}  ${property(field.field.key)}${isOptional ? '?' : ''}: ${writtenType(field)};\n`;
    });
  return `export interface ${name}${verb === 'create' ? 'Create' : 'Update'} {\n${lines.join('')}}\n`;
}

function writtenType(described: DescribedField): string {
  const { field, schema, targets } = described;
  const by = listedBy(described);
  const related = targets.flatMap((target) => relatedTypes(target, by));
  if (!hasValue(field)) return `ListChange<${union(['string', '{ id: string }', ...related])}> | null`;
  const value = typeOf(schema);
  const nothing = field.required ? [] : ['null'];
  return field.relation?.kind === 'many-to-one' ? union([value, ...related, ...nothing]) : union([value, ...nothing]);
}

/** Related records that may stand in a body themselves; without the field by which they are listed. */
const relatedTypes = ({ isOwn, actions, name }: DescribedModel, by?: DescribedField): string[] =>
  isOwn
    ? [
        ...(actions.has('create')
          ? [by?.required ? `Omit<${name}Create, ${JSON.stringify(by.field.key)}>` : `${name}Create`]
          : []),
        ...(actions.has('update') ? [`({ id: string } & ${name}Update)`] : []),
      ]
    : [];

/** The model's entry in `Models`: what the fixed part of the client knows it by. */
export function modelEntry(described: DescribedModel): string {
  const { name, isOwn, actions, fields } = described;
  const own = readable(described);
  const calls = own.flatMap(({ field }) => callsOf(field).map((call) => `${call}(${field.key})`));
  const onDemand = own.filter(({ field }) => hasValue(field) && field.onDemand === true);
  const sortable = own.filter(({ field, type }) => hasValue(field) && type.sortable);
  const may = (verb: 'create' | 'update'): boolean => isOwn && actions.has(verb);
  const visible = new Set(fields.map(({ field }) => field.key));
  const uniques = may('create') && may('update') ? described.uniques.filter((keys) => keys.every((key) => visible.has(key))) : [];
  const lines = [
    `record: ${name};`,
    `onDemand: ${object(onDemand.map((field) => [field.field.key, valueType(field)]))};`,
    `one: ${object(singleRelations(described).map(({ field, targets }) => [nameOfOne(field), keys(targets)]))};`,
    `many: ${object(listRelations(described).map(({ field, targets }) => [field.key, keys(targets)]))};`,
    `any: ${object(anyRelations(described).map(({ field, targets }) => [field.key, keys(targets)]))};`,
    `calls: ${literals(calls)};`,
    `sort: ${literals(sortable.map(({ field }) => field.key))};`,
    `create: ${may('create') ? `${name}Create` : 'never'};`,
    `update: ${may('update') ? `${name}Update` : 'never'};`,
    `filter: ${name}Filter;`,
    `unique: ${union(uniques.map((list) => (list.length === 1 ? JSON.stringify(list[0]) : `readonly [${list.map((key) => JSON.stringify(key)).join(', ')}]`)))};`,
  ];
  return `  ${property(modelKey(described))}: ${members(lines, '  ')};\n`;
}

const listRelations = (described: DescribedModel): DescribedField[] =>
  listFields(described).filter(({ targets }) => targets.length > 0);
const nameOfOne = (field: DescribedField['field']): string =>
  field.relation?.kind === 'many-to-one' ? field.relation.as : field.key;
const keys = (targets: readonly DescribedModel[]): string => literals(targets.map(modelKey));
const object = (entries: readonly (readonly [string, string])[]): string =>
  entries.length === 0 ? '{}' : `{ ${entries.map(([key, type]) => `${property(key)}: ${type}`).join('; ')} }`;
