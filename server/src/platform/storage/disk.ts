/** Blobs as files under one directory. A blob appears under its key only when all of it is on the disk. */
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import * as fs from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fail, PiperError } from '@piper/shared/errors';
import { meter } from './meter.ts';
import { assertKey, type Storage } from './storage.ts';

export interface DiskOptions {
  /** Opens the file that is written; replaced in tests by one on a full device. */
  openFile?: typeof fs.open;
}

/** A temporary file this old belongs to an upload that was cut off by a crash. */
const abandonedAfterMs = 24 * 60 * 60 * 1000;
const incoming = 'incoming';

/** Opens the storage in `root` (made when missing) and removes what uploads cut off by a crash left behind. */
export async function openDiskStorage(root: string, { openFile = fs.open }: DiskOptions = {}): Promise<Storage> {
  await fs.mkdir(join(root, incoming), { recursive: true, mode: 0o700 });
  await removeAbandoned(join(root, incoming));
  const pathOf = (key: string): string => {
    assertKey(key);
    return join(root, 'blobs', key);
  };
  return {
    async put(key, body, { maxBytes }) {
      const target = pathOf(key);
      const temporary = join(root, incoming, randomUUID());
      const measured = meter(maxBytes);
      try {
        await writeDurably(temporary, body, measured.through, openFile);
        await fs.mkdir(dirname(target), { recursive: true, mode: 0o700 });
        await fs.rename(temporary, target);
        await syncDirectory(dirname(target));
        return measured.result();
      } catch (error) {
        body.destroy();
        await fs.rm(temporary, { force: true });
        throw storageError(error);
      }
    },
    async get(key, range) {
      const size = await sizeOf(pathOf(key));
      return { size, body: createReadStream(pathOf(key), range) };
    },
    async remove(key) {
      await fs.rm(pathOf(key), { force: true });
    },
  };
}

async function writeDurably(path: string, body: Readable, measured: Transform, openFile: typeof fs.open): Promise<void> {
  const file = await openFile(path, 'wx', 0o600);
  try {
    await pipeline(body, measured, async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) await writeAll(file, chunk);
    });
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A nearly full disk takes a part of a write; only the next one fails. */
async function writeAll(file: fs.FileHandle, chunk: Buffer): Promise<void> {
  for (let offset = 0; offset < chunk.length;) {
    const { bytesWritten } = await file.write(chunk, offset);
    offset += bytesWritten;
  }
}

/** Makes the rename itself survive a power cut. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await fs.open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await fs.stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') fail('not_found');
    throw error;
  }
}

async function removeAbandoned(directory: string): Promise<void> {
  const oldest = Date.now() - abandonedAfterMs;
  for (const name of await fs.readdir(directory)) {
    const path = join(directory, name);
    const stat = await fs.stat(path).catch(() => undefined);
    if (stat && stat.mtimeMs < oldest) await fs.rm(path, { force: true });
  }
}

const fullCodes = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

function storageError(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return fullCodes.has(code) ? new PiperError('storage_full', { cause: error }) : error;
}
