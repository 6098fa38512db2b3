/** A model's definition as an actor may know it: only fields they may read, and what they may do. What generic screens are made of. */
import { hasValue, type Action, type DataModel, type Field } from '@piper/shared/data-model';
import { isNever } from '@piper/shared/filter/ast';
import { fieldTypeOf } from '@piper/shared/fields/index';
import { isToMany } from '@piper/shared/filter/path';
import type { Ctx } from '../ctx.ts';
import { mayRead, type ActorRules } from './actor-rules.ts';
import { visibleOptions } from './computed/visible-options.ts';
import type { SystemModel } from './hooks.ts';
import { mayWrite } from '../key-scope.ts';
import { isSettable } from './record-schemas.ts';
import { catalogueOf } from './catalogue.ts';
import { defaultSortOf } from './sort.ts';
import { isGranted } from './write-rules.ts';

export interface VisibleModel {
  id: string;
  key: string;
  label: string;
  labelPlural: string;
  description: string;
  icon: string;
  titleField: string;
  search: string[];
  defaultSort: string[];
  verbs: DataModel['verbs'];
  /** What the actor may do with at least some records. */
  allowedActions: Action[];
  fields: VisibleField[];
}

export interface VisibleField extends Omit<Field, 'column' | 'secret'> {
  operators: readonly string[];
  sortable: boolean;
  creatable: boolean;
  updatable: boolean;
}

/** The definition for this actor; undefined when they may read no record of it at all. */
export function visibleModel(ctx: Ctx, { model }: SystemModel): VisibleModel | undefined {
  const rules = catalogueOf(ctx).rulesOf(ctx);
  if (isNever(rules.rowRule(model))) return undefined;
  const actions: Action[] = ['read', 'create', 'update', 'delete'];
  const allowed = actions.filter((action) => action === 'read' || (mayWrite(ctx) && !isNever(rules.actionRule(model, action))));
  const { id, key, label, labelPlural, description, icon, verbs } = model;
  const fields = model.fields.filter((field) => mayRead(rules, model, field)).map((field) => visibleField(field, model, rules));
  const search = model.search.filter((name) => fields.some((field) => field.key === name));
  // Names of hidden fields are hidden wherever they stand.
  const defaultSort = [...defaultSortOf({ model, rules, eyes: 'actor' })];
  const titleField = fields.some((field) => field.key === model.titleField) ? model.titleField : 'id';
  const words = { id, key, label, labelPlural, description, icon, titleField, search, defaultSort, verbs };
  return { ...words, allowedActions: allowed, fields };
}

function visibleField({ column, secret: _secret, ...field }: Field, model: DataModel, rules: ActorRules): VisibleField {
  const type = fieldTypeOf(field);
  const whole: Field = { ...field, ...(column === undefined ? {} : { column }) };
  const options = field.result === undefined ? field.options : visibleOptions(whole, model, rules);
  return {
    ...field,
    ...(options === undefined ? {} : { options }),
    operators: [...(hasValue(whole) ? type.operators : []), ...(isToMany(whole) ? ['_some', '_none', '_every'] : [])],
    sortable: hasValue(whole) && type.sortable,
    creatable: isSettable(whole, 'create') && isGranted(rules, model, 'create', field.key),
    updatable: isSettable(whole, 'update') && isGranted(rules, model, 'update', field.key),
  };
}
