/**
 * What one reader gets of an event: a record's event carries its fields before and after, to which the reader's rules and
 * field list apply as they do to reading the record. Whoever may hear a topic may see most of what is said there; only a
 * model whose own rule is narrower than its topic's is asked for by id.
 */
import type { DataModel } from '@piper/shared/data-model';
import type { Filter } from '@piper/shared/filter/filter';
import { managedEvents, memberOf, participantOf } from '@piper/shared/system-models/roles';
import type { Ctx } from '../ctx.ts';
import type { LogEvent } from '../events/log-reader.ts';
import { mayRead } from '../records/actor-rules.ts';
import { findRecord } from '../records/read.ts';
import type { Topic } from './topics.ts';
import { catalogueOf } from '../records/catalogue.ts';

type Data = Record<string, unknown>;

/** Rules that say the same as the right to hear the topic. */
const ofProject = new Set([memberOf('project'), memberOf('')].map((filter) => JSON.stringify(filter)));
const covered: Record<string, ReadonlySet<string>> = {
  project: ofProject,
  'project:model': ofProject,
  thread: new Set([participantOf('thread'), participantOf('')].map((filter) => JSON.stringify(filter))),
};

/** The event's data as this actor may see it; undefined when they may not know of it at all. */
export async function projectEvent(ctx: Ctx, topic: Topic, event: LogEvent): Promise<Data | undefined> {
  if (topic.kind.project) return topic.kind.project(ctx, event);
  if (topic.kind.pattern === 'project' && isManaged(event) && !(await isInLog(ctx, event))) return undefined;
  const model = modelOf(ctx, event);
  if (!model) return event.data;
  // What is addressed to a person, or says what a run does, was written for whoever hears it.
  const isOwn = topic.kind.pattern === 'user' || topic.kind.pattern === 'run';
  if (!isOwn && !isCovered(ctx, model, topic) && !(await isVisible(ctx, model, event))) return undefined;
  return forClass(ctx, model, event);
}

const isManaged = ({ type }: LogEvent): boolean => managedEvents.some((start) => type.startsWith(start));

/** Whether this actor may read the event in the log. */
async function isInLog(ctx: Ctx, { position }: LogEvent): Promise<boolean> {
  const log = ctx.deps.catalogue.find('events')!;
  return (await findRecord(ctx, log, position, ['id'])) !== undefined;
}

function modelOf({ deps }: Ctx, event: LogEvent): DataModel | undefined {
  const name = event.type.split('.')[0];
  return deps.catalogue.list().find(({ model }) => model.eventName === name)?.model;
}

function isCovered(ctx: Ctx, model: DataModel, topic: Topic): boolean {
  const rules = catalogueOf(ctx).rulesOf(ctx).rulesFor(model, 'read');
  const alternatives = rules.flatMap(({ filter }) => ('_or' in filter ? (filter._or as Filter[]) : [filter]));
  return alternatives.some((filter) => covered[topic.kind.pattern]?.has(JSON.stringify(filter)));
}

/** A record that is gone can't be asked for any more: that it is gone is told only to those its topic covers. */
async function isVisible(ctx: Ctx, model: DataModel, event: LogEvent): Promise<boolean> {
  return event.subject !== null && (await findRecord(ctx, model, event.subject, ['id']).catch(() => undefined)) !== undefined;
}

const projected = new WeakMap<LogEvent, Map<string, Data>>();

/** Readers with the same rules get the same object, so that it is encoded once. */
function forClass(ctx: Ctx, model: DataModel, event: LogEvent): Data {
  const { key } = catalogueOf(ctx).rulesOf(ctx);
  const byClass = projected.get(event) ?? new Map<string, Data>();
  projected.set(event, byClass);
  const data = byClass.get(key) ?? withoutHidden(ctx, model, event.data);
  byClass.set(key, data);
  return data;
}

function withoutHidden(ctx: Ctx, model: DataModel, data: Data): Data {
  const rules = catalogueOf(ctx).rulesOf(ctx);
  const hidden = model.fields.filter((field) => !mayRead(rules, model, field)).map((field) => field.key);
  if (hidden.length === 0) return data;
  return { ...data, ...without(data, 'before', hidden), ...without(data, 'after', hidden) };
}

function without(data: Data, side: 'before' | 'after', hidden: readonly string[]): Data {
  const values = data[side];
  if (typeof values !== 'object' || values === null) return {};
  return { [side]: Object.fromEntries(Object.entries(values).filter(([key]) => !hidden.includes(key))) };
}
