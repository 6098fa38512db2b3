/** Filters as conditions that must all hold: what the filter bar shows and makes. */
import type { Field } from '@piper/shared/data-model';
import { fieldTypes, InvalidValue } from '@piper/shared/fields/index';
import type { Filter } from '@piper/shared/filter/filter';
import { normalOperand } from '@piper/shared/filter/operand';
import type { Operator } from '@piper/shared/filter/operators';
import { printDuration } from '../../fields/duration/duration-text.ts';
import { labelOf } from '../../fields/field-ui.ts';
import { fieldUiOf } from '../../fields/index.ts';
import type { VisibleField, VisibleModel } from '../../platform/records.ts';

export interface Condition {
  field: string;
  operator: string;
  /** As it is typed; of a record its id, of one of several models `model:id`. */
  value: string;
}

const words: Record<string, string> = {
  _eq: 'is',
  _neq: 'is not',
  _icontains: 'contains',
  _nicontains: 'does not contain',
  _istarts_with: 'starts with',
  _lt: 'is less than',
  _lte: 'is at most',
  _gt: 'is more than',
  _gte: 'is at least',
  _contains: 'has',
  _ncontains: 'does not have',
  _some: 'has',
  _none: 'does not have',
  _intersects_bbox: 'is in the box',
  _empty: 'is empty',
  _nempty: 'is not empty',
  _null: 'is empty',
  _nnull: 'is not empty',
};
const wordsOfTime: Record<string, string> = { _lt: 'is before', _lte: 'is not after', _gt: 'is after', _gte: 'is not before' };

/** Those that compare with nothing. */
export const isFlag = (operator: string): boolean => /^_n?(?:null|empty)$/.test(operator);

export const isToMany = ({ relation }: VisibleField): boolean =>
  relation?.kind === 'many-to-many' || relation?.kind === 'one-to-many';

const typeOf = ({ type, result }: VisibleField): string => result ?? type;

export const wordOf = (operator: string, field: VisibleField): string =>
  (['date', 'date-time', 'time'].includes(typeOf(field)) ? wordsOfTime[operator] : undefined) ?? words[operator] ?? operator;

/** What can be asked of a field here. Whatever has no value is empty; texts are searched regardless of case, lists for what they hold. */
export function operatorsOf(field: VisibleField): string[] {
  const offered = new Set<string>(isToMany(field) ? ['_some', '_none', '_null', '_nnull'] : field.operators);
  if (field.relation?.kind === 'any') offered.add('_eq');
  if (offered.has('_empty')) for (const operator of ['_null', '_nnull']) offered.delete(operator);
  if (offered.has('_icontains')) for (const operator of ['_contains', '_ncontains']) offered.delete(operator);
  if (offered.has('_contains')) for (const operator of ['_eq', '_neq']) offered.delete(operator);
  // Records have no order, even if their ids have.
  if (field.relation) for (const operator of Object.keys(wordsOfTime)) offered.delete(operator);
  return Object.keys(words).filter((operator) => offered.has(operator));
}

/** A day of the reader as points in time, both included. */
function boundsOf(day: string): { start: string; end: string } {
  const start = new Date(`${day}T00:00`);
  const next = new Date(start);
  next.setDate(next.getDate() + 1);
  return { start: start.toISOString(), end: new Date(next.getTime() - 1).toISOString() };
}

function dayOf(moment: unknown): string {
  const at = new Date(String(moment));
  if (Number.isNaN(at.getTime())) return '';
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** Whole days, since nobody looks for a millisecond. */
function dayTest(operator: string, day: string): Filter {
  const { start, end } = boundsOf(day);
  if (operator === '_eq') return { _between: [start, end] };
  if (operator === '_neq') return { _nbetween: [start, end] };
  return { [operator]: operator === '_lt' || operator === '_gte' ? start : end };
}

function termOf({ field: key, operator, value }: Condition, field: VisibleField): Filter | undefined {
  if (isFlag(operator)) return { [key]: { [operator]: true } };
  if (isToMany(field)) return { [key]: { [operator]: { id: { _eq: value } } } };
  if (field.relation?.kind === 'any') {
    const [target = '', id = ''] = value.split(':');
    return { [`${key}:${target}`]: { id: { _eq: id } } };
  }
  if (typeOf(field) === 'date-time') return { [key]: dayTest(operator, value) };
  const operand = fieldUiOf(field).parse(value);
  return Number.isNaN(operand) ? undefined : { [key]: { [operator]: operand as string } };
}

/** Why a typed value can't be compared with; undefined when it can, or when there is none yet. */
export function problemOf(condition: Condition, field: VisibleField): string | undefined {
  const isTyped = isComplete(condition) && !isFlag(condition.operator) && !field.relation && typeOf(field) !== 'date-time';
  if (!isTyped || !fieldTypes.has(typeOf(field))) return undefined;
  const compared = { field: { ...field, id: field.key } as Field, operator: condition.operator as Operator };
  try {
    normalOperand(compared, fieldUiOf(field).parse(condition.value));
    return undefined;
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error;
    return `${labelOf(field)} ${error.message}.`;
  }
}

const isComplete = ({ operator, value }: Condition): boolean => isFlag(operator) || value.trim() !== '';

/** Conditions without a value yet, and those on fields that are gone, ask for nothing. */
export function filterOf(conditions: readonly Condition[], model: VisibleModel): Filter | undefined {
  const terms = conditions.filter(isComplete).flatMap((condition): Filter[] => {
    const field = model.fields.find(({ key }) => key === condition.field);
    const term = field && termOf(condition, field);
    return term ? [term] : [];
  });
  return terms.length === 0 ? undefined : { _and: terms };
}

/** The conditions that would make exactly this filter; undefined when none would. */
export function conditionsOf(filter: Filter | undefined, model: VisibleModel): Condition[] | undefined {
  if (!filter) return [];
  const terms: unknown = filter['_and'];
  if (!Array.isArray(terms)) return undefined;
  const conditions = terms.flatMap((term: unknown) => conditionOf(term, model) ?? []);
  return JSON.stringify(filterOf(conditions, model)) === JSON.stringify(filter) ? conditions : undefined;
}

const firstOf = (value: unknown): [string, unknown] =>
  (typeof value === 'object' && value !== null ? Object.entries(value)[0] : undefined) ?? ['', undefined];

/** A guess, which the filter it makes has to confirm. */
function conditionOf(term: unknown, model: VisibleModel): Condition | undefined {
  const [path, test] = firstOf(term);
  const [key = '', target] = path.split(':');
  const [operator, operand] = firstOf(test);
  const field = model.fields.find((each) => each.key === key);
  if (!field) return undefined;
  const condition = valueOf({ field, target, operator, operand });
  return operatorsOf(field).includes(condition.operator) ? { field: key, ...condition } : undefined;
}

interface Test {
  field: VisibleField;
  target: string | undefined;
  operator: string;
  operand: unknown;
}

function valueOf({ field, target, operator, operand }: Test): Pick<Condition, 'operator' | 'value'> {
  if (isFlag(operator)) return { operator, value: '' };
  if (isToMany(field)) return { operator, value: String(firstOf(firstOf(operand)[1])[1]) };
  if (target !== undefined) return { operator: '_eq', value: `${target}:${String(firstOf(operand)[1])}` };
  if (typeOf(field) === 'date-time') {
    const spans: Record<string, string> = { _between: '_eq', _nbetween: '_neq' };
    return { operator: spans[operator] ?? operator, value: dayOf(Array.isArray(operand) ? operand[0] : operand) };
  }
  // People write 1:30 rather than 5400.
  if (typeOf(field) === 'duration') return { operator, value: printDuration(operand) };
  return { operator, value: typeof operand === 'string' ? operand : JSON.stringify(operand ?? '') };
}
