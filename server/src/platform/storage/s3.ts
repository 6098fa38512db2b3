/**
 * Blobs in S3 or a server that speaks its protocol. The length of an upload isn't known beforehand, so a body is read in
 * parts of a bounded size: one part becomes a plain PutObject, more a multipart upload, which is given up as a whole
 * when anything fails. Memory per upload stays at one part.
 */
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import { PiperError } from '@piper/shared/errors';
import type { Env } from '../env.ts';
import { meter } from './meter.ts';
import { assertKey, type Storage } from './storage.ts';

type Sdk = typeof import('@aws-sdk/client-s3');
interface Bucket {
  sdk: Sdk;
  client: S3Client;
  name: string;
}

/** S3 takes no smaller parts than 5 MiB, but for the last. */
const defaultPartBytes = 8 * 1024 * 1024;

export interface S3Options extends NonNullable<Env['s3']> {
  partBytes?: number;
}

/** The storage in an S3 bucket. Nothing is loaded or contacted before the first use. */
export function openS3Storage(options: S3Options): Storage {
  let opened: Promise<Bucket> | undefined;
  const bucket = (): Promise<Bucket> => (opened ??= openBucket(options));
  return {
    async put(key, body, { mediaType, maxBytes }) {
      assertKey(key);
      const measured = meter(maxBytes);
      const target = { bucket: await bucket(), key, mediaType };
      try {
        await pipeline(body, measured.through, (chunks: AsyncIterable<Buffer>) =>
          upload(target, partsOf(chunks, options.partBytes ?? defaultPartBytes)),
        );
        return measured.result();
      } catch (error) {
        body.destroy();
        throw error;
      }
    },
    async get(key, range) {
      assertKey(key);
      const { sdk, client, name } = await bucket();
      const Range = range && `bytes=${range.start}-${range.end}`;
      const reply = await send(() =>
        client.send(new sdk.GetObjectCommand({ Bucket: name, Key: key, ...(Range ? { Range } : {}) })),
      );
      return { body: reply.Body as Readable, size: wholeSize(reply) };
    },
    async remove(key) {
      assertKey(key);
      const { sdk, client, name } = await bucket();
      await send(() => client.send(new sdk.DeleteObjectCommand({ Bucket: name, Key: key })));
    },
  };
}

async function openBucket(options: S3Options): Promise<Bucket> {
  const sdk = await import('@aws-sdk/client-s3');
  const client = new sdk.S3Client({
    region: options.region,
    credentials: { accessKeyId: options.accessKeyId, secretAccessKey: options.secretAccessKey },
    // Other servers seldom know buckets as host names, nor the checksum trailers Amazon's defaults add.
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint, forcePathStyle: true }),
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 60_000, throwOnRequestTimeout: true },
  });
  return { sdk, client, name: options.bucket };
}

/** Cuts a stream into buffers of exactly `size` bytes, the last one shorter. */
async function* partsOf(chunks: AsyncIterable<Buffer>, size: number): AsyncGenerator<Buffer, undefined> {
  let waiting: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    waiting.push(chunk);
    bytes += chunk.length;
    while (bytes >= size) {
      const joined = Buffer.concat(waiting);
      yield joined.subarray(0, size);
      waiting = [joined.subarray(size)];
      bytes -= size;
    }
  }
  yield Buffer.concat(waiting);
  return undefined;
}

interface Target {
  bucket: Bucket;
  key: string;
  mediaType: string;
}

async function upload(target: Target, parts: AsyncGenerator<Buffer, undefined>): Promise<void> {
  const { sdk, client, name } = target.bucket;
  const first = await parts.next();
  const second = await parts.next();
  const object = { Bucket: name, Key: target.key };
  if (second.done) {
    const Body = first.value ?? Buffer.alloc(0);
    await send(() => client.send(new sdk.PutObjectCommand({ ...object, Body, ContentType: target.mediaType })));
    return;
  }
  const created = await send(() =>
    client.send(new sdk.CreateMultipartUploadCommand({ ...object, ContentType: target.mediaType })),
  );
  const multipart = { ...object, UploadId: created.UploadId };
  try {
    const tags: { ETag: string | undefined; PartNumber: number }[] = [];
    for await (const Body of following([first.value ?? Buffer.alloc(0), second.value], parts)) {
      if (Body.length === 0) continue;
      const PartNumber = tags.length + 1;
      const { ETag } = await send(() => client.send(new sdk.UploadPartCommand({ ...multipart, PartNumber, Body })));
      tags.push({ ETag, PartNumber });
    }
    await send(() => client.send(new sdk.CompleteMultipartUploadCommand({ ...multipart, MultipartUpload: { Parts: tags } })));
  } catch (error) {
    // Failing to give up too would hide why; the bucket's own rule for incomplete uploads removes the rest.
    await client.send(new sdk.AbortMultipartUploadCommand(multipart)).catch(() => undefined);
    throw error;
  }
}

async function* following(first: Buffer[], rest: AsyncGenerator<Buffer, undefined>): AsyncGenerator<Buffer> {
  yield* first;
  yield* rest;
}

function wholeSize(reply: { ContentLength?: number | undefined; ContentRange?: string | undefined }): number {
  const total = reply.ContentRange?.split('/')[1];
  return total === undefined ? (reply.ContentLength ?? 0) : Number(total);
}

async function send<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storageError(error);
  }
}

const fullNames = new Set(['QuotaExceeded', 'StorageFull', 'XMinioStorageFull', 'InsufficientStorage', 'EntityTooLarge']);
const missingNames = new Set(['NoSuchKey', 'NotFound']);

function storageError(error: unknown): unknown {
  if (error instanceof PiperError) return error;
  const { name = '', $metadata, code } = error as { name?: string; code?: string; $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  if (missingNames.has(name)) return new PiperError('not_found', { cause: error });
  if (fullNames.has(name) || status === 507) return new PiperError('storage_full', { cause: error });
  // Any other refusal, and what sockets and time-outs say.
  const isAway = status !== undefined || code !== undefined || name === 'TimeoutError';
  return isAway ? new PiperError('storage_unavailable', { cause: error }) : error;
}
