/** Topics: who may hear them, and in which form. Features contribute kinds; those of Piper's own records are here. */
import { fail } from '@piper/shared/errors';
import { userIdOf, type Actor } from '../actor.ts';
import type { Ctx } from '../ctx.ts';
import type { LogEvent } from '../events/log-reader.ts';
import { contributed, type Feature } from '../feature.ts';
import { isUuid } from '../ids.ts';
import { access } from '../records/records.ts';

export interface TopicKind {
  /** The words of the topic without its ids: `thread` for `thread:<id>`, `project:model` for `project:<id>:model:<id>`. */
  pattern: string;
  /** Throws unless the actor may hear it: asked at subscription, at replay, and whenever rights may have changed. */
  authorize(ctx: Ctx, ids: readonly string[]): Promise<void>;
  /** What this actor gets of an event: its data, or undefined for nothing. All of it, when absent. */
  project?(ctx: Ctx, event: LogEvent): Promise<Record<string, unknown> | undefined>;
  /** Topics that tell (`models.changed`) that what is said here means something else from now on: nothing of before is replayed. */
  definedBy?(ids: readonly string[]): string[];
  /** Opens what decides for one subscription, instead of `authorize` and `project`; with the filter that was asked for. Throws as `authorize` does. */
  open?(ctx: Ctx, ids: readonly string[], filter: unknown): Promise<Hearing | undefined>;
}

export interface Hearing {
  hear: Hear;
  /** What is told elsewhere may change what this subscription shows: topics, and beginnings of types (`user.`) where topics are many. */
  elsewhere: readonly string[];
  /** Whether such an event may change what it shows, so that its reader must read again. */
  mayMatter(event: LogEvent): boolean;
}

/** What a subscription gets of an event; undefined for nothing. It throws when the subscription can't go on. */
export type Hear = (ctx: Ctx, event: LogEvent) => Promise<Heard | undefined>;

export interface Heard {
  /** Instead of the event's type: for this reader a change may be an arrival (`record.entered`) or a departure. */
  event?: string;
  /** The same object for all who get the same, so that it is encoded once. */
  data: Record<string, unknown>;
}

declare module '../feature.ts' {
  interface Feature {
    topics?: TopicKind[];
  }
}

export interface Topic {
  name: string;
  kind: TopicKind;
  ids: readonly string[];
}

/** A topic that is heard by whoever may read the record it is named after. */
const ofRecord = (pattern: string, model: string): TopicKind => ({
  pattern,
  authorize: async (ctx, [id = '']) => void (await access(ctx, model, id, 'read', ['id'])),
});

/** Of one data model's records in a project; whoever belongs to the project hears those they may read. */
export const modelTopic: TopicKind = {
  pattern: 'project:model',
  authorize: async (ctx, [project = '', model = '']) => {
    if (!ctx.deps.catalogue.find(model)) fail('not_found');
    await access(ctx, 'projects', project, 'read', ['id']);
  },
  definedBy: ([project = '']) => [`project:${project}`, 'instance'],
};

const ownTopics: readonly TopicKind[] = [
  ofRecord('thread', 'threads'),
  ofRecord('run', 'runs'),
  ofRecord('project', 'projects'),
  modelTopic,
  {
    pattern: 'user',
    authorize: async ({ actor }, [id]) => {
      if (userIdOf(actor) !== id || isHeldToProject(actor)) fail('not_found');
    },
  },
];

const isHeldToProject = (actor: Actor): boolean => actor.kind === 'key' && actor.projectId !== undefined;

export type FindTopic = (name: string) => Topic | undefined;

/** The second id may be a data model's, which for Piper's own models is their key. */
const isId = (id: string, index: number): boolean => isUuid(id) || (index === 1 && /^[a-z][a-z-]{0,62}$/.test(id));

/** Opens the table of kinds; a feature's kind replaces the one of the same pattern. */
export function openTopics(features: readonly Feature[]): FindTopic {
  const kinds = new Map([...ownTopics, ...contributed(features, 'topics').flat()].map((kind) => [kind.pattern, kind]));
  return (name) => {
    const words = name.split(':');
    const ids = words.filter((_, index) => index % 2 === 1);
    const kind = kinds.get(words.filter((_, index) => index % 2 === 0).join(':'));
    if (!kind || words.length % 2 === 1 || !ids.every(isId)) return undefined;
    return { name, kind, ids };
  };
}
