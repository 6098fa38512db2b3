/**
 * What a project's documents (OpenAPI, the typed client) tell a class of actors: the data models, fields and actions that its rules
 * leave them, and nothing of the others.
 */
import { hasValue, type Action, type DataModel, type Field, type Relation } from '@piper/shared/data-model';
import { fieldTypeOf, type FieldType, type JsonSchema } from '@piper/shared/fields/index';
import { withFormerChoices } from '@piper/shared/fields/select/index';
import { isAlways, isNever } from '@piper/shared/filter/ast';
import { isToMany } from '@piper/shared/filter/path';
import { lookupOf, rollupOf, type Related } from '@piper/shared/formula/related';
import { mayRead, type ActorRules } from '#platform/records/actor-rules';
import type { Catalogue } from '#platform/records/catalogue';
import { mayWrite } from '#platform/key-scope';
import { isSettable } from '#platform/records/record-schemas';
import { isGranted } from '#platform/records/write-rules';
import type { ProjectCtx } from '../items.place.ts';
import { takeTurns } from './take-turns.ts';
import { nameModels } from './type-names.ts';

export interface DescribedField {
  field: Field;
  /** Of its values: of a computed field, that of its result. */
  type: FieldType;
  /** Of its values; of a lookup, those of the field it shows. */
  schema: JsonSchema;
  readable: boolean;
  /** Readers must reckon with null. */
  nullable: boolean;
  creatable: boolean;
  updatable: boolean;
  /** A new record must name it. */
  required: boolean;
  /** Models behind the relation, of those that are described. */
  targets: DescribedModel[];
}

export interface DescribedModel {
  model: DataModel;
  /** A project's own; Piper's are described as far as relations lead to them, and have addresses elsewhere. */
  isOwn: boolean;
  /** Of its types. */
  name: string;
  actions: ReadonlySet<Action>;
  fields: DescribedField[];
  /** What tells records apart: lists of field keys. */
  uniques: string[][];
}

export interface DescribedProject {
  projectId: string;
  models: DescribedModel[];
  /** Whether the actor may comment on what they see. */
  comments: boolean;
}

/** The project as the context's class of actors may know it. `reserved` are names that types of models must not take. */
export async function describeProject(ctx: ProjectCtx, reserved: ReadonlySet<string>): Promise<DescribedProject> {
  const turn = takeTurns();
  const { catalogue, id, roles } = ctx.project;
  const rules = catalogue.rulesOf(ctx);
  const own = catalogue
    .list()
    .map(({ model }) => model)
    .filter((model) => model.projectId === id)
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const shown = own.filter((model) => actionsOf(ctx, rules, model).size > 0);
  const platform = targetsOf(ctx, rules, shown);
  const all = [...shown, ...platform];
  const names = nameModels(all, reserved);
  const models = all.map((model): DescribedModel => {
    const actions: ReadonlySet<Action> = model.projectId === id ? actionsOf(ctx, rules, model) : new Set<Action>(['read']);
    return { model, isOwn: model.projectId === id, name: names.get(model)!, actions, fields: [], uniques: [] };
  });
  const byModel = new Map(models.map((each) => [each.model, each]));
  for (const each of models) {
    each.fields = each.model.fields.flatMap((field) => describeField(ctx, each, field, byModel) ?? []);
    each.uniques = uniquesOf(each);
    await turn();
  }
  return { projectId: id, models, comments: mayWrite(ctx) && roles.some((role) => role !== 'viewer') };
}

function actionsOf(ctx: ProjectCtx, rules: ActorRules, model: DataModel): Set<Action> {
  const actions: Action[] = ['read', 'create', 'update', 'delete'];
  return new Set(
    actions.filter((action) =>
      action === 'read' ? !isNever(rules.rowRule(model)) : mayWrite(ctx) && !isNever(rules.actionRule(model, action)),
    ),
  );
}

const targetIds = (relation: Relation): readonly string[] => (relation.kind === 'any' ? relation.targets : [relation.target]);

/** Piper's own models that fields of these lead to. */
function targetsOf(ctx: ProjectCtx, rules: ActorRules, models: readonly DataModel[]): DataModel[] {
  const fields = models.flatMap((model) => model.fields.filter((field) => field.relation && mayRead(rules, model, field)));
  const ids = fields.flatMap((field) => targetIds(field.relation!));
  const found = ids.flatMap((id) => ctx.project.catalogue.find(id) ?? []);
  return [...new Set(found)]
    .filter((model) => model.projectId === undefined && !isNever(rules.rowRule(model)))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

type ByModel = ReadonlyMap<DataModel, DescribedModel>;

function describeField(
  ctx: ProjectCtx,
  { model, isOwn, actions }: DescribedModel,
  field: Field,
  byModel: ByModel,
): DescribedField | undefined {
  const { catalogue } = ctx.project;
  const rules = catalogue.rulesOf(ctx);
  const readable = actions.has('read') && mayRead(rules, model, field);
  const may = (verb: 'create' | 'update'): boolean =>
    isOwn && actions.has(verb) && isGiven(field, verb) && isGranted(rules, model, verb, field.key);
  const [creatable, updatable] = [may('create'), may('update')];
  if (field.secret || !(readable || creatable || updatable)) return undefined;
  const targets = targetsDescribed(catalogue, field, byModel);
  // A list of what can't be seen says nothing.
  if (!hasValue(field) && targets.length === 0) return undefined;
  const preset = rules.rulesFor(model, 'create').some((rule) => Object.hasOwn(rule.presets ?? {}, field.key));
  return {
    field,
    type: fieldTypeOf(field),
    schema: schemaOf(rules, model, field),
    readable,
    nullable: isNullable(rules, model, field),
    creatable,
    updatable,
    required: creatable && field.required === true && field.default === undefined && !preset,
    targets,
  };
}

/** What is looked up has the schema of the field it stands in, choices included, unless that field is hidden. */
function schemaOf(rules: ActorRules, model: DataModel, field: Field): JsonSchema {
  const own = fieldTypeOf(field).schema(field);
  const related = relatedOf(rules, model, field);
  if (!related?.field || !mayRead(rules, related.target, related.field)) return own;
  const behind = schemaOf(rules, related.target, withFormerChoices(related.field));
  if (field.type === 'lookup') return related.isOne ? behind : { type: 'array', items: behind };
  // The smallest of several choices is one of them; their number is none.
  return fieldTypeOf(field) === fieldTypeOf(related.field) ? behind : own;
}

function relatedOf({ models }: ActorRules, model: DataModel, field: Field): Related | undefined {
  const related =
    field.type === 'lookup' ? lookupOf(field, model, models) : field.type === 'rollup' ? rollupOf(field, model, models) : '';
  return typeof related === 'string' ? undefined : related;
}

function isNullable(rules: ActorRules, model: DataModel, field: Field): boolean {
  if (!isAlways(rules.fieldRule(model, field))) return true;
  // A list of what is looked up is empty where nothing is found.
  return field.type === 'lookup' ? relatedOf(rules, model, field)?.isOne !== false : field.required !== true;
}

/** The models behind the field, of those that are described. */
const targetsDescribed = (catalogue: Catalogue, { relation }: Field, byModel: ByModel): DescribedModel[] =>
  (relation ? targetIds(relation) : []).flatMap((id) => catalogue.find(id) ?? []).flatMap((target) => byModel.get(target) ?? []);

/** Lists of related records are written along with the record that has them. */
const isGiven = (field: Field, verb: 'create' | 'update'): boolean =>
  hasValue(field) ? isSettable(field, verb) : isToMany(field) && field.readOnly !== true;

function uniquesOf({ model, fields }: DescribedModel): string[][] {
  const byId = new Map(fields.filter(({ field }) => field.column !== undefined).map(({ field }) => [field.id, field.key]));
  const single = fields.filter(({ field }) => field.unique && field.column !== undefined && field.key !== 'id');
  const several = (model.indexes ?? []).filter((index) => index.unique && index.fields.every((id) => byId.has(id)));
  return [...single.map(({ field }) => [field.key]), ...several.map((index) => index.fields.map((id) => byId.get(id)!))];
}

/** Over which many-to-one field of the target a list of related records lists them: who writes them there leaves that field out. */
export function listedBy({ field: { relation }, targets: [target] }: DescribedField): DescribedField | undefined {
  if (relation?.kind !== 'one-to-many') return undefined;
  return target?.fields.find(({ field }) => field.id === relation.by || field.key === relation.by);
}

/** Fields a record shows without being asked for more. */
export const plainFields = ({ fields }: DescribedModel): DescribedField[] =>
  fields.filter(({ field, readable }) => readable && hasValue(field) && field.onDemand !== true);

/** Lists of related records, which are asked for by name. */
export const listFields = ({ fields }: DescribedModel): DescribedField[] =>
  fields.filter(({ field, readable }) => readable && isToMany(field));
