/** Which rules bind a write: every field written must be granted by a rule whose filter (and check) holds. */
import type { DataModel, Field, Rule } from '@piper/shared/data-model';
import { allOf, always, anyOf, type Condition } from '@piper/shared/filter/ast';
import { mayRead, type ActorRules } from './actor-rules.ts';

type Verb = 'create' | 'update';

/** The rules that grant writing a field. */
export const grantsOf = (rules: ActorRules, model: DataModel, verb: Verb, key: string): readonly Rule[] =>
  rules.rulesFor(model, verb).filter((rule) => rule.fields === '*' || rule.fields.includes(key));

/** Whether a rule grants writing a field; nothing binds Piper itself. */
export const isGranted = (rules: ActorRules, model: DataModel, verb: Verb, key: string): boolean =>
  rules.unbound || grantsOf(rules, model, verb, key).length > 0;

/** A field is known to who may read it, or may write it in one of these ways. */
export const isKnownTo = (
  rules: ActorRules,
  model: DataModel,
  field: Field,
  verbs: readonly Verb[] = ['create', 'update'],
): boolean =>
  !field.secret && (mayRead(rules, model, field) || verbs.some((verb) => grantsOf(rules, model, verb, field.key).length > 0));

/** Fields no rule grants. */
export function ungranted(rules: ActorRules, model: DataModel, verb: Verb, given: readonly string[]): string[] {
  return given.filter((key) => !isGranted(rules, model, verb, key));
}

/** What a rule asks of a write: of the row as it is, and as it will be. */
export interface Sides {
  filter: Condition;
  check: Condition;
}

export interface WriteConditions {
  /** Of the existing row, for these fields to be written. */
  filter: Condition;
  /** Of the row as it will be. */
  check: Condition;
  /** Lists of alternatives of which one must hold on both rows: no rule may lend another its half. */
  pairs: Sides[][];
}

/** What must hold for these fields to be written: each by one rule that grants it. */
export function writeConditions(rules: ActorRules, model: DataModel, verb: Verb, given: readonly string[]): WriteConditions {
  if (rules.unbound) return { filter: always, check: always, pairs: [] };
  const granting = given.length === 0 ? [rules.rulesFor(model, verb)] : given.map((key) => grantsOf(rules, model, verb, key));
  const lists = granting.filter((list, i) => granting.findIndex((other) => sameRules(list, other)) === i);
  const sidesOf = (rule: Rule): Sides => ({
    filter: rules.parse(rule.filter, model),
    check: rules.parse(rule.check ?? rule.filter, model),
  });
  const all = lists.map((list) => list.map(sidesOf));
  const isPaired = (list: readonly Rule[]): boolean =>
    verb === 'update' && new Set(list.map((rule) => JSON.stringify(rule.filter))).size > 1;
  const hold = rules.holdRule(model, verb);
  return {
    filter: allOf([hold, ...all.map((list) => anyOf(list.map((sides) => sides.filter)))]),
    check: allOf([hold, ...all.filter((_, i) => !isPaired(lists[i]!)).map((list) => anyOf(list.map((sides) => sides.check)))]),
    pairs: all.filter((_, i) => isPaired(lists[i]!)),
  };
}

const sameRules = (a: readonly Rule[], b: readonly Rule[]): boolean =>
  a.length === b.length && a.every((rule, i) => rule === b[i]);
