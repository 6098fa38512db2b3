/** Using and removing files. */
import type { Readable } from 'node:stream';
import { fail } from '@piper/shared/errors';
import type { Ctx, TxCtx } from '#platform/ctx';
import { inTx } from '#platform/db/tx';
import { appendEvents } from '#platform/events/append';
import type { ByteRange } from '#platform/storage/storage';
import { discardBlob } from './blobs.ts';
import { accessFile } from './files.access.ts';
import { fileEvent } from './files.events.ts';
import * as repo from './files.repo.ts';
import type { FileMeta } from './files.repo.ts';

/** Deletes a file with its content. */
export async function deleteFile(ctx: Ctx, id: string): Promise<void> {
  const { storage_key: key } = await accessFile(ctx, id, 'delete');
  await inTx(ctx, async (tx) => {
    const row = (await repo.deleteFile(tx.db, id)) ?? fail('not_found');
    await appendEvents(tx, [fileEvent(row, undefined)]);
  });
  await discardBlob(ctx, key);
}

/**
 * Marks files as used in this project: they are no longer removed as orphans. Whose they are does not change; who takes
 * part in a thread reads what is attached there by the model's rules. Throws `not_found` for one the actor may not read,
 * `rule_violated` for one of another project.
 */
export async function attachFiles(tx: TxCtx, ids: readonly string[], { projectId }: { projectId: string }): Promise<FileMeta[]> {
  const wanted = [...new Set(ids)];
  if (wanted.length === 0) return [];
  for (const id of wanted) await accessFile(tx, id, 'read');
  const before = new Map((await repo.lockFiles(tx.db, wanted)).map((row) => [row.id, row]));
  if (before.size < wanted.length) fail('not_found');
  for (const row of before.values()) {
    if (row.project_id !== null && row.project_id !== projectId)
      fail('rule_violated', `The file "${row.name}" belongs to another project.`);
  }
  const fresh = [...before.values()].filter((row) => row.orphan_after !== null).map((row) => row.id);
  const kept = fresh.length === 0 ? [] : await repo.keepFiles(tx.db, fresh);
  for (const row of kept) before.set(row.id, row);
  return wanted.map((id) => before.get(id) as FileMeta);
}

/** The bytes of a file the actor may read, or a range of them. */
export async function readFileContent(
  ctx: Ctx,
  id: string,
  range?: ByteRange,
): Promise<{ file: FileMeta; body: Readable; size: number }> {
  const file = await accessFile(ctx, id, 'read');
  return { file, ...(await ctx.deps.storage.get(file.storage_key, range)) };
}

/** The text taken from a file the actor may read (at most limits.fileText characters); null when it is not a text. */
export async function readFileText(ctx: Ctx, id: string): Promise<string | null> {
  await accessFile(ctx, id, 'read');
  return repo.findFileText(ctx.db, id);
}
