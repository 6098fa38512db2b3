/** What changes did to lists of related records, as far as their reader may see it: no more than ids of records they may read. */
import type { DataModel, Field } from '@piper/shared/data-model';
import { isAlways } from '@piper/shared/filter/ast';
import { mayRead } from '#platform/records/actor-rules';
import { decideOnRecords, type DecideRecord } from '#platform/records/event-condition';
import { listRecords, type Values } from '#platform/records/records';
import type { LinkChanges } from '#platform/records/write-plan';
import type { ProjectCtx } from './items.place.ts';

/** What the actor sees of changes, told by the keys of today, on a record in this state. */
export type LinkSight = (ctx: ProjectCtx, links: LinkChanges, record: Values) => Promise<LinkChanges>;

interface List {
  field: Field;
  target: DataModel;
  shows: DecideRecord | undefined;
}

export function openLinkSight(opening: ProjectCtx, model: DataModel): LinkSight {
  const { catalogue } = opening.project;
  const rules = catalogue.rulesOf(opening);
  const lists = model.fields.flatMap((field): List[] => {
    const target = field.relation?.kind === 'many-to-many' ? catalogue.find(field.relation.target) : undefined;
    if (!target || !mayRead(rules, model, field)) return [];
    const rule = rules.fieldRule(model, field);
    return [{ field, target, shows: isAlways(rule) ? undefined : decideOnRecords(opening, rule, model, 'rule') }];
  });
  return async (ctx, links, record) => {
    const seen: LinkChanges = {};
    for (const { field, target, shows } of lists) {
      const change = links[field.key];
      if (!change || (shows && !(await shows(ctx, record)))) continue;
      const [added, removed] = [await seenOf(ctx, target, change.added), await seenOf(ctx, target, change.removed)];
      if (added.length + removed.length > 0) seen[field.key] = { added, removed };
    }
    return seen;
  };
}

async function seenOf(ctx: ProjectCtx, target: DataModel, ids: string[]): Promise<string[]> {
  if (ids.length === 0) return ids;
  const { data } = await listRecords(ctx, target.key, { filter: { id: { _in: ids } }, fields: ['id'], limit: -1 });
  const seen = new Set((data as Values[]).map(({ id }) => String(id)));
  return ids.filter((id) => seen.has(id));
}

/** By field: of each record whether what first happened was that it came to the list. */
export type LinkBalance = Map<string, Map<string, boolean>>;

/** Puts a change before those that are in the balance. */
export function putBefore(balance: LinkBalance, key: string, { added, removed }: LinkChanges[string]): void {
  const came = balance.get(key) ?? new Map<string, boolean>();
  balance.set(key, came);
  for (const id of removed) came.set(id, false);
  for (const id of added) came.set(id, true);
}

export function changesOfBalance(balance: LinkBalance): LinkChanges {
  const idsWhere = (came: Map<string, boolean>, is: boolean): string[] =>
    [...came].filter(([, each]) => each === is).map(([id]) => id);
  return Object.fromEntries(
    [...balance].map(([key, came]) => [key, { added: idsWhere(came, true), removed: idsWhere(came, false) }]),
  );
}
