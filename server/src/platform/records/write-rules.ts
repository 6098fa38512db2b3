/** Which rules bind a write: every field written must be granted by a rule whose filter (and check) holds. */
import type { DataModel, Rule } from '@piper/shared/data-model';
import { allOf, always, anyOf, type Condition } from '@piper/shared/filter/ast';
import type { ActorRules } from './actor-rules.ts';

type Verb = 'create' | 'update';

/** The rules that grant writing a field. */
export const grantsOf = (rules: ActorRules, model: DataModel, verb: Verb, key: string): readonly Rule[] =>
  rules.rulesFor(model, verb).filter((rule) => rule.fields === '*' || rule.fields.includes(key));

/** Fields no rule grants. */
export function ungranted(rules: ActorRules, model: DataModel, verb: Verb, given: readonly string[]): string[] {
  return rules.unbound ? [] : given.filter((key) => grantsOf(rules, model, verb, key).length === 0);
}

/** What must hold of the existing row (`filter`) or of the row as it will be (`check`) for these fields to be written. */
export function writeCondition(
  rules: ActorRules,
  model: DataModel,
  verb: Verb,
  of: { given: readonly string[]; part: 'filter' | 'check' },
): Condition {
  if (rules.unbound) return always;
  const lists = of.given.length === 0 ? [rules.rulesFor(model, verb)] : of.given.map((key) => grantsOf(rules, model, verb, key));
  const distinct = lists.filter((list, i) => lists.findIndex((other) => sameRules(list, other)) === i);
  const conditions = distinct.map((list) =>
    anyOf(list.map((rule) => rules.parse(of.part === 'check' ? (rule.check ?? rule.filter) : rule.filter, model))),
  );
  return allOf([rules.holdRule(model, verb), ...conditions]);
}

const sameRules = (a: readonly Rule[], b: readonly Rule[]): boolean =>
  a.length === b.length && a.every((rule, i) => rule === b[i]);
