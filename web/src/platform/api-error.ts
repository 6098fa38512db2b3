/** A refused or failed request, with a sentence a person can act on. */
import type { ErrorCode } from '@piper/shared/errors';

interface Options {
  code: ErrorCode | 'network' | 'unknown';
  message: string;
  status: number;
  details?: unknown;
  requestId?: string | undefined;
  retryAfter?: number | undefined;
}

export class ApiError extends Error {
  readonly code: Options['code'];
  readonly status: number;
  readonly details: unknown;
  readonly requestId: string | undefined;
  readonly retryAfter: number | undefined;

  constructor(options: Options) {
    super(options.message);
    this.name = 'ApiError';
    this.code = options.code;
    this.status = options.status;
    this.details = options.details;
    this.requestId = options.requestId;
    this.retryAfter = options.retryAfter;
  }
}

export const networkError = (): ApiError =>
  new ApiError({ code: 'network', message: 'The server cannot be reached. Check the connection and try again.', status: 0 });

/** The error a reply carries; replies of something that isn't Piper (a proxy's page) become a plain one. */
export async function errorOf(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => undefined);
  const retryAfter = Number(response.headers.get('retry-after')) || undefined;
  const error = isErrorBody(body) ? body.error : undefined;
  return new ApiError({
    code: error?.code ?? 'unknown',
    message: error?.message ?? `The server answered with status ${response.status}. Try again in a moment.`,
    status: response.status,
    details: error?.details,
    requestId: error?.requestId,
    retryAfter,
  });
}

interface ErrorBody {
  error: { code: ErrorCode; message: string; details?: unknown; requestId?: string };
}

const isErrorBody = (body: unknown): body is ErrorBody =>
  typeof body === 'object' &&
  body !== null &&
  'error' in body &&
  typeof body.error === 'object' &&
  body.error !== null &&
  'message' in body.error;

/** What to show a person for anything that was thrown. */
export function messageOf(error: unknown): string {
  if (!(error instanceof ApiError)) return 'Something went wrong in this page. Reload it and try again.';
  const fields = fieldErrors(error);
  const entries = Object.entries(fields);
  // Of these the message says it all, in whole sentences.
  if (entries.length === 0 || error.code === 'still_used' || error.code === 'already_exists') return withWait(error);
  return entries.map(([path, text]) => (placeOf(path) ? `${placeOf(path)}: ${text}` : text)).join(' · ');
}

/** What a path of the request is about, in words: `actions[0].field.maxLength` is "Max length", `_and[0].price._gt` "Price". */
export function placeOf(path: string): string {
  const words = path.split('.').map((word) => word.replaceAll(/\[\d+\]/g, ''));
  const last = words.findLast((word) => /^[a-z]/i.test(word)) ?? '';
  const spaced = last.replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

const withWait = (error: ApiError): string =>
  error.status === 429 && error.retryAfter ? `${error.message} (in ${error.retryAfter} s)` : error.message;

/** Messages of single fields out of `details`, in the forms the server uses: `[{ path, message }]` or `{ field: message }`. */
export function fieldErrors(error: unknown): Record<string, string> {
  if (!(error instanceof ApiError) || typeof error.details !== 'object' || error.details === null) return {};
  const result: Record<string, string> = {};
  const list: unknown[] = Array.isArray(error.details) ? error.details : [];
  for (const item of list) {
    if (typeof item !== 'object' || item === null || !('message' in item)) continue;
    const at = 'path' in item ? item.path : 'field' in item ? item.field : '';
    const field = String(at)
      .replace(/^(body)?[/.]/, '')
      .replaceAll('/', '.');
    result[field] = result[field] === undefined ? String(item.message) : `${result[field]} ${String(item.message)}`;
  }
  return result;
}
