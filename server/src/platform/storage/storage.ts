/** Blobs, on disk or in S3. Keys are made by Piper and hold only [a-z0-9/-]. */
import type { Readable } from 'node:stream';

export interface Storage {
  /** Stores all of `body` or nothing. Throws `storage_full` when there is no room, `file_too_large` over `maxBytes`. */
  put(key: string, body: Readable, options: { mediaType: string; maxBytes: number }): Promise<{ size: number; sha256: Buffer }>;
  /** The blob, or the bytes `start` to `end` (both included) of it; `size` is the whole blob's. Throws `not_found` when there is no such blob. */
  get(key: string, range?: ByteRange): Promise<{ body: Readable; size: number }>;
  /** Removing what is not there is fine. */
  remove(key: string): Promise<void>;
}

export interface ByteRange {
  start: number;
  end: number;
}

declare module '../deps.ts' {
  interface Deps {
    storage: Storage;
  }
}

const keyPattern = /^[a-z0-9][a-z0-9-]*(\/[a-z0-9][a-z0-9-]*)*$/;

/** Throws for a key that could name something outside the storage: a bug, since keys are never made from input. */
export function assertKey(key: string): void {
  if (key.length > 200 || !keyPattern.test(key)) throw new Error(`not a storage key: ${JSON.stringify(key)}`);
}
