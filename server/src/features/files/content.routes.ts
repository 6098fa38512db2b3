/** Serves the content of files: ranges, revalidation, and headers under which nothing in a file can act for the user. */
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { fail } from '@piper/shared/errors';
import { readFileBytes } from '@piper/shared/files';
import type { Deps } from '#platform/deps';
import { contextOf, schemaOf } from '#platform/http/serve';
import type { ByteRange } from '#platform/storage/storage';
import { accessFile } from './files.access.ts';
import type { FileMeta } from './files.repo.ts';
import { isShownInline } from './media-type.ts';

export function serveContent(app: FastifyInstance, deps: Deps): void {
  const schema: Record<string, unknown> = { ...schemaOf(readFileBytes), response: { '4xx': { $ref: 'Error#' } } };
  app.route({
    method: 'GET',
    url: readFileBytes.path,
    schema,
    config: { access: 'signed-in' },
    compress: false,
    handler: async (request, reply) => {
      const { id } = request.params as { id: string };
      const ctx = contextOf(deps, request);
      const file = await accessFile(ctx, id, 'read');
      const { download = 'false' } = request.query as { download?: string };
      describe(reply, file, download !== 'false' && download !== '0');
      if (isKnown(request, file)) return reply.code(304).send();
      const range = rangeOf(request, reply, file);
      const length = range ? range.end - range.start + 1 : file.size;
      void reply.code(range ? 206 : 200).header('content-length', length);
      if (range) void reply.header('content-range', `bytes ${range.start}-${range.end}/${file.size}`);
      // A stream, because without a body Fastify would announce a length of 0.
      if (request.method === 'HEAD') return reply.send(Readable.from([]));
      const { body } = await deps.storage.get(file.storage_key, range);
      return reply.send(body);
    },
  });
}

const etagOf = (file: FileMeta): string => `"${file.sha256.toString('hex')}"`;

function describe(reply: FastifyReply, file: FileMeta, download: boolean): void {
  const isInline = !download && isShownInline(file.media_type);
  void reply
    .header('content-type', /^text\/|json$/.test(file.media_type) ? `${file.media_type}; charset=utf-8` : file.media_type)
    .header('content-disposition', `${isInline ? 'inline' : 'attachment'}; ${fileNameParameters(file.name)}`)
    .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; sandbox")
    .header('x-content-type-options', 'nosniff')
    .header('cross-origin-resource-policy', 'same-origin')
    // Kept by the browser, but asked for each time: the right to read may have ended.
    .header('cache-control', 'private, no-cache')
    .header('accept-ranges', 'bytes')
    .header('etag', etagOf(file));
}

/** RFC 6266: a plain name for old clients, and the exact one in UTF-8. Neither can end the header. */
function fileNameParameters(name: string): string {
  const plain = name.replaceAll(/[^\u0020-\u007e]|["\\%]/g, '_');
  const exact = encodeURIComponent(name.toWellFormed()).replaceAll(
    /['()*!]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `filename="${plain}"; filename*=UTF-8''${exact}`;
}

function isKnown(request: FastifyRequest, file: FileMeta): boolean {
  const header = request.headers['if-none-match'];
  if (header === undefined) return false;
  return header.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etagOf(file));
}

/** The range that is asked for. Several ranges, or one of another version, mean the whole; one outside the file is refused. */
function rangeOf(request: FastifyRequest, reply: FastifyReply, file: FileMeta): ByteRange | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(request.headers.range ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const condition = request.headers['if-range'];
  if (condition !== undefined && condition !== etagOf(file)) return undefined;
  const range = toRange(match[1] ?? '', match[2] ?? '', file.size);
  if (range) return range;
  void reply.header('content-range', `bytes */${file.size}`).removeHeader('content-disposition');
  return fail('range_not_satisfiable');
}

function toRange(first: string, last: string, size: number): ByteRange | undefined {
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return start <= end && start < size ? { start, end } : undefined;
}
