/* What the typed client does. client-file.ts joins it to its types, in the place of the imports. */
import { modelIds, projectId, type ModelName, type Models } from './sample-models.ts';
import type { ChangeOptions, Client, Items, LiveEvent, Name, Page, SubscribeOptions } from './client-types.template.ts';

export interface ClientOptions {
  /** Of the Piper instance: `https://piper.example.com`. */
  url: string;
  /** An API key or access token, or what gives one. */
  token: string | (() => string | Promise<string>);
  fetch?: typeof globalThis.fetch;
}

/** A refused request. `code` is stable: `not_found`, `validation_failed`, `version_mismatch` … */
export class PiperError extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: unknown;
  readonly requestId: string | undefined;
  constructor(status: number, error: { code: string; message: string; details?: unknown; requestId?: string }) {
    super(error.message);
    this.name = 'PiperError';
    this.status = status;
    this.code = error.code;
    this.details = error.details;
    this.requestId = error.requestId;
  }
}

/** A client of the project's records. */
export function createClient(options: ClientOptions): Client {
  const send = sender(options);
  return {
    items: (model) => itemsOf(send, model),
    batch: async (operations, { idempotencyKey, signal } = {}) =>
      (await send({ method: 'POST', path: '/batch', body: { operations }, idempotencyKey, signal })).data as never,
  };
}

interface Sending {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'SEARCH';
  /** Under the project, unless it is whole. */
  path: string;
  query?: Readonly<Record<string, unknown>> | undefined;
  body?: unknown;
  idempotencyKey?: string | undefined;
  ifMatch?: number | undefined;
  signal?: AbortSignal | undefined;
}
interface Answer {
  data: unknown;
  meta: Record<string, unknown>;
}
interface Send {
  (sending: Sending): Promise<Answer>;
  /** The reply as it comes. Throws PiperError for a refusal. */
  raw(sending: Sending & { accept?: string }): Promise<Response>;
}

/** Longer queries are asked by SEARCH, with the query in the body. */
const longAddress = 4_000;

function sender({ url, token, fetch = globalThis.fetch }: ClientOptions): Send {
  const origin = url.replace(/\/+$/, '');
  const raw = async ({ method, path, query, body, accept, idempotencyKey, ifMatch, signal }: Parameters<Send['raw']>[0]) => {
    const headers: Record<string, string> = {
      authorization: `Bearer ${typeof token === 'string' ? token : await token()}`,
      accept: accept ?? 'application/json',
    };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey;
    if (ifMatch !== undefined) headers['if-match'] = `"${ifMatch}"`;
    const base = path.startsWith('/api/') ? origin : `${origin}/api/projects/${projectId}`;
    const init: RequestInit = { method, headers };
    if (body !== undefined) init.body = JSON.stringify(body);
    if (signal !== undefined) init.signal = signal;
    const response = await fetch(`${base}${path}${addressOf(query)}`, init);
    if (!response.ok) throw await errorOf(response);
    return response;
  };
  const send = async (sending: Sending): Promise<Answer> => {
    const response = await raw(shortened(sending));
    if (response.status === 204) return { data: undefined, meta: {} };
    return { meta: {}, ...((await response.json()) as { data: unknown }) };
  };
  return Object.assign(send, { raw });
}

function shortened(sending: Sending): Sending {
  const { query, ...rest } = sending;
  if (sending.method !== 'GET' || addressOf(query).length <= longAddress || !/^\/items\/[^/]+$/.test(sending.path))
    return sending;
  return { ...rest, method: 'SEARCH', body: { query } };
}

function addressOf(query: Readonly<Record<string, unknown>> = {}): string {
  const words = Object.entries(query).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const text = typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | boolean);
    return [`${name}=${encodeURIComponent(text)}`];
  });
  return words.length === 0 ? '' : `?${words.join('&')}`;
}

async function errorOf(response: Response): Promise<PiperError> {
  const text = await response.text().catch(() => '');
  try {
    const { error } = JSON.parse(text) as { error: { code: string; message: string } };
    if (typeof error.code === 'string') return new PiperError(response.status, error);
  } catch {
    // Not Piper's own: a proxy's page.
  }
  return new PiperError(response.status, { code: 'unexpected_reply', message: `The server answered ${response.status}.` });
}

/** `['name', { author: ['name'] }]` → `name,author.name`. */
function pathsOf(fields: readonly unknown[], before = ''): string[] {
  return fields.flatMap((field) => {
    if (typeof field === 'string') return [before + field];
    return Object.entries(field as object).flatMap(([word, inner]: [string, unknown]) => {
      if (Array.isArray(inner)) return pathsOf(inner, `${before}${word}.`);
      return Object.entries(inner as object).flatMap(([model, paths]: [string, unknown]) =>
        pathsOf(paths as unknown[], `${before}${word}:${model.replace(/^\$/, '')}.`),
      );
    });
  });
}

type Asked = { readonly fields?: readonly unknown[] | undefined; readonly signal?: AbortSignal };

/** Query and signal of a request. */
function partsOf(asked: object = {}): { query: Record<string, unknown>; signal: AbortSignal | undefined } {
  const { fields, signal, ...rest } = asked as Asked;
  return { query: { ...rest, ...(fields === undefined ? {} : { fields: pathsOf(fields).join(',') }) }, signal };
}

/** What an address says of a write, and what stands in its headers. */
function writeParts(options: object = {}): Pick<Sending, 'query' | 'signal' | 'idempotencyKey' | 'ifMatch'> {
  const { idempotencyKey, ifMatch, ...rest } = options as ChangeOptions;
  return { ...partsOf(rest), idempotencyKey, ifMatch };
}

function itemsOf<K extends ModelName>(send: Send, model: K): Items<K> {
  const path = `/items/${model}`;
  const at = (id: string, rest = ''): string => `${path}/${encodeURIComponent(id)}${rest}`;
  const list = async (query?: object): Promise<never> => (await send({ method: 'GET', path, ...partsOf(query) })) as never;
  const one = async (sending: Sending): Promise<never> => (await send(sending)).data as never;
  const write = (method: Sending['method'], where: string, options: object = {}, body?: unknown): Promise<never> =>
    one({ method, path: where, ...writeParts(options), ...(body === undefined ? {} : { body }) });
  return {
    list,
    pages: (query) => pagesOf((cursor) => list(cursor === undefined ? query : { ...query, cursor })),
    read: (id, query) => one({ method: 'GET', path: at(id), ...partsOf(query) }),
    aggregate: ({ groupBy, ...query }) =>
      one({ method: 'GET', path, ...partsOf({ ...query, ...(groupBy === undefined ? {} : { groupBy: groupBy.join(',') }) }) }),
    create: (data, options) => write('POST', path, options, data),
    createMany: (data, options) => write('POST', path, options, data),
    update: (id, data, options) => write('PATCH', at(id), options, data),
    updateMany: (keys, data, options) => write('PATCH', path, options, { keys, data }),
    upsert: (on, data, options) => write('PUT', path, { ...options, upsert: [on].flat().join(',') }, data),
    delete: (id, options) => write('DELETE', at(id), options),
    deleteMany: (keys, options) => write('DELETE', path, options, keys),
    restore: (id, options) => write('POST', at(id, '/restore'), options),
    revisions: async (id, options) => (await send({ method: 'GET', path: at(id, '/revisions'), ...partsOf(options) })) as never,
    revert: async (id, revision, options) => {
      const { data, meta } = await send({ method: 'POST', path: at(id, '/revert'), ...writeParts(options), body: { revision } });
      return { data: data as never, skipped: meta['skipped'] as string[] };
    },
    comments: async (id, options) => (await send({ method: 'GET', path: at(id, '/comments'), ...partsOf(options) })) as never,
    comment: (id, text, options) => write('POST', at(id, '/comments'), options, { text }),
    subscribe: (options) => listen(send, model, options ?? {}),
  };
}

async function* pagesOf<T>(read: (cursor?: string) => Promise<Page<T>>): AsyncGenerator<T[], void, undefined> {
  let page = await read();
  for (;;) {
    if (page.data.length > 0) yield page.data;
    const cursor = page.meta.nextCursor;
    if (cursor === undefined || cursor === null) return;
    page = await read(cursor);
  }
}

interface Frame {
  type: string;
  cursor?: string;
  code?: string;
  message?: string;
  afterMs?: number;
}

const leastWait = 500;
const mostWait = 30_000;
/** The server says something every 15 seconds; a silent connection is lost. */
const silence = 45_000;

async function* listen<K extends ModelName>(
  send: Send,
  model: K,
  { filter, signal, cursor: since }: SubscribeOptions<K>,
): AsyncGenerator<LiveEvent<K>, void, undefined> {
  const isOver = (): boolean => signal?.aborted ?? false;
  let cursor = since;
  let wait = leastWait;
  while (!isOver()) {
    const topic = `project:${projectId}:model:${modelIds[model]}`;
    try {
      for await (const frame of framesOf(send, { topic, filter, cursor }, signal)) {
        wait = frame.afterMs ?? leastWait;
        cursor = placeAfter(frame) ?? cursor;
        const event = eventOf<K>(frame);
        if (event !== undefined) yield event;
      }
    } catch (error) {
      if (isOver()) return;
      if (isRefusal(error)) throw error;
    }
    await pause(wait, signal);
    wait = Math.min(wait * 2, mostWait);
  }
}

/** What the network or a restart broke is tried again; a refusal stays one. */
const isRefusal = (error: unknown): boolean => error instanceof PiperError && error.status < 500 && error.status !== 429;

/**
 * Where to go on after this frame. Throws what the frame refuses. That a token is over ends the connection only: the next one
 * asks for a new one, and is refused if there is none.
 */
function placeAfter({ type, cursor, code = 'error', message = '' }: Frame): string | undefined {
  if (type === 'error') throw code === 'unauthenticated' ? new Error(message) : new PiperError(400, { code, message });
  return type === 'event' || type === 'subscribed' ? cursor : undefined;
}

const eventNames: Readonly<Record<string, 'created' | 'updated' | 'deleted' | 'restored' | 'entered' | 'left'>> = {
  'record.created': 'created',
  'record.updated': 'updated',
  'record.deleted': 'deleted',
  'record.restored': 'restored',
  'record.entered': 'entered',
  'record.left': 'left',
};

interface EventFrame extends Frame {
  cursor: string;
  event: string;
  subject: string | null;
  actor: string;
  at: string;
  data: Record<string, unknown>;
}

function eventOf<K extends Name>(frame: Frame): LiveEvent<K> | undefined {
  if (frame.type === 'subscribed') return { type: 'subscribed', cursor: frame.cursor ?? '' };
  if (frame.type === 'snapshot_required') return { type: 'snapshot_required' };
  if (frame.type !== 'event') return undefined;
  const { cursor, event, subject, actor, at, data } = frame as EventFrame;
  const { before, after } = data as { [W in 'before' | 'after']?: Partial<Models[K]['record']> | null };
  const type = eventNames[event] ?? 'commented';
  return { type, id: subject ?? '', before: before ?? null, after: after ?? null, actor, at, cursor, data };
}

/** The frames of one connection, until it ends. */
async function* framesOf(
  send: Send,
  query: Readonly<Record<string, unknown>>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Frame, void, undefined> {
  const ended = new AbortController();
  const end = (): void => ended.abort();
  signal?.addEventListener('abort', end, { once: true });
  let timer = setTimeout(end, silence);
  try {
    const response = await send.raw({
      method: 'GET',
      path: '/api/live/events',
      query,
      accept: 'text/event-stream',
      signal: ended.signal,
    });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(end, silence);
      const blocks = (text + value).split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const line = block.split('\n').find((one) => one.startsWith('data: '));
        if (line !== undefined) yield JSON.parse(line.slice('data: '.length)) as Frame;
      }
    }
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', end);
    end();
  }
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms * (0.75 + Math.random() / 2));
    signal?.addEventListener('abort', done, { once: true });
  });
}
