/** A record as it was, in the eyes of who reads its history: today's rules are decided on each former state by itself. */
import type { DataModel } from '@piper/shared/data-model';
import { isAlways } from '@piper/shared/filter/ast';
import { linkSeen, mayRead, type ActorRules, type AnyLink } from '#platform/records/actor-rules';
import { decideOnRecords } from '#platform/records/event-condition';
import type { Values } from '#platform/records/records';
import type { ProjectCtx } from './items.place.ts';

/** The whole record on both sides of a change; undefined where there is or was none. */
export interface Sides {
  before: Values | undefined;
  after: Values | undefined;
}

/** An update's event carries what differs and the record as it became. */
export function sidesOf({ data, type }: { data: Readonly<Record<string, unknown>>; type: string }): Sides {
  const [before, after, record] = [data['before'], data['after'], data['record']] as (Values | null | undefined)[];
  switch (type) {
    case 'record.created':
    case 'record.restored':
      return { before: undefined, after: after ?? undefined };
    case 'record.deleted':
      return { before: before ?? undefined, after: undefined };
    default:
      return { before: { ...record, ...before }, after: { ...record, ...after } };
  }
}

export interface Seen {
  record: Values;
  /** Keys that show on it, whether it has values there or not. */
  shown: ReadonlySet<string>;
}

/** What the actor would see of a record in this state, under the keys of today; undefined when it were out of sight. */
export type FormerSight = (record: Values | undefined) => Promise<Seen | undefined>;

export function openFormerSight(ctx: ProjectCtx, model: DataModel): FormerSight {
  const rules = ctx.project.catalogue.rulesOf(ctx);
  const visible = decideOnRecords(ctx, rules.rowRule(model), model, 'rule');
  const named = readersForm(rules, model);
  const readable = model.fields.filter((field) => field.column !== undefined && mayRead(rules, model, field));
  const masked = readable
    .filter((field) => !isAlways(rules.fieldRule(model, field)))
    .map((field) => ({ key: field.key, shows: decideOnRecords(ctx, rules.fieldRule(model, field), model, 'rule') }));
  return async (record) => {
    if (!record || !(await visible(ctx, record))) return undefined;
    const shown = new Set(readable.map(({ key }) => key));
    for (const { key, shows } of masked) if (!(await shows(ctx, record))) shown.delete(key);
    return { record: named(Object.fromEntries(Object.entries(record).filter(([key]) => shown.has(key)))), shown };
  };
}

/** Brings values of an event into the form in which records are read: there the model of a relation to any goes by its key. */
export function readersForm(rules: ActorRules, model: DataModel): (values: Values) => Values {
  const links = model.fields.filter((field) => field.relation?.kind === 'any').map(({ key }) => key);
  return (values) => {
    const held = links.filter((key) => (values[key] ?? null) !== null);
    if (held.length === 0) return values;
    return { ...values, ...Object.fromEntries(held.map((key) => [key, linkSeen(rules, values[key] as AnyLink)])) };
  };
}
