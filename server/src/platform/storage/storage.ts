/** Blobs, on disk or in S3. Keys are made by Piper and hold only [a-z0-9/-]. */
import type { Readable } from 'node:stream';

export interface Storage {
  /** Stores all of `body` or nothing. Throws `storage_full` when there is no room, `file_too_large` over `maxBytes`. */
  put(key: string, body: Readable, options: { mediaType: string; maxBytes: number }): Promise<{ size: number; sha256: Buffer }>;
  /** Throws `not_found` when there is no such blob. */
  get(key: string): Promise<{ body: Readable; size: number }>;
  /** Removing what is not there is fine. */
  remove(key: string): Promise<void>;
}

declare module '../deps.ts' {
  interface Deps {
    storage: Storage;
  }
}
