/** Threads, participants and messages in the records engine: lists, single reads and the changes of a thread go through it. */
import { fail } from '@piper/shared/errors';
import { isUuid } from '#platform/ids';
import { messages, participants, threads } from '@piper/shared/system-models/index';
import { appendEvents } from '#platform/events/append';
import type { SystemModel, Values, WriteHooks } from '#platform/records/hooks';
import { findNewestLeaf } from './messages.repo.ts';
import { threadEvents } from './posting.ts';
import { lockThread } from './threads.repo.ts';
import { changesBetween } from './threads.wire.ts';

const threadHooks: WriteHooks = {
  /** A title somebody gave is theirs. A branch is chosen by any of its messages and shown to its end. */
  async beforeUpdate(ctx, before, changes) {
    const result: Values = { ...changes };
    if (typeof changes['title'] === 'string') result['titleBy'] = 'user';
    if ('currentLeafId' in changes) {
      const wanted = changes['currentLeafId'];
      const leaf = typeof wanted === 'string' && isUuid(wanted) ? await findNewestLeaf(ctx.db, String(before['id']), wanted) : undefined;
      result['currentLeafId'] = leaf ?? fail('validation_failed', 'currentLeafId must be a message of this thread.');
    }
    return result;
  },
  /** The engine announces it in the thread; here to the people in it, whose lists show it. */
  async afterUpdate(ctx, before, after) {
    const thread = await lockThread(ctx.db, String(after['id']));
    if (!thread) return;
    const events = threadEvents(thread, 'thread.updated', changesBetween(before, after));
    await appendEvents(ctx, events.filter((event) => event.topic.startsWith('user:')));
  },
};

/** Deleting is the feature's own: it can be undone. */
export const threadModels: SystemModel[] = [
  { model: { ...threads, verbs: ['list', 'read', 'update'] }, hooks: threadHooks },
  { model: participants },
  { model: messages },
];
