/**
 * A model's rules as they apply to a class of actors (their instance role, whether a key holds them to one project).
 * Who exactly acts stays a variable, so that all actors of a class share compiled statements.
 */
import type { Action, DataModel, Field, Rule } from '@piper/shared/data-model';
import { allOf, always, anyOf, isNever, type Condition } from '@piper/shared/filter/ast';
import type { Filter } from '@piper/shared/filter/filter';
import { parseFilter, type ModelSource } from '@piper/shared/filter/parse';
import { isToMany, sourceOf, targetOf } from '@piper/shared/filter/path';
import type { Actor } from '../actor.ts';

export interface ActorRules {
  /** Equal for actors to whom the same rules apply. */
  key: string;
  /** Rows that exist for anybody. */
  scopeRule(model: DataModel): Condition;
  /** Rows the actor may read, within the scope. */
  rowRule(model: DataModel): Condition;
  /** The rules for records that are read along with those asked for, where they are others. */
  beyond?: ActorRules;
  /** On which of those rows the field shows; `never` when it is hidden altogether. */
  fieldRule(model: DataModel, field: Field): Condition;
  /** Existing rows on which the action is allowed, by any rule; without the scope. */
  actionRule(model: DataModel, action: Action): Condition;
  /** Rules that allow the action; for `system` none, since nothing binds it. */
  rulesFor(model: DataModel, action: Action): readonly Rule[];
  parse(filter: Filter, model: DataModel): Condition;
  /** Holds an API key to its project. */
  holdRule(model: DataModel, action: Action): Condition;
  models: ModelSource;
  unbound: boolean;
}

/** A field that no rule shows is not there for the actor, nor a list of records they may never see. A function may be read as its field may. */
export function mayRead(rules: ActorRules, model: DataModel, field: Field): boolean {
  const source = sourceOf(field);
  if (source.secret === true || isNever(rules.fieldRule(model, source))) return false;
  const target = isToMany(source) && source.column === undefined ? targetOf({ field: source }, rules.models) : undefined;
  return target === undefined || !isNever(rules.rowRule(target));
}

/** Whether the model is there for the actor at all: some rule lets them do something with some record of it. */
export const isModelKnown = (rules: ActorRules, model: DataModel): boolean =>
  actions.some((action) => !isNever(rules.actionRule(model, action)));
const actions: readonly Action[] = ['read', 'create', 'update', 'delete'];

/** Where a relation to several models leads. */
export interface AnyLink {
  model: string;
  id: string;
}

/** The link as the actor may know it: by the model's key, and null where they may read no record of that model. */
export function linkSeen({ models, rowRule }: ActorRules, { model, id }: AnyLink): AnyLink | null {
  const target = models.find(model);
  if (target && isNever(rowRule(target))) return null;
  return { model: target?.key ?? model, id };
}

/** Who acts, and in a project with which roles; a Ctx is one. */
export interface Who {
  actor: Actor;
  project?: { roles: readonly string[] } | undefined;
}

/** Instance role and project roles, as rules name them. */
export const rolesOf = ({ actor, project }: Who): readonly string[] =>
  actor.kind === 'system' ? [] : [actor.role, ...(project?.roles ?? [])];

/** The class of an actor: the key under which its rules and statements are kept. */
export function classOf(who: Who): string {
  const { actor } = who;
  if (actor.kind === 'system') return 'system';
  const roles = rolesOf(who).join(' ');
  return actor.kind === 'key' && actor.projectId !== undefined ? `${roles} of one project` : roles;
}

export function openActorRules(who: Who, models: ModelSource): ActorRules {
  const { actor } = who;
  const roles = rolesOf(who);
  const key = classOf(who);
  const unbound = actor.kind === 'system';
  const held = actor.kind === 'key' && actor.projectId !== undefined;
  const kept = new Map<string, Condition>();
  const keep = (name: string, make: () => Condition): Condition => {
    const found = kept.get(name);
    if (found) return found;
    const made = make();
    kept.set(name, made);
    return made;
  };
  const parse = (filter: Filter, model: DataModel): Condition => parseFilter(filter, model, { models });
  const rulesFor = (model: DataModel, action: Action): readonly Rule[] =>
    unbound || !isOffered(model, action)
      ? []
      : model.rules.filter((rule) => rule.action === action && (!rule.roles || rule.roles.some((role) => roles.includes(role))));
  const scopeRule = (model: DataModel) => keep(`scope ${model.key}`, () => (model.scope ? parse(model.scope, model) : always));
  const holdRule = (model: DataModel, action: Action) =>
    keep(`hold ${action} ${model.key}`, () => (held ? parse(holdFilter(model, action), model) : always));
  const actionRule = (model: DataModel, action: Action) =>
    keep(`${action} ${model.key}`, () => {
      if (unbound) return always;
      return allOf([holdRule(model, action), anyOf(rulesFor(model, action).map((rule) => parse(rule.filter, model)))]);
    });
  return {
    key,
    models,
    unbound,
    parse,
    rulesFor,
    scopeRule,
    holdRule,
    actionRule,
    rowRule: (model) => keep(`row ${model.key}`, () => allOf([scopeRule(model), actionRule(model, 'read')])),
    fieldRule: (model, field) =>
      keep(`field ${model.key}.${field.key}`, () => {
        if (unbound) return always;
        const all = rulesFor(model, 'read');
        const granting = all.filter((rule) => field.key === 'id' || rule.fields === '*' || rule.fields.includes(field.key));
        if (granting.length === all.length && all.length > 0) return always;
        return anyOf(granting.map((rule) => parse(rule.filter, model)));
      }),
  };
}

/** A users' model may leave verbs out (one that shows a view of an attached database is only read); Piper's own serve the rest by routes of their own. */
export const isOffered = (model: DataModel, action: Action): boolean =>
  model.projectId === undefined || model.verbs.includes(action);

/** A model that belongs to no project is closed to keys of one; what a project only shares with others (users) can't be written by them. */
function holdFilter(model: DataModel, action: Action): Filter {
  // Whoever reaches a project's models was let into that project.
  if (model.projectId !== undefined) return {};
  if (model.projectPath === undefined) return nothing;
  if (isShared(model) && action !== 'read') return nothing;
  return model.projectPath.split('.').reduceRight<Filter>((inner, word) => ({ [word]: inner }), { _eq: '$CURRENT_PROJECT' });
}

/** A record that may be of several projects, since the path to them goes over a one-to-many relation. */
export function isShared(model: DataModel): boolean {
  const words = model.projectPath?.split('.') ?? [];
  return words.some((word) => model.fields.some((field) => field.key === word && field.relation?.kind === 'one-to-many'));
}

const nothing: Filter = { _or: [] };
