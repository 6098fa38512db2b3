/** Finds what a provider said about a failure: in the body of a refusal, in an object inside a stream, in headers. */

/** What the provider said, wherever it said it. */
export interface Said {
  status: number | undefined;
  /** Code, type and status words: `insufficient_quota`, `overloaded_error`, `RESOURCE_EXHAUSTED`. */
  words: string;
  message: string;
  /** Seconds. */
  retryAfter: number | undefined;
}

/** An answer with a status that is no success, outside the SDK. */
export class RefusedReply extends Error {
  readonly statusCode: number;
  readonly responseBody: string;
  readonly responseHeaders: Record<string, string>;
  constructor(response: Response, body: string) {
    super(`status ${response.status}`);
    this.name = 'RefusedReply';
    this.statusCode = response.status;
    this.responseBody = body;
    this.responseHeaders = Object.fromEntries(response.headers);
  }
}

/** An error object that came inside a stream. */
export class SaidInStream extends Error {
  readonly said: unknown;
  constructor(said: unknown) {
    super('The provider reported an error in its stream.', { cause: said });
    this.name = 'SaidInStream';
    this.said = said;
  }
}

type Loose = Record<string, unknown>;
const isObject = (value: unknown): value is Loose => typeof value === 'object' && value !== null;
const nothingSaid: Said = { status: undefined, words: '', message: '', retryAfter: undefined };

/** Undefined when the provider said nothing: the failure is the network's, or the reply made no sense. */
export function saidBy(thrown: unknown): Said | undefined {
  if (thrown instanceof SaidInStream) return saidInValue(thrown.said);
  return isObject(thrown) && typeof thrown['statusCode'] === 'number' ? saidInReply(thrown, thrown['statusCode']) : undefined;
}

/** A RefusedReply or the SDK's APICallError. A success whose body could not be read is no saying. */
function saidInReply(thrown: Loose, status: number): Said | undefined {
  const body = parse(thrown['responseBody']) ?? thrown['data'];
  const isRefusal = status >= 400;
  if (!isRefusal && !(isObject(body) && isObject(body['error']))) return undefined;
  const said = saidInValue(body) ?? nothingSaid;
  return {
    ...said,
    status: isRefusal ? status : said.status,
    retryAfter: retryAfterOf(thrown['responseHeaders']) ?? said.retryAfter,
  };
}

function parse(body: unknown): unknown {
  if (typeof body !== 'string') return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Reads `{error: {…}}`, the inner object, a list holding one (Google), or a bare sentence. */
function saidInValue(value: unknown): Said | undefined {
  if (typeof value === 'string') return { ...nothingSaid, message: value };
  if (Array.isArray(value)) return saidInValue(value[0]);
  if (!isObject(value) || isReadingError(value)) return undefined;
  if (isObject(value['error'])) return saidInValue(value['error']);
  const inner = (isObject(value['data']) ? saidInValue(value['data']) : undefined) ?? nothingSaid;
  return {
    status: statusIn(value) ?? inner.status,
    words: [...wordsIn(value), inner.words].join(' '),
    message: textIn(value['message']) ?? inner.message,
    retryAfter: retryDelayIn(value['details']) ?? inner.retryAfter,
  };
}

/** Errors of the SDK's own parsing are not the provider's words. */
const isReadingError = (value: object): boolean =>
  value instanceof Error && value.name.startsWith('AI_') && !('statusCode' in value);

const textIn = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The code is a word with some and a status with others. */
const statusIn = (value: Loose): number | undefined =>
  [value['statusCode'], value['code']].find((code): code is number => typeof code === 'number' && code >= 400 && code < 600);

function wordsIn(value: Loose): string[] {
  const own = [value['code'], value['type'], value['status'], value['reason']];
  const details = Array.isArray(value['details'])
    ? value['details'].map((d: unknown) => (isObject(d) ? d['reason'] : undefined))
    : [];
  return [...own, ...details].filter((word) => typeof word === 'string');
}

/** Google's RetryInfo: `{"retryDelay": "12s"}`. */
function retryDelayIn(details: unknown): number | undefined {
  if (!Array.isArray(details)) return undefined;
  const delay = details.map((d: unknown) => (isObject(d) ? textIn(d['retryDelay']) : undefined)).find((d) => d !== undefined);
  return positive(Number.parseFloat(delay ?? ''));
}

const positive = (value: number): number | undefined => (Number.isFinite(value) ? Math.max(0, value) : undefined);

/** Seconds, from `retry-after-ms`, or `retry-after` in seconds or as a date. */
function retryAfterOf(headers: unknown): number | undefined {
  if (!isObject(headers)) return undefined;
  const ms = positive(Number.parseFloat(textIn(headers['retry-after-ms']) ?? ''));
  if (ms !== undefined) return ms / 1000;
  const value = textIn(headers['retry-after']) ?? '';
  return value === '' ? undefined : (positive(Number(value)) ?? positive((Date.parse(value) - Date.now()) / 1000));
}
