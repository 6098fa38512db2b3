/** What rules said about a record, as a decision and in words. */
import type { Action, DataModel } from '@piper/shared/data-model';
import type { RuleVerdict, Verdict } from '@piper/shared/project-rules';
import { isOffered } from './actor-rules.ts';
import type { Row } from './run-statement.ts';

export interface Found {
  /** Per rule `f<i>` (filter) and `c<i>` (check), `visible`, and `sees:<key>` per chosen target; undefined when nothing was asked of the database. */
  row?: Row | undefined;
  isMissing: boolean;
}

/** The first reason for which the rule does not allow it. */
export function sentenceOn(verdict: Omit<RuleVerdict, 'sentence'>): string {
  if (!verdict.applies) return `It is for ${listed(verdict.roles)} only.`;
  if (verdict.filterHolds === false) return 'Its filter does not hold for this record.';
  if (verdict.checkHolds === false) return 'Its check does not hold for the record as it would be.';
  if ((verdict.missingFields?.length ?? 0) > 0) return `It does not list ${listed(verdict.missingFields!)}.`;
  return 'It allows this.';
}

interface Case extends Found {
  model: DataModel;
  action: Action;
  /** Of who acts. */
  roles: readonly string[];
  rules: readonly RuleVerdict[];
  fields: readonly string[];
  /** One of the fields that is not there to be read, whatever the rules of this model say of it. */
  dead: string | undefined;
}

/** Decides as the engine does: each field by some rule that holds. */
export function decide(of: Case): Pick<Verdict, 'allowed' | 'sentence'> {
  const refusal = obstacleOf(of) ?? uncoveredOf(of) ?? deadEndOf(of);
  if (refusal !== undefined) return { allowed: false, sentence: refusal };
  const holding = of.rules.filter(holds);
  const whole = holding.find((verdict) => of.fields.every((field) => covers(verdict, field)));
  return { allowed: true, sentence: `${nameOf(whole ?? holding[0]!)} allows it.` };
}

/** What refuses it whatever the rules say of the fields. */
function obstacleOf({ model, action, roles, rules, row, isMissing }: Case): string | undefined {
  if (isMissing) return 'There is no such record.';
  if (!isOffered(model, action)) return `Nobody can ${action} ${model.labelPlural}, whatever their rules say.`;
  if (rules.length === 0) return `No rule lets anybody ${action} ${model.labelPlural}.`;
  if (!rules.some((verdict) => verdict.applies)) return `No rule lets ${listed(roles)} ${action} ${model.labelPlural}.`;
  if (row?.['visible'] === false && action !== 'read') return 'They may not see this record: no rule to read it holds.';
  const unseen = Object.keys(row ?? {}).find((key) => key.startsWith('sees:') && row?.[key] === false);
  return unseen && `"${unseen.slice('sees:'.length)}" names a record that they may not see.`;
}

function uncoveredOf({ action, roles, rules, fields }: Case): string | undefined {
  const holding = rules.filter(holds);
  if (holding.length === 0) {
    const applying = rules.filter((verdict) => verdict.applies);
    return applying.map((verdict) => `${nameOf(verdict)}: ${verdict.sentence}`).join(' ');
  }
  const uncovered = fields.find((field) => field !== 'id' && !holding.some((verdict) => covers(verdict, field)));
  return uncovered === undefined ? undefined : `No rule that holds here lets ${listed(roles)} ${action} "${uncovered}".`;
}

const deadEndOf = ({ dead }: Case): string | undefined =>
  dead === undefined ? undefined : `"${dead}" leads to records of which they may read none.`;

const holds = (verdict: RuleVerdict): boolean => verdict.applies && verdict.filterHolds !== false && verdict.checkHolds !== false;
const covers = (verdict: RuleVerdict, field: string): boolean => verdict.missingFields?.includes(field) !== true;

const listed = (names: readonly string[]): string =>
  names.length === 0 ? 'nobody' : names.map((name) => `"${name}"`).join(', ');

const uuidForm = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

function nameOf({ index, rule, description }: RuleVerdict): string {
  const told = description === undefined || description === '' ? '' : ` "${description}"`;
  // An id that Piper gave says nothing to people; the number does.
  return `Rule ${index}${told}${rule === undefined || uuidForm.test(rule) ? '' : ` (${rule})`}`;
}
