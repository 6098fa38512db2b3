/** Reads `If-Match`: the `version` a client believes a record to have. */
import type { FastifyRequest } from 'fastify';
import { fail } from '@piper/shared/errors';

/** No record comes to it. */
const highestVersion = 2 ** 31 - 1;

/** The version the request names; undefined without the header or for `*`. Throws `validation_failed` for anything but a version. */
export function ifMatchOf(request: FastifyRequest): number | undefined {
  const header = request.headers['if-match']?.trim();
  if (header === undefined || header === '*') return undefined;
  const match = /^(?:W\/)?"?(\d+)"?$/.exec(header);
  if (!match) fail('validation_failed', 'If-Match must hold the version of the record, for example "3".');
  return Math.min(Number(match[1]), highestVersion);
}

/** Throws `validation_failed` for a version where no record can be meant. */
export function refuseIfMatch(request: FastifyRequest): void {
  if (ifMatchOf(request) !== undefined)
    fail('validation_failed', 'If-Match names the version of one record that is there; this request means none, or several.');
}
