/**
 * The words of a path: `author.name`, `subject:customers.name` (one target of a polymorphic relation), `year(created)` and
 * `count(tags)` (functions, which may also stand around a whole path: `year(author.born)`).
 */
import type { DataModel, Field } from '../data-model.ts';
import { fieldTypeOf } from '../fields/index.ts';

/** Where relations find their targets. */
export interface ModelSource {
  find(key: string): DataModel | undefined;
}

export interface ParseOptions {
  models: ModelSource;
  /** Fields for which it is false are treated as if they did not exist. */
  mayRead?: (model: DataModel, field: Field) => boolean;
}

const ofDay = ['year', 'month', 'week', 'day', 'weekday'] as const;
const ofTime = ['hour', 'minute', 'second'] as const;
export type TimePart = (typeof ofDay)[number] | (typeof ofTime)[number];

/** A function over a field, as a field of its own: it has a value, but no column. `same` gives the field another name. */
export interface CallField extends Field {
  call: { name: TimePart | 'count' | 'same'; of: Field };
}

export const isCall = (field: Field): field is CallField => 'call' in field;
/** The field whose readability decides: that which a function is of. */
export const sourceOf = (field: Field): Field => (isCall(field) ? field.call.of : field);

export interface Found {
  field: Field;
  /** The word leads to the relation's target; otherwise it names the field's own value. */
  crosses: boolean;
  /** The target named after the colon. */
  to?: string;
}

/** Splits a path; a function around it moves to its last word. */
export function splitPath(text: string): string[] {
  const match = /^([^()]*\.)?(\w+)\(([^()]*)\)$/.exec(text);
  if (!match) return text.split('.');
  const [, before = '', name, inner = ''] = match;
  const words = `${before}${inner}`.split('.');
  return [...words.slice(0, -1), `${name}(${words.at(-1)})`];
}

/** The field a path's next word names: by its key, by the name under which it crosses to its target, or as a function of it. */
export function findPath(model: DataModel, word: string): Found | undefined {
  const call = /^(\w+)\(([^()]*)\)$/.exec(word);
  if (call) return findCall(model, call[1]!, call[2]!);
  const colon = word.indexOf(':');
  if (colon > 0) return findTarget(model, word.slice(0, colon), word.slice(colon + 1));
  for (const field of model.fields) {
    if (field.secret) continue;
    const crossing =
      field.relation?.kind === 'many-to-one' ? field.relation.as === word : field.relation !== undefined && field.key === word;
    if (crossing) return { field, crosses: true };
    if (field.key === word) return { field, crosses: false };
  }
  return undefined;
}

function findTarget(model: DataModel, key: string, to: string): Found | undefined {
  const field = model.fields.find((candidate) => candidate.key === key && !candidate.secret);
  return field?.relation?.kind === 'any' && to !== '' ? { field, crosses: true, to } : undefined;
}

function findCall(model: DataModel, name: string, key: string): Found | undefined {
  const field = model.fields.find((candidate) => candidate.key === key && !candidate.secret);
  const known = field && callsOf(field).find((call) => call === name);
  return known ? { field: callOf(field, known), crosses: false } : undefined;
}

/** The functions that can be taken of a field. */
export function callsOf(field: Field): (TimePart | 'count')[] {
  if (isToMany(field)) return ['count'];
  switch (field.column === undefined && field.result === undefined ? '' : fieldTypeOf(field).name) {
    case 'date-time':
      return [...ofDay, ...ofTime];
    case 'date':
      return [...ofDay];
    case 'time':
      return [...ofTime];
    default:
      return [];
  }
}

const callOf = (of: Field, name: TimePart | 'count'): CallField => ({
  id: `${of.id}:${name}`,
  key: `${of.key}_${name}`,
  type: 'integer',
  result: 'integer',
  label: `${of.label} (${name})`,
  call: { name, of },
});

/** The field under another name. */
export function renamed(of: Field, key: string): CallField {
  const { column: _column, relation: _relation, ...rest } = of;
  return { ...rest, id: `${of.id}:${key}`, key, result: of.result ?? of.type, call: { name: 'same', of } };
}

/** Relations that lead to several records. */
export const isToMany = (field: Field): boolean =>
  field.relation !== undefined && field.relation.kind !== 'many-to-one' && field.relation.kind !== 'any';

/** The model a crossing leads to; undefined when it is not there, or when it is one of several and none was named. */
export function targetOf({ field, to }: Pick<Found, 'field' | 'to'>, models: ModelSource): DataModel | undefined {
  const { relation } = field;
  if (relation?.kind !== 'any') return relation && models.find(relation.target);
  return relation.targets.flatMap((id) => models.find(id) ?? []).find((target) => target.key === to || target.id === to);
}
