/** What people do with threads, except talking in them (posting.ts). */
import { fail } from '@piper/shared/errors';
import { limits } from '@piper/shared/limits';
import type { BranchMessage, Thread } from '@piper/shared/threads';
import type { Ctx } from '#platform/ctx';
import { inTx } from '#platform/db/tx';
import { restoreRecord } from '#platform/records/records';
import { findNewestLeaf, listBranch, listFilesOf } from './messages.repo.ts';
import { announceToPeople, openThread } from './posting.ts';
import { accessProjectForThreads, accessThread } from './threads.access.ts';
import { lockThread, purgeDeletedThreads } from './threads.repo.ts';
import { toMessage, toThread } from './threads.wire.ts';

export async function createThread(ctx: Ctx, input: { projectId: string; title?: string }): Promise<Thread> {
  await accessProjectForThreads(ctx, input.projectId);
  return inTx(ctx, async (tx) => toThread(await openThread(tx, input)));
}

/** Undoes a deletion, for whoever may delete. */
export async function restoreThread(ctx: Ctx, id: string): Promise<Thread> {
  return inTx(ctx, async (tx) => {
    await restoreRecord(tx, 'threads', id);
    const row = (await lockThread(tx.db, id)) ?? fail('not_found');
    await announceToPeople(tx, row, 'thread.restored', { after: toThread(row) });
    return toThread(row);
  });
}

/** Removes for good what can no longer be restored. */
export async function purgeThreads(ctx: Ctx): Promise<void> {
  while ((await purgeDeletedThreads(ctx.db, limits.threadUndoDays)) > 0);
}

export interface BranchPage {
  data: BranchMessage[];
  meta: { before: string | null; leafId: string | null };
}

interface BranchQuery {
  leaf?: string;
  before?: string;
  limit?: number;
}

/** One page of a branch, oldest first. */
export async function readBranch(ctx: Ctx, id: string, query: BranchQuery): Promise<BranchPage> {
  const thread = await accessThread(ctx, id, 'read');
  const limit = query.limit ?? limits.defaultPageSize;
  if (query.before !== undefined) {
    // The cursor is the oldest message the reader has; it is read again, as the first step, and left out.
    const rows = await listBranch(ctx.db, id, query.before, limit + 1);
    if (rows.length === 0) fail('bad_cursor');
    return { data: await present(ctx, rows.slice(1)), meta: { before: olderThan(rows), leafId: null } };
  }
  const leafId = await leafOf(ctx, thread, query.leaf);
  const rows = leafId === null ? [] : await listBranch(ctx.db, id, leafId, limit);
  return { data: await present(ctx, rows), meta: { before: olderThan(rows), leafId } };
}

async function leafOf(
  ctx: Ctx,
  thread: { id: string; current_leaf_id: string | null },
  leaf = 'current',
): Promise<string | null> {
  if (leaf === 'current') return thread.current_leaf_id;
  return (await findNewestLeaf(ctx.db, thread.id, leaf)) ?? fail('not_found', 'There is no such message in this thread.');
}

type Rows = Awaited<ReturnType<typeof listBranch>>;

function olderThan(rows: Rows): string | null {
  const oldest = rows.at(-1);
  return oldest?.parent_id ? oldest.id : null;
}

async function present(ctx: Ctx, rows: Rows): Promise<BranchMessage[]> {
  const files = await listFilesOf(
    ctx.db,
    rows.filter((row) => row.role === 'user').map((row) => row.id),
  );
  return rows.toReversed().map((row) => ({
    ...toMessage(row, files.get(row.id) ?? []),
    siblings: { ids: row.sibling_ids, position: row.sibling_ids.indexOf(row.id) },
  }));
}
