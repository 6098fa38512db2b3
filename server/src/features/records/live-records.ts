/**
 * Live subscriptions to a data model's records, with a filter: what a reader may see of a change, and whether for them it is
 * a change, an arrival or a departure. Rules and filter are decided on the record as the event carries it.
 */
import type { DataModel, Field } from '@piper/shared/data-model';
import { fail } from '@piper/shared/errors';
import { isAlways, isNever, type Condition } from '@piper/shared/filter/ast';
import { parseFilter } from '@piper/shared/filter/parse';
import { isComputed } from '@piper/shared/formula/index';
import { userIdOf } from '#platform/actor';
import type { Ctx } from '#platform/ctx';
import { findNewest, type LogEvent } from '#platform/events/log-reader';
import { modelTopic, type Heard, type Hearing, type TopicKind } from '#platform/live/topics';
import { mayRead, type ActorRules } from '#platform/records/actor-rules';
import type { Catalogue } from '#platform/records/catalogue';
import { openReach, type Reach } from '#platform/records/condition-reach';
import { decideOnRecords, type DecideRecord } from '#platform/records/event-condition';
import type { Values } from '#platform/records/hooks';
import type { LinkChanges } from '#platform/records/write-plan';
import { projectRecords } from '#features/data-models';
import { readersForm, sidesOf, type Sides } from './former-sight.ts';
import { openLookout, type Lookout } from './live-lookout.ts';
import type { ProjectCtx } from './items.place.ts';
import { openLinkSight, type LinkSight } from './link-changes.ts';

/** Opens a subscription; undefined when the model is one of Piper's own, which the platform serves. */
async function openRecordTopic(
  ctx: Ctx,
  [projectId = '', modelId = '']: readonly string[],
  filter: unknown,
): Promise<Hearing | undefined> {
  const place = await projectRecords(ctx, projectId);
  if (place.project.catalogue.find(modelId)?.projectId === undefined && ctx.deps.catalogue.find(modelId)) return undefined;
  let view = viewOf(place, modelId, filter);
  const { elsewhere } = view.lookout;
  return { elsewhere, mayMatter: (event) => view.lookout.mayMatter(event), hear: hearIt };

  async function hearIt(asking: Ctx, event: LogEvent): Promise<Heard | undefined> {
    const now = await projectRecords(asking, projectId);
    const { catalogue } = now.project;
    // Other definitions or other roles: compiled anew.
    if (catalogue !== view.catalogue || catalogue.rulesOf(now).key !== view.key) {
      const next = viewOf(now, modelId, filter);
      // Of the fields before, whose names may mean others now. That they changed is about to be told.
      if (meaningOf(next.model) !== meaningOf(view.model) && (await isOfBefore(now, event))) return undefined;
      view = next;
    }
    return hear(now, view, event);
  }
}

/** Whether definitions changed after the event. */
const isOfBefore = async ({ deps, project }: ProjectCtx, event: LogEvent): Promise<boolean> =>
  (await findNewest(deps.db, { after: event, topics: [`project:${project.id}`], type: 'models.changed' })) !== undefined;

/** Which field each name stands for. */
const meaningOf = ({ fields }: DataModel): string => JSON.stringify(fields.map(({ id, key, type }) => [id, key, type]));

interface View {
  catalogue: Catalogue;
  model: DataModel;
  /** Rules and filter together. */
  fits: DecideRecord;
  /** Keys of the fields the reader may read. */
  readable: ReadonlySet<string>;
  /** Fields that show on some records only, together those that show on the same. */
  masked: readonly Masked[];
  /** Keys of fields from which those are computed that they may read. */
  computedFrom: ReadonlySet<string>;
  /** What of other records decides on what they see. */
  lookout: Lookout;
  /** What they may see of changed links. */
  links: LinkSight;
  /** Brings what they may read into the form of a read. */
  named: (values: Values) => Values;
  /** Equal for readers who get the same data of the same event. */
  key: string;
}

interface Masked {
  keys: string[];
  rule: Condition;
  shows: DecideRecord;
}

function viewOf(ctx: ProjectCtx, modelId: string, filter: unknown): View {
  const { catalogue } = ctx.project;
  const model = catalogue.find(modelId);
  const rules = catalogue.rulesOf(ctx);
  if (!model || model.id !== modelId || model.projectId === undefined || isNever(rules.rowRule(model))) fail('not_found');
  const asked = parseFilter(filter ?? {}, model, { models: catalogue, mayRead: (of, field) => mayRead(rules, of, field) });
  const [visible, wanted] = [
    decideOnRecords(ctx, rules.rowRule(model), model, 'rule'),
    decideOnRecords(ctx, asked, model, 'actor'),
  ];
  const readable = model.fields.filter((field) => field.column !== undefined && mayRead(rules, model, field));
  const masked = maskedOf(ctx, model, readable);
  return {
    catalogue,
    model,
    fits: async (asking, record) => (await visible(asking, record)) && (await wanted(asking, record)),
    readable: new Set(readable.map(({ key }) => key)),
    masked,
    computedFrom: computedFrom(rules, model),
    lookout: openLookout(deciding(rules, { model, asked, masked }), userIdOf(ctx.actor)),
    links: openLinkSight(ctx, model),
    named: readersForm(rules, model),
    key: rules.key,
  };
}

function maskedOf(ctx: ProjectCtx, model: DataModel, readable: readonly Field[]): Masked[] {
  const rules = ctx.project.catalogue.rulesOf(ctx);
  const byRules = new Map<string, Masked>();
  for (const field of readable) {
    const rule = rules.fieldRule(model, field);
    if (isAlways(rule)) continue;
    const shownBy = rules.rulesFor(model, 'read').map(({ fields }) => fields === '*' || fields.includes(field.key));
    const found = byRules.get(String(shownBy));
    if (found) found.keys.push(field.key);
    else byRules.set(String(shownBy), { keys: [field.key], rule, shows: decideOnRecords(ctx, rule, model, 'rule') });
  }
  return [...byRules.values()];
}

/** What decides which records show, and which of their fields. */
function deciding(rules: ActorRules, { model, asked, masked }: { model: DataModel; asked: Condition; masked: Masked[] }): Reach {
  const { reach, addCondition } = openReach(rules, model);
  addCondition(asked, 'actor');
  for (const rule of [rules.rowRule(model), ...masked.map((each) => each.rule)]) addCondition(rule, 'rule');
  return reach;
}

function computedFrom(rules: ActorRules, model: DataModel): ReadonlySet<string> {
  const { reach, addField } = openReach(rules, model);
  for (const field of model.fields) if (isComputed(field) && mayRead(rules, model, field)) addField(field);
  return reach.own;
}

async function hear(ctx: ProjectCtx, view: View, event: LogEvent): Promise<Heard | undefined> {
  if (!event.type.startsWith('record.')) return event.type.startsWith('comment.') ? hearComment(ctx, view, event) : undefined;
  const change = sidesOf(event);
  const [was, is] = await Promise.all([fits(ctx, view, change.before), fits(ctx, view, change.after)]);
  if (was && is) return changed(ctx, view, event, change);
  if (is)
    return {
      ...(event.type === 'record.updated' ? { event: 'record.entered' } : {}),
      data: await arrived(ctx, view, event, change.after!),
    };
  if (!was) return undefined;
  return event.type === 'record.deleted' ? { data: gone } : { event: 'record.left', data: gone };
}

/** What is not there for a reader any more has no fields for them either. */
const gone = { before: null, after: null };

const fits = async (ctx: Ctx, view: View, record: Values | undefined): Promise<boolean> =>
  record !== undefined && view.fits(ctx, record);

/** A comment says which record it is about; who may see the record may hear it, without the record. */
async function hearComment(ctx: Ctx, view: View, event: LogEvent): Promise<Heard | undefined> {
  const record = event.data['record'] as Values | undefined;
  return (await fits(ctx, view, record)) ? { data: { comment: event.data['comment'] } } : undefined;
}

const made = new WeakMap<LogEvent, Map<string, Values>>();

/** Readers with the same rules get the same object, so that it is encoded once; where rules differ per record and person, each their own. */
async function once(view: View, event: LogEvent, kind: string, make: () => Promise<Values>): Promise<Values> {
  if (view.masked.length > 0) return make();
  const byKey = made.get(event) ?? new Map<string, Values>();
  made.set(event, byKey);
  const key = `${kind} ${view.key}`;
  const data = byKey.get(key) ?? (await make());
  if (!byKey.has(key)) byKey.set(key, data);
  return byKey.get(key)!;
}

/** Undefined when it concerns nothing they may see. Which links of it somebody may know of depends on more than their roles. */
async function changed(ctx: ProjectCtx, view: View, event: LogEvent, change: Sides): Promise<Heard | undefined> {
  const links = event.data['links'] as LinkChanges | undefined;
  const [values, seen] = [await shown(ctx, view, event, change), links && (await view.links(ctx, links, change.after!))];
  if (seen && Object.keys(seen).length > 0) return { data: { ...values, links: seen } };
  const touched = Object.keys({ ...(event.data['after'] as Values), ...links });
  const isOfTheirs = Object.keys(values['after'] as Values).length > 0 || touched.some((key) => view.computedFrom.has(key));
  return isOfTheirs ? { data: values } : undefined;
}

/** What reading the record would have shown them before and after, where that differs: by the change, or since they see more or less of it. */
const shown = (ctx: Ctx, view: View, event: LogEvent, { before, after }: Sides): Promise<Values> =>
  once(view, event, 'change', async () => {
    const [was, is] = [await hiddenOn(ctx, view, before!), await hiddenOn(ctx, view, after!)];
    const differs = (key: string): boolean => key in (event.data['after'] as Values) || was.has(key) !== is.has(key);
    const seen = (record: Values, hidden: ReadonlySet<string>, key: string): unknown =>
      hidden.has(key) ? null : (record[key] ?? null);
    const sides = [...view.readable]
      .filter(differs)
      .map((key) => [key, seen(before!, was, key), seen(after!, is, key)] as const)
      .filter(([, then, now]) => then !== null || now !== null);
    const side = (at: 1 | 2): Values => view.named(Object.fromEntries(sides.map((each) => [each[0], each[at]])));
    return { before: side(1), after: side(2) };
  });

const arrived = (ctx: Ctx, view: View, event: LogEvent, after: Values): Promise<Values> =>
  once(view, event, 'arrival', async () => ({ before: null, after: await cut(ctx, view, after) }));

/** What the reader may see of a whole record. */
async function cut(ctx: Ctx, view: View, record: Values): Promise<Values> {
  const hidden = await hiddenOn(ctx, view, record);
  const isSeen = ([key]: [string, unknown]): boolean => view.readable.has(key) && !hidden.has(key);
  return view.named(Object.fromEntries(Object.entries(record).filter(isSeen)));
}

/** Keys of the fields that show on some records, but not on this one. */
async function hiddenOn(ctx: Ctx, { masked }: View, record: Values): Promise<ReadonlySet<string>> {
  const hidden = new Set<string>();
  for (const { keys, shows } of masked) if (!(await shows(ctx, record))) keys.forEach((key) => hidden.add(key));
  return hidden;
}

/** The topics of all models' records, Piper's own and users'. */
export const recordTopics: TopicKind = {
  ...modelTopic,
  authorize: async (ctx, ids) => {
    if (!(await openRecordTopic(ctx, ids, undefined))) await modelTopic.authorize(ctx, ids);
  },
  open: openRecordTopic,
};
