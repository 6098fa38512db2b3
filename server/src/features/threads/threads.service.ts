/** What people do with threads, except talking in them (posting.ts). */
import { fail } from '@piper/shared/errors';
import { limits } from '@piper/shared/limits';
import type { BranchMessage, Thread } from '@piper/shared/threads';
import type { Ctx } from '#platform/ctx';
import { inTx } from '#platform/db/tx';
import { appendEvents } from '#platform/events/append';
import { findNewestLeaf, listBranch, listFilesOf } from './messages.repo.ts';
import { openThread, threadEvents } from './posting.ts';
import { accessProjectForThreads, accessThread } from './threads.access.ts';
import { listOpenRuns, lockThread, updateThread } from './threads.repo.ts';
import { changesBetween, toMessage, toThread } from './threads.wire.ts';

export async function createThread(ctx: Ctx, input: { projectId: string; title?: string }): Promise<Thread> {
  await accessProjectForThreads(ctx, input.projectId);
  return inTx(ctx, async (tx) => toThread(await openThread(tx, input)));
}

/** Hides a thread until it is restored or cleaned away, and stops what is being written in it. */
export async function removeThread(ctx: Ctx, id: string): Promise<void> {
  await accessThread(ctx, id, 'delete');
  await setDeleted(ctx, id, true);
  for (const runId of await listOpenRuns(ctx.db, id)) await ctx.deps.runs.cancel(ctx, runId);
}

/** Undoes removeThread. */
export async function restoreThread(ctx: Ctx, id: string): Promise<Thread> {
  await accessThread(ctx, id, 'delete', { deleted: true });
  return setDeleted(ctx, id, false);
}

async function setDeleted(ctx: Ctx, id: string, deleted: boolean): Promise<Thread> {
  return inTx(ctx, async (tx) => {
    const before = (await lockThread(tx.db, id)) ?? fail('not_found');
    const row = (await updateThread(tx.db, id, { deleted_at: deleted ? tx.deps.clock.now() : null })) ?? fail('not_found');
    const after = { ...toThread(row), deletedAt: row.deleted_at?.toISOString() ?? null };
    const data = changesBetween({ ...toThread(before), deletedAt: before.deleted_at?.toISOString() ?? null }, after);
    await appendEvents(tx, threadEvents(before, deleted ? 'thread.deleted' : 'thread.restored', deleted ? data : { ...data, after }));
    return toThread(row);
  });
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

async function leafOf(ctx: Ctx, thread: { id: string; current_leaf_id: string | null }, leaf = 'current'): Promise<string | null> {
  if (leaf === 'current') return thread.current_leaf_id;
  return (await findNewestLeaf(ctx.db, thread.id, leaf)) ?? fail('not_found', 'There is no such message in this thread.');
}

type Rows = Awaited<ReturnType<typeof listBranch>>;

function olderThan(rows: Rows): string | null {
  const oldest = rows.at(-1);
  return oldest?.parent_id ? oldest.id : null;
}

async function present(ctx: Ctx, rows: Rows): Promise<BranchMessage[]> {
  const files = await listFilesOf(ctx.db, rows.filter((row) => row.role === 'user').map((row) => row.id));
  return rows.toReversed().map((row) => ({
    ...toMessage(row, files.get(row.id) ?? []),
    siblings: { ids: row.sibling_ids, position: row.sibling_ids.indexOf(row.id) },
  }));
}
