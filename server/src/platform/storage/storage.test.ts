import { createHash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDiskStorage } from './disk.ts';
import { type FakeS3, startFakeS3 } from '../../../../test/fake-s3/fake-s3.ts';
import { openStorage } from './open.ts';
import { openS3Storage } from './s3.ts';
import type { Storage } from './storage.ts';

const options = { mediaType: 'application/octet-stream', maxBytes: 30 * 1024 * 1024 };
const of = (...chunks: (Buffer | string)[]): Readable => Readable.from(chunks.map((c) => Buffer.from(c)));
const partBytes = 5 * 1024 * 1024;

let root: string;
let s3: FakeS3;
const opened: { disk?: Storage; s3?: Storage } = {};

beforeAll(async () => {
  root = await fs.mkdtemp(join(tmpdir(), 'piper-storage-'));
  s3 = await startFakeS3('bucket');
  opened.disk = await openDiskStorage(root);
  opened.s3 = openS3Storage({ ...s3.access, partBytes });
});
afterAll(async () => {
  await s3.close();
  await fs.rm(root, { recursive: true, force: true });
});

async function* broken(first: Buffer): AsyncGenerator<Buffer> {
  yield first;
  throw new Error('the sender went away');
}

describe.each(['disk', 's3'] as const)('storage on %s', (kind) => {
  const storage = (): Storage => opened[kind] as Storage;
  const stored = async (): Promise<string[]> => (kind === 's3' ? s3.keys() : filesUnder(root));

  test.each([0, 1, partBytes - 1, partBytes, partBytes + 1, 2 * partBytes + 77])(
    'keeps %i bytes as they were',
    async (length) => {
      const bytes = randomBytes(length);
      const result = await storage().put(`files/${kind}-${length}`, Readable.from(slices(bytes)), options);
      expect(result.size).toBe(length);
      expect(result.sha256.toString('hex')).toBe(sha256(bytes));
      const { body, size } = await storage().get(`files/${kind}-${length}`);
      expect(size).toBe(length);
      expect((await buffer(body)).equals(bytes)).toBe(true);
    },
  );

  test('reads a range, and tells the size of the whole', async () => {
    await storage().put('files/range', of('0123456789'), options);
    const { body, size } = await storage().get('files/range', { start: 2, end: 4 });
    expect((await buffer(body)).toString()).toBe('234');
    expect(size).toBe(10);
  });

  test('a body over the limit, or one that breaks off, leaves nothing behind', async () => {
    const before = await stored();
    const large = storage().put('files/large', of(Buffer.alloc(partBytes), Buffer.alloc(partBytes + 1)), {
      ...options,
      maxBytes: 2 * partBytes,
    });
    await expect(large).rejects.toMatchObject({ code: 'file_too_large', status: 413 });
    const cut = storage().put('files/cut', Readable.from(broken(Buffer.alloc(2 * partBytes))), options);
    await expect(cut).rejects.toThrow('the sender went away');
    expect(await stored()).toEqual(before);
    expect(s3.openUploads()).toBe(0);
    await expect(storage().get('files/large')).rejects.toMatchObject({ code: 'not_found' });
  });

  test('removes a blob, twice without complaint', async () => {
    await storage().put('files/gone', of('x'), options);
    await storage().remove('files/gone');
    await storage().remove('files/gone');
    await expect(storage().get('files/gone')).rejects.toMatchObject({ code: 'not_found' });
  });

  test.each(['../x', '/etc/passwd', 'a/../b', 'a//b', 'a/./b', 'A', '', 'a\0b', 'a'.repeat(300)])(
    'refuses the key %j',
    async (key) => {
      await expect(storage().put(key, of('x'), options)).rejects.toThrow('not a storage key');
      await expect(storage().get(key)).rejects.toThrow('not a storage key');
      await expect(storage().remove(key)).rejects.toThrow('not a storage key');
    },
  );
});

describe('disk', () => {
  test('a full disk is said as storage_full, and leaves nothing behind', async () => {
    const own = await fs.mkdtemp(join(tmpdir(), 'piper-full-'));
    const full = await openDiskStorage(own, { openFile: () => fs.open('/dev/full', 'w') });
    await expect(full.put('files/one', of(Buffer.alloc(100_000)), options)).rejects.toMatchObject({
      code: 'storage_full',
      status: 507,
    });
    expect(await filesUnder(own)).toEqual([]);
    await fs.rm(own, { recursive: true });
  });

  test('removes what a crash left behind, and spares an upload that may still run', async () => {
    const own = await fs.mkdtemp(join(tmpdir(), 'piper-crash-'));
    await openDiskStorage(own);
    await fs.writeFile(join(own, 'incoming/old'), 'x');
    await fs.utimes(join(own, 'incoming/old'), 0, 0);
    await fs.writeFile(join(own, 'incoming/new'), 'x');
    await openDiskStorage(own);
    expect(await fs.readdir(join(own, 'incoming'))).toEqual(['new']);
    await fs.rm(own, { recursive: true });
  });

  test('is what opens without S3', async () => {
    const storage = await openStorage({ s3: undefined, dataDir: root });
    await storage.put('files/opened', of('y'), options);
    expect(await fs.readFile(join(root, 'files/blobs/files/opened'), 'utf8')).toBe('y');
  });
});

describe('s3', () => {
  test('sends the media type, and large bodies in parts', async () => {
    const storage = await openStorage({ s3: s3.access, dataDir: root });
    await storage.put('files/typed', of('z'), { ...options, mediaType: 'image/png' });
    expect(s3.mediaType('files/typed')).toBe('image/png');
    const parts = s3.partsReceived();
    await opened.s3?.put('files/in-parts', Readable.from(slices(randomBytes(2 * partBytes + 1))), options);
    expect(s3.partsReceived() - parts).toBe(3);
  });

  test.each([
    ['put', 507, 'XMinioStorageFull', 'storage_full'],
    ['part', 507, 'XMinioStorageFull', 'storage_full'],
    ['complete', 403, 'AccessDenied', 'storage_unavailable'],
  ] as const)('a failing %s (%i %s) answers %s and leaves no upload open', async (step, status, name, code) => {
    s3.fail(step, status, name);
    const size = step === 'put' ? 10 : partBytes * 2;
    const put = opened.s3?.put('files/failing', of(Buffer.alloc(size)), options);
    await expect(put).rejects.toMatchObject({ code });
    s3.recover();
    expect(s3.openUploads()).toBe(0);
    expect(s3.keys()).not.toContain('files/failing');
  });

  test('a server that is not there is storage_unavailable', async () => {
    const gone = await startFakeS3('gone');
    await gone.close();
    const storage = openS3Storage(gone.access);
    await expect(storage.get('files/x')).rejects.toMatchObject({ code: 'storage_unavailable', status: 503 });
  });
});

async function filesUnder(path: string): Promise<string[]> {
  const entries = await fs.readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((e) => e.isFile())
    .map((e) => join(e.parentPath, e.name))
    .toSorted();
}

function* slices(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 700_001) yield bytes.subarray(at, at + 700_001);
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
