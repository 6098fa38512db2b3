/** The revisions of a record are the events of its changes; who reads them sees of each what they may read of the record, as it is and as it was. */
import { sql } from 'kysely';
import type { DataModel, Field } from '@piper/shared/data-model';
import { fail } from '@piper/shared/errors';
import { isAlways } from '@piper/shared/filter/ast';
import { limits } from '@piper/shared/limits';
import type { Ctx } from '#platform/ctx';
import { mayRead } from '#platform/records/actor-rules';
import { entryOf } from '#platform/records/catalogue';
import { listRecords, readRecord, type Values } from '#platform/records/records';
import type { LinkChanges } from '#platform/records/write-plan';
import { seeingDeleted } from './deleted-view.ts';
import { formerKeys, type KeysAt } from './former-keys.ts';
import { openFormerSight, sidesOf, type FormerSight } from './former-sight.ts';
import { changesOfBalance, openLinkSight, putBefore, type LinkBalance, type LinkSight } from './link-changes.ts';
import type { ProjectCtx } from './items.place.ts';

export interface Revision {
  id: string;
  at: string;
  type: string;
  actor: string;
  by: { id: string; name: string | null } | null;
  /** Of a list of related records: the ids that went, and those that came. */
  changes: { field: string; before: unknown; after: unknown }[];
}

export interface WholeRevision extends Revision {
  record: Values;
  /** Keys of values whose fields are gone. */
  gone: string[];
  /** Fields there were, of those the actor sees, on this state too. */
  fields: readonly Field[];
  /** Keys of fields the actor sees now, but not on this state. */
  unseen: string[];
}

interface EventRow {
  position: string;
  at: Date;
  type: string;
  actor: string;
  data: Partial<Record<'before' | 'after' | 'record', Values | null>> & { links?: LinkChanges };
}

/** Set by the server at each change; they say nothing about what somebody changed. */
const stamps = new Set(['id', 'createdAt', 'updatedAt', 'createdBy', 'updatedBy', 'version', 'deletedAt']);

/** Newest first. Throws `not_found` unless the actor sees the record, or may restore it. */
export async function listRevisionsOf(
  ctx: ProjectCtx,
  of: { model: string; id: string },
  page: { limit: number; cursor?: string },
): Promise<{ data: Revision[]; meta: { nextCursor: string | null } }> {
  const { model, shown } = await recordSeen(ctx, of);
  const before = page.cursor === undefined ? undefined : positionOf(page.cursor, 'bad_cursor');
  const rows = await eventsOf(ctx, model, of.id, { before, limit: page.limit + 1 });
  const events = rows.slice(0, page.limit);
  const data = await present(ctx, model, shown, events);
  return { data, meta: { nextCursor: rows.length > page.limit ? events.at(-1)!.position : null } };
}

/** One revision with the whole record as it was then. Throws `not_found`. */
export async function readRevisionOf(
  ctx: ProjectCtx,
  of: { model: string; id: string; revision: string },
): Promise<WholeRevision> {
  const { model, shown } = await recordSeen(ctx, of);
  const position = positionOf(of.revision, 'not_found');
  const [event] = await eventsOf(ctx, model, of.id, { before: String(BigInt(position) + 1n), limit: 1 });
  if (event?.position !== position) fail('not_found', 'The record has no such revision.');
  const [revision] = await present(ctx, model, shown, [event]);
  if (!revision) fail('not_found', 'The record has no such revision.');
  const keys = (await formerKeys(ctx, model, event.at))(event.at);
  const sides = sidesOf(event);
  const whole = sides.after ?? sides.before ?? {};
  const seen = (await openFormerSight(ctx, model)(translate(whole, keys)))!;
  const known = [...keys.values()].filter((field) => field !== undefined && shown.has(field.key)) as Field[];
  return {
    ...revision,
    record: only(seen.record, shown),
    gone: goneOf(ctx, model, whole, keys),
    fields: known.filter(({ key }) => seen.shown.has(key)),
    unseen: known.filter(({ key }) => !seen.shown.has(key)).map(({ key }) => key),
  };
}

/** Changes of links that are looked through. */
const mostLinked = 1_000;

/**
 * What came to the record's lists since a revision and what went, on balance, by the keys of today and as far as the actor
 * sees it; undefined when that is too much to say.
 */
export async function linksSince(
  ctx: ProjectCtx,
  of: { model: string; id: string; revision: string },
): Promise<LinkChanges | undefined> {
  const { model } = entryOf(ctx, of.model);
  const events = await eventsOf(ctx, model, of.id, { linkedAfter: of.revision, limit: mostLinked + 1 });
  const [newest, oldest] = [events[0], events.at(-1)];
  if (!newest || !oldest) return {};
  if (events.length > mostLinked) return undefined;
  const keysAt = await formerKeys(ctx, model, oldest.at);
  const sight = openFormerSight(ctx, model);
  const balance: LinkBalance = new Map();
  for (const event of events) {
    const { links, after } = linksOf(event, keysAt);
    if (await sight(after)) for (const [key, change] of Object.entries(links)) putBefore(balance, key, change);
  }
  if ([...balance.values()].some((came) => came.size > limits.filterValues)) return undefined;
  return openLinkSight(ctx, model)(ctx, changesOfBalance(balance), linksOf(newest, keysAt).after);
}

/** Keys without a field today; for those from whom no field is hidden, since nobody knows whether these were. */
function goneOf(ctx: ProjectCtx, model: DataModel, whole: Values, keys: ReturnType<KeysAt>): string[] {
  const rules = ctx.project.catalogue.rulesOf(ctx);
  if (!rules.unbound && rules.rulesFor(model, 'read').every(({ fields }) => fields !== '*')) return [];
  return Object.keys(whole).filter((key) => keys.has(key) && keys.get(key) === undefined);
}

type Shown = ReadonlySet<string>;

/** The record must be visible, or be deleted and restorable; and which of its fields the actor sees. */
async function recordSeen(ctx: ProjectCtx, of: { model: string; id: string }): Promise<{ model: DataModel; shown: Shown }> {
  const { model } = entryOf(ctx, of.model);
  const rules = ctx.project.catalogue.rulesOf(ctx);
  const readable = model.fields.filter((field) => field.column !== undefined && mayRead(rules, model, field));
  const keys = readable.map(({ key }) => key);
  const record = await readRecord(seeingDeleted(ctx, of.model, 'with'), of.model, of.id, keys);
  // A field that shows on some records only, and is empty here, may be one that does not show.
  const shows = (field: Field): boolean => isAlways(rules.fieldRule(model, field)) || (record[field.key] ?? null) !== null;
  return { model, shown: new Set(readable.filter(shows).map(({ key }) => key)) };
}

function positionOf(text: string, code: 'bad_cursor' | 'not_found'): string {
  return /^\d{1,18}$/.test(text) ? text : fail(code);
}

async function eventsOf(
  ctx: Ctx,
  model: DataModel,
  id: string,
  { before, linkedAfter, limit }: { before?: string | undefined; linkedAfter?: string; limit: number },
): Promise<EventRow[]> {
  const { rows } = await sql<EventRow>`
    select position::text, at, type, actor, data from piper.events
    where subject = ${id.toLowerCase()} and topic = ${`project:${model.projectId!}:model:${model.id}`} and type like 'record.%'
      and (${before ?? null}::bigint is null or position < ${before ?? null}::bigint)
      and (${linkedAfter ?? null}::bigint is null or (position > ${linkedAfter ?? null}::bigint and data ? 'links'))
    order by events.position desc limit ${limit}`.execute(ctx.db);
  return rows;
}

async function present(ctx: ProjectCtx, model: DataModel, shown: Shown, events: readonly EventRow[]): Promise<Revision[]> {
  const oldest = events.at(-1);
  if (!oldest) return [];
  const keysAt = await formerKeys(ctx, model, oldest.at);
  const names = await namesOf(ctx, events);
  const eyes: Eyes = { ctx, keysAt, shown, sight: openFormerSight(ctx, model), links: openLinkSight(ctx, model) };
  const revisions: Revision[] = [];
  for (const event of events) {
    const changes = await changesOf(event, eyes);
    if (!changes) continue;
    const person = personOf(event);
    revisions.push({
      id: event.position,
      at: event.at.toISOString(),
      type: event.type.slice('record.'.length),
      actor: event.actor,
      by: person === undefined ? null : { id: person, name: names.get(person) ?? null },
      changes,
    });
  }
  return revisions;
}

/**
 * Undefined for a change that led out of sight, or happened there: as for whoever listens. What came into sight by it came from
 * nothing. Deleting and restoring change no field.
 */
async function changesOf(event: EventRow, eyes: Eyes): Promise<Revision['changes'] | undefined> {
  const { ctx, sight, keysAt, shown } = eyes;
  const keys = keysAt(event.at);
  const sides = sidesOf(event);
  const seen = async (side: Values | undefined): Promise<Values | undefined> =>
    (await sight(side && translate(side, keys)))?.record;
  const [before, after] = [await seen(sides.before), await seen(sides.after)];
  if (!(event.type === 'record.deleted' ? before : after)) return undefined;
  if (event.type !== 'record.created' && event.type !== 'record.updated') return [];
  const differing = translate({ ...event.data.before, ...event.data.after }, keys);
  const changes = Object.keys(differing)
    .filter((field) => shown.has(field) && !stamps.has(field))
    .filter((field) => field in (before ?? {}) || field in (after ?? {}))
    .map((field) => ({ field, before: before?.[field] ?? null, after: after?.[field] ?? null }));
  const { links, after: record } = linksOf(event, keysAt);
  const linked = Object.entries(await eyes.links(ctx, links, record));
  return [...changes, ...linked.map(([field, { added, removed }]) => ({ field, before: removed, after: added }))];
}

/** What somebody looks at revisions with. */
interface Eyes {
  ctx: ProjectCtx;
  sight: FormerSight;
  links: LinkSight;
  keysAt: KeysAt;
  shown: Shown;
}

/** By the keys of today. */
function linksOf({ at, type, data }: EventRow, keysAt: KeysAt): { links: LinkChanges; after: Values } {
  const keys = keysAt(at);
  return { links: translate(data.links ?? {}, keys), after: translate(sidesOf({ data, type }).after ?? {}, keys) };
}

/** The values by the keys of today; what is gone is left out. */
function translate<V>(values: Readonly<Record<string, V>>, keys: ReturnType<KeysAt>): Record<string, V> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([former, value]) => {
      const key = keys.get(former)?.key;
      return key === undefined ? [] : [[key, value]];
    }),
  );
}

const only = (values: Values, shown: Shown): Values =>
  Object.fromEntries(Object.entries(values).filter(([key]) => shown.has(key)));

/** Who did it; behind a key or an assistant stands the user whose rights it has. */
function personOf({ actor, data }: EventRow): string | undefined {
  if (actor.startsWith('user:')) return actor.slice('user:'.length);
  const by = (data.record ?? data.after)?.['updatedBy'];
  return typeof by === 'string' ? by : undefined;
}

async function namesOf(ctx: ProjectCtx, events: readonly EventRow[]): Promise<Map<string, string>> {
  return peopleNamed(
    ctx,
    events.map((event) => personOf(event)),
  );
}

/** Names of these users, of those the actor may see. */
export async function peopleNamed(ctx: ProjectCtx, ids: readonly (string | null | undefined)[]): Promise<Map<string, string>> {
  const asked = [...new Set(ids.filter((id) => typeof id === 'string'))];
  if (asked.length === 0) return new Map();
  const { data } = await listRecords(ctx, 'users', { filter: { id: { _in: asked } }, fields: ['id', 'name'], limit: -1 });
  return new Map((data as Values[]).map(({ id, name }) => [String(id), String(name)]));
}
