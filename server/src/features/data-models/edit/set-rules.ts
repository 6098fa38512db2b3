import type { ModelAction, Rule } from '@piper/shared/data-models';
import { limits } from '@piper/shared/limits';
import { projectRoles } from '@piper/shared/system-models/roles';
import { isLive, liveModels, modelIn, speakOf, type Draft } from './draft.ts';
import { refuse } from './refuse.ts';

const builtInRoles = new Set<string>([...projectRoles, 'OWNER', 'ADMIN', 'MEMBER']);
/** Whether rules may name it. */
export const isRole = (draft: Draft, role: string): boolean => builtInRoles.has(role) || draft.roles.has(role);

/** Without the roles that are gone. A rule that was for them alone goes too: without roles it would be for everybody. */
export const withoutRoles = (rules: readonly Rule[], isGone: (role: string) => boolean): Rule[] =>
  rules.flatMap((rule) => {
    const roles = rule.roles?.filter((role) => !isGone(role));
    if (roles === undefined || roles.length === rule.roles!.length) return [rule];
    return roles.length === 0 ? [] : [{ ...rule, roles }];
  });

/** What comes back from the bin may name roles that were deleted meanwhile. */
export function letGoOfRoles(draft: Draft): void {
  const live = new Set(draft.before.filter(isLive).map(({ id }) => id));
  const known = new Set(draft.before.map(({ id }) => id));
  for (const model of liveModels(draft)) {
    if (live.has(model.id) || !known.has(model.id) || draft.places.has(`rules of ${model.id}`)) continue;
    model.rules = withoutRoles(model.rules, (role) => !isRole(draft, role));
  }
}

/** Replaces the rules of a model. A rule that brings no id gets one. What they name is checked with the whole. */
export function setRules(draft: Draft, { model: reference, rules }: Extract<ModelAction, { do: 'set-rules' }>): void {
  const model = modelIn(draft, reference);
  if (rules.length > limits.rulesPerModel) refuse('rules', `are more than the ${limits.rulesPerModel} a data model may have`);
  const ids = rules.flatMap((rule) => rule.id ?? []);
  if (new Set(ids).size < ids.length) refuse('rules', 'have an id twice');
  model.rules = rules.map((rule) => ({ id: draft.newId(), ...structuredClone(rule) }));
  speakOf(draft, `rules of ${model.id}`);
}
