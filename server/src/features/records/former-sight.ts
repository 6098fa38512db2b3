/** A record as it was, in the eyes of who reads its history: today's rules are decided on each former state by itself. */
import type { DataModel } from '@piper/shared/data-model';
import { isAlways } from '@piper/shared/filter/ast';
import { mayRead } from '#platform/records/actor-rules';
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

/** What the actor would see of a record in this state, under the keys of today; undefined when it were out of sight. */
export type FormerSight = (record: Values | undefined) => Promise<Values | undefined>;

export function openFormerSight(ctx: ProjectCtx, model: DataModel): FormerSight {
  const rules = ctx.project.catalogue.rulesOf(ctx);
  const visible = decideOnRecords(ctx, rules.rowRule(model), model, 'rule');
  const readable = model.fields.filter((field) => field.column !== undefined && mayRead(rules, model, field));
  const masked = readable
    .filter((field) => !isAlways(rules.fieldRule(model, field)))
    .map((field) => ({ key: field.key, shows: decideOnRecords(ctx, rules.fieldRule(model, field), model, 'rule') }));
  return async (record) => {
    if (!record || !(await visible(ctx, record))) return undefined;
    const shown = new Set(readable.map(({ key }) => key));
    for (const { key, shows } of masked) if (key in record && !(await shows(ctx, record))) shown.delete(key);
    return Object.fromEntries(Object.entries(record).filter(([key]) => shown.has(key)));
  };
}
