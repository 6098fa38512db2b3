/**
 * Uploading: the body goes straight into the storage, then one transaction makes its row. What was refused, broke off or
 * crashed leaves nothing behind: before the first byte the blob is announced for removal, and only its row takes that back.
 */
import { fail, PiperError } from '@piper/shared/errors';
import { limits } from '@piper/shared/limits';
import { userIdOf } from '#platform/actor';
import type { Ctx } from '#platform/ctx';
import { inTx } from '#platform/db/tx';
import { appendEvents } from '#platform/events/append';
import { newId } from '#platform/ids';
import { requireWriteScope } from '#platform/key-scope';
import { accessProject } from '#features/projects';
import { discardBlob } from './blobs.ts';
import { fileEvent } from './files.events.ts';
import { announceBlob, type FileMeta, insertFile, keepBlob } from './files.repo.ts';
import { type Incoming, inspect } from './incoming.ts';
import { refusedTypes } from './media-type.ts';

/** An upload that takes longer than this is given up. */
const uploadHours = 24;
/** A file that nothing came to use by then is removed. */
const orphanHours = 24;

/** A body in the storage, without a row yet. */
export interface StoredUpload {
  key: string;
  name: string;
  mediaType: string;
  text: string | null;
  size: number;
  sha256: Buffer;
}

/** The project an upload is for: the one that is named, if the actor may write there, otherwise that of the key, or none. */
export async function uploadTarget(ctx: Ctx, project: string | undefined): Promise<string | null> {
  requireWriteScope(ctx);
  const reference = project ?? (ctx.actor.kind === 'key' ? ctx.actor.projectId : undefined);
  return reference === undefined ? null : (await accessProject(ctx, reference, 'write')).id;
}

/** Stores a body. Throws `file_type_refused`, `file_too_large`, `storage_full` or `storage_unavailable`, and then nothing is kept of it. */
export async function storeUpload(ctx: Ctx, source: AsyncIterable<Buffer>, givenName: string): Promise<StoredUpload> {
  const name = cleanName(givenName);
  const incoming = await inspect(source, name);
  const { mediaType } = incoming.sniffed;
  if (refusedTypes.has(mediaType))
    fail('file_type_refused', 'Programs are not accepted. Pack it into an archive if it is meant to be handed on.', {
      mediaType,
    });
  const key = `files/${newId()}`;
  await announceBlob(ctx.db, key, uploadHours);
  try {
    const stored = await putBody(ctx, key, incoming);
    return { key, name, ...stored, ...incoming.outcome() };
  } catch (error) {
    await discardBlob(ctx, key);
    throw error;
  }
}

async function putBody(ctx: Ctx, key: string, { body, sniffed }: Incoming): Promise<{ size: number; sha256: Buffer }> {
  try {
    return await ctx.deps.storage.put(key, body, { mediaType: sniffed.mediaType, maxBytes: limits.fileBytes });
  } catch (error) {
    if (!(error instanceof PiperError) && isCutOff(error)) throw new PiperError('upload_incomplete', { cause: error });
    throw error;
  }
}

/** The sender went away, or its last part has no end. */
function isCutOff(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  const codes = ['ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET', 'FST_MP_PREMATURE_CLOSE', 'ABORT_ERR'];
  return codes.includes(code ?? '') || /part terminated early|unexpected end|premature close|aborted/i.test(message ?? '');
}

/** Makes the row of a stored body. Throws when it was given up meanwhile. */
export async function keepUpload(ctx: Ctx, upload: StoredUpload, projectId: string | null): Promise<FileMeta> {
  const { key, name, mediaType, text, size, sha256 } = upload;
  return inTx(ctx, async (tx) => {
    if (!(await keepBlob(tx.db, key))) fail('upload_incomplete', 'The upload took too long. Send the file again.');
    const orphanAfter = projectId === null ? new Date(tx.deps.clock.now().getTime() + orphanHours * 3_600_000) : null;
    const row = await insertFile(tx.db, {
      id: newId(),
      project_id: projectId,
      name,
      media_type: mediaType,
      size,
      sha256,
      storage_key: key,
      text,
      orphan_after: orphanAfter,
      created_by: userIdOf(tx.actor) ?? null,
    });
    await appendEvents(tx, [fileEvent(undefined, row)]);
    return row;
  });
}

// Controls, and the marks that turn the direction of text and so can hide an ending.
// oxlint-disable-next-line no-control-regex -- they are what is removed
const unwanted = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** The last part of a path, without what can't be seen, short enough to be shown. */
export function cleanName(given: string): string {
  const last = given.toWellFormed().split(/[/\\]/).at(-1) ?? '';
  const name = last.replaceAll(unwanted, '').trim();
  if (name === '' || name === '.' || name === '..') return 'file';
  if (name.length <= limits.title) return name;
  const ending = /\.[^.]{1,16}$/.exec(name)?.[0] ?? '';
  return `${name.slice(0, limits.title - ending.length)}${ending}`.toWellFormed();
}
