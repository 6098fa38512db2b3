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

const ownTopics: readonly TopicKind[] = [
  ofRecord('thread', 'threads'),
  ofRecord('run', 'runs'),
  ofRecord('project', 'projects'),
  {
    pattern: 'user',
    authorize: async ({ actor }, [id]) => {
      if (userIdOf(actor) !== id || isHeldToProject(actor)) fail('not_found');
    },
  },
];

const isHeldToProject = (actor: Actor): boolean => actor.kind === 'key' && actor.projectId !== undefined;

export type FindTopic = (name: string) => Topic | undefined;

/** Opens the table of kinds; a feature's kind replaces the one of the same pattern. */
export function openTopics(features: readonly Feature[]): FindTopic {
  const kinds = new Map([...ownTopics, ...contributed(features, 'topics').flat()].map((kind) => [kind.pattern, kind]));
  return (name) => {
    const words = name.split(':');
    const ids = words.filter((_, index) => index % 2 === 1);
    const kind = kinds.get(words.filter((_, index) => index % 2 === 0).join(':'));
    if (!kind || words.length % 2 === 1 || !ids.every(isUuid)) return undefined;
    return { name, kind, ids };
  };
}
