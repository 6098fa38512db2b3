/** How an edit says no: with the place in the request, and a sentence. */
import { fail, PiperError } from '@piper/shared/errors';

interface Detail {
  path: string;
  message: string;
}

/** Refuses what stands at `path` of the request; `problem` is the end of a sentence: `is required`. */
export function refuse(path: string, problem: string): never {
  fail('validation_failed', sentence(path, problem), [{ path, message: problem }]);
}

/** Refuses a name that something else has. */
export function refuseTaken(path: string, message: string): never {
  fail('already_exists', message, [{ path, message: 'is already taken' }]);
}

/** Does `work`; what it refuses is told to stand below `path`. */
export function within<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw relocated(error, (inner) => joinPath(path, inner));
  }
}

/** The refusal with its places named anew; anything else stays as it is. */
export function relocated(error: unknown, place: (path: string) => string): unknown {
  if (!(error instanceof PiperError) || !isDetails(error.details)) return error;
  // Its places are in the definitions, not in the request.
  if (error.code === 'still_used') return error;
  const details = error.details.map((detail) => ({ ...detail, path: place(detail.path) }));
  const first = error.details[0]!;
  const message =
    error.message === sentence(first.path, first.message) ? sentence(details[0]!.path, first.message) : error.message;
  return new PiperError(error.code, { message, details, cause: error });
}

const isDetails = (details: unknown): details is [Detail, ...Detail[]] =>
  Array.isArray(details) && details.length > 0 && details.every((detail: Partial<Detail>) => typeof detail.path === 'string');

const sentence = (path: string, problem: string): string => `Not valid: "${path}" ${problem}.`;

/** `fields[0]` and `key` → `fields[0].key`. */
export const joinPath = (path: string, inner: string): string =>
  path === '' || inner === '' || inner.startsWith('[') ? path + inner : `${path}.${inner}`;
