/** Removing blobs: at once where possible, otherwise again and again until the storage has done it. */
import { system } from '#platform/actor';
import type { Ctx } from '#platform/ctx';
import { inTx } from '#platform/db/tx';
import { appendEvents } from '#platform/events/append';
import { fileEvent } from './files.events.ts';
import { deleteOrphans, forgetBlob, retryBlob, takeDueBlob } from './files.repo.ts';

const retryMinutes = 5;
const orphansAtOnce = 200;

/** Removes a blob whose row is gone or never came. What fails is left to the sweeper. */
export async function discardBlob(ctx: Ctx, key: string): Promise<void> {
  try {
    await ctx.deps.storage.remove(key);
    await forgetBlob(ctx.db, key);
  } catch (err) {
    ctx.log.warn({ err, key }, 'a blob could not be removed; it will be tried again');
    await retryBlob(ctx.db, key, 0).catch(() => undefined);
  }
}

/** Removes all blobs that are due; one the storage refuses to remove waits some minutes. */
export async function removeDueBlobs(ctx: Ctx): Promise<void> {
  while (await removeDueBlob(ctx));
}

/** Outside of any transaction: a storage that is slow to answer would hold up every reader of the event log with it. */
async function removeDueBlob(ctx: Ctx): Promise<boolean> {
  const key = await takeDueBlob(ctx.db, retryMinutes);
  if (key === undefined) return false;
  try {
    await ctx.deps.storage.remove(key);
    await forgetBlob(ctx.db, key);
  } catch (err) {
    ctx.log.warn({ err, key }, 'a blob could not be removed; it will be tried again');
  }
  return true;
}

/** Deletes files nothing came to use in time; their blobs follow. */
export async function removeOrphans(ctx: Ctx): Promise<void> {
  for (;;) {
    const removed = await inTx({ ...ctx, actor: system }, async (tx) => {
      const rows = await deleteOrphans(tx.db, orphansAtOnce);
      await appendEvents(
        tx,
        rows.map((row) => fileEvent(row, undefined)),
      );
      return rows.length;
    });
    if (removed < orphansAtOnce) return;
  }
}
