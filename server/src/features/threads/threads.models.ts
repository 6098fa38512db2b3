/** Threads, participants, messages and attachments in the records engine: lists, single reads and the changes of a thread go through it. */
import { fail } from '@piper/shared/errors';
import { isUuid } from '#platform/ids';
import { attachments, messages, participants, threads } from '@piper/shared/system-models/index';
import type { SystemModel, Values, WriteHooks } from '#platform/records/hooks';
import { findNewestLeaf } from './messages.repo.ts';
import { announceToPeople } from './posting.ts';
import { listOpenRuns, lockThread } from './threads.repo.ts';
import { changesBetween, toThread } from './threads.wire.ts';

const threadHooks: WriteHooks = {
  /** A title somebody gave is theirs. A branch is chosen by any of its messages and shown to its end. */
  async beforeUpdate(ctx, before, changes) {
    const result: Values = { ...changes };
    if (typeof changes['title'] === 'string') result['titleBy'] = 'user';
    if ('currentLeafId' in changes) {
      const wanted = changes['currentLeafId'];
      const leaf =
        typeof wanted === 'string' && isUuid(wanted) ? await findNewestLeaf(ctx.db, String(before['id']), wanted) : undefined;
      result['currentLeafId'] = leaf ?? fail('validation_failed', 'currentLeafId must be a message of this thread.');
    }
    return result;
  },
  /** The engine announces it in the thread; here to the people in it, whose lists show it. */
  async afterUpdate(ctx, before, after) {
    const changes = changesBetween(before, after);
    const thread = await lockThread(ctx.db, String(after['id']));
    if (thread && Object.keys(changes.after).length > 0) await announceToPeople(ctx, thread, 'thread.updated', changes);
  },
  /** Nobody reads on: what is being written in it stops. */
  async afterDelete(ctx, before) {
    const thread = await lockThread(ctx.db, String(before['id']));
    if (!thread) return;
    await announceToPeople(ctx, thread, 'thread.deleted', { before: toThread(thread) });
    for (const runId of await listOpenRuns(ctx.db, thread.id)) await ctx.deps.runs.cancel(ctx, runId);
  },
};

export const threadModels: SystemModel[] = [
  { model: threads, hooks: threadHooks },
  { model: participants },
  { model: messages },
  { model: attachments },
];
