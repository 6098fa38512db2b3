/** Takes uploads: multipart bodies, read as they come. */
import multipart, { type Multipart } from '@fastify/multipart';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { fail, PiperError } from '@piper/shared/errors';
import { uploadFile } from '@piper/shared/files';
import { limits } from '@piper/shared/limits';
import type { Ctx } from '#platform/ctx';
import type { Deps } from '#platform/deps';
import { contextOf, schemaOf } from '#platform/http/serve';
import { readRecord } from '#platform/records/records';
import { discardBlob } from './blobs.ts';
import { hasFileOfBlob } from './files.repo.ts';
import { keepUpload, storeUpload, type StoredUpload, uploadTarget } from './upload.service.ts';

/** What a multipart body needs around its file. */
const envelopeBytes = 16 * 1024;

const body = {
  type: 'object',
  required: ['file'],
  properties: { file: { type: 'string', format: 'binary' }, projectId: { type: 'string', description: 'Id or slug.' } },
};

export async function serveUpload(app: FastifyInstance, deps: Deps): Promise<void> {
  await app.register(async (scope) => {
    await scope.register(multipart, { throwFileSizeLimit: false });
    scope.route({
      method: 'POST',
      url: uploadFile.path,
      schema: { ...schemaOf(uploadFile), consumes: ['multipart/form-data'], body },
      config: { access: 'signed-in' },
      // The schema describes the body; it is checked while it is read.
      validatorCompiler: () => () => true,
      handler: async (request, reply) => {
        try {
          return await reply.code(201).send({ data: await receive(contextOf(deps, request), request) });
        } catch (error) {
          // Whatever else is on its way has nobody to take it.
          void reply.header('connection', 'close');
          throw toUploadError(error);
        }
      },
    });
  });
}

async function receive(ctx: Ctx, request: FastifyRequest): Promise<Record<string, unknown>> {
  if (!request.isMultipart()) fail('unsupported_media_type', 'Send the file as multipart/form-data, in the field "file".');
  if (Number(request.headers['content-length'] ?? 0) > limits.fileBytes + envelopeBytes) {
    fail('file_too_large', `The file is larger than ${limits.fileBytes / 1024 / 1024} MB. Choose a smaller one.`, {
      maxBytes: limits.fileBytes,
    });
  }
  const received: Received = { target: undefined, upload: undefined };
  try {
    for await (const part of partsOf(request)) await takePart(ctx, part, received);
    if (!received.upload) fail('file_missing');
    const target = received.target === undefined ? await uploadTarget(ctx, undefined) : received.target;
    const file = await keepUpload(ctx, received.upload, target);
    return await readRecord(ctx, 'files', file.id);
  } catch (error) {
    if (received.upload) await discardUnlessKept(ctx, received.upload, error);
    throw error;
  }
}

const partsOf = (request: FastifyRequest): AsyncIterableIterator<Multipart> =>
  // The storage counts the bytes of the file and refuses too many of them; here one more is let through, so that it sees them.
  request.parts({ limits: { files: 1, fields: 4, parts: 5, fieldSize: 256, fileSize: limits.fileBytes + 1, headerPairs: 20 } });

interface Received {
  target: string | null | undefined;
  upload: StoredUpload | undefined;
}

async function takePart(ctx: Ctx, part: Multipart, received: Received): Promise<void> {
  if (part.type === 'file') {
    if (part.fieldname !== 'file')
      fail('validation_failed', `The upload has an unknown file field "${part.fieldname.slice(0, 80)}".`);
    received.upload = await storeUpload(ctx, part.file, part.filename ?? '');
    return;
  }
  if (part.fieldname !== 'projectId')
    fail('validation_failed', `The upload has an unknown field "${part.fieldname.slice(0, 80)}".`);
  const value = part.value;
  if (typeof value !== 'string' || part.valueTruncated || value.includes('\0'))
    fail('validation_failed', 'Not valid: projectId.');
  // Checked at once, so that a project named before the file refuses it before its bytes come. Forms send '' for "none".
  if (value !== '') received.target = await uploadTarget(ctx, value);
}

/** The row may have been written although reading it back failed; without the database nobody knows, and the announced removal decides. */
async function discardUnlessKept(ctx: Ctx, upload: StoredUpload, error: unknown): Promise<void> {
  const isKept = await hasFileOfBlob(ctx.db, upload.key).catch(() => true);
  if (isKept) ctx.log.warn({ err: error, key: upload.key }, 'an upload failed after it was stored');
  else await discardBlob(ctx, upload.key);
}

const multipartCodes: Record<string, () => PiperError> = {
  FST_REQ_FILE_TOO_LARGE: () => new PiperError('file_too_large'),
  FST_FILES_LIMIT: () => new PiperError('validation_failed', { message: 'Upload one file at a time.' }),
  FST_FIELDS_LIMIT: () => new PiperError('validation_failed', { message: 'The upload has too many fields.' }),
  FST_PARTS_LIMIT: () => new PiperError('validation_failed', { message: 'Upload one file at a time.' }),
  FST_PROTO_VIOLATION: () => new PiperError('validation_failed', { message: 'The upload has a field that is not allowed.' }),
  FST_INVALID_MULTIPART_CONTENT_TYPE: () => new PiperError('unsupported_media_type'),
  FST_MP_PREMATURE_CLOSE: () => new PiperError('upload_incomplete'),
};

function toUploadError(error: unknown): unknown {
  if (error instanceof PiperError) return error;
  const { code, message } = error as { code?: string; message?: string };
  const known = multipartCodes[code ?? ''];
  if (known) return known();
  if (/multipart|boundary|part terminated|malformed part/i.test(message ?? ''))
    return new PiperError('upload_incomplete', { cause: error });
  return error;
}
