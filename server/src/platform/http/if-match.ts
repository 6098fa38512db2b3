/** Reads `If-Match`: the `version` a client believes a record to have. */
import type { FastifyRequest } from 'fastify';
import { fail } from '@piper/shared/errors';

/** The version the request names; undefined without the header or for `*`. Throws `validation_failed` for anything but a version. */
export function ifMatchOf(request: FastifyRequest): number | undefined {
  const header = request.headers['if-match']?.trim();
  if (header === undefined || header === '*') return undefined;
  const match = /^(?:W\/)?"?(\d{1,10})"?$/.exec(header);
  if (!match) fail('validation_failed', 'If-Match must hold the version of the record, for example "3".');
  return Number(match[1]);
}
