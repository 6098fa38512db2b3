/**
 * Requests from the server to the outside, as a `fetch`. Against a server-side request forgery the address is checked where
 * it counts: the address a name resolved to is checked at the moment of connecting (a name that answers differently the
 * second time gains nothing), redirects are followed here, one by one, and credentials don't follow to another origin.
 * It stands on node:http rather than the global fetch, which offers no hook into connecting, and tells the ways of failing
 * apart: no connection, no answer, silence, a connection that broke.
 */
import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import { lookup as resolveName } from 'node:dns/promises';
import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest, type RequestOptions } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { PiperError } from '@piper/shared/errors';
import { limits } from '@piper/shared/limits';
import { isPublicAddress } from './public-address.ts';

export interface OutboundOptions {
  /** Only public addresses may be contacted; others are refused with `outbound_refused`. */
  publicOnly: boolean;
  /** Until the connection stands. */
  connectMs: number;
  /** From then until the answer begins. */
  firstByteMs: number;
  /** Between two pieces of the answer. */
  silenceMs: number;
}

export type OutboundFailure =
  | 'unreachable'
  | 'connect_timeout'
  | 'answer_timeout'
  | 'silence'
  | 'dropped'
  | 'too_large'
  | 'too_many_redirects';

/** The connection failed; the server itself said nothing. */
export class OutboundError extends Error {
  readonly failure: OutboundFailure;
  constructor(failure: OutboundFailure, cause?: unknown) {
    super(`outbound request failed: ${failure}`, { cause });
    this.name = 'OutboundError';
    this.failure = failure;
  }
}

const maxRedirects = 5;
/** Headers that prove who is asking; they stay with the origin they were meant for. */
const credentials = ['authorization', 'proxy-authorization', 'cookie', 'x-api-key', 'x-goog-api-key', 'api-key'];

interface Outgoing {
  url: URL;
  method: string;
  headers: Record<string, string>;
  body: string | Uint8Array | undefined;
  signal: AbortSignal | undefined;
}

/** A `fetch` with these rules. It rejects with OutboundError, PiperError `outbound_refused`, or the signal's reason. */
export function openOutbound(options: OutboundOptions): typeof fetch {
  const agents = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) };
  const send = (outgoing: Outgoing) =>
    sendOnce(outgoing, options, outgoing.url.protocol === 'https:' ? agents.https : agents.http);
  return async (input, init) => {
    let outgoing = outgoingOf(input, init);
    for (let redirects = 0; ; redirects++) {
      const message = await send(outgoing);
      const next = redirectOf(outgoing, message);
      if (!next) return responseOf(message, outgoing);
      message.destroy();
      if (redirects === maxRedirects) throw new OutboundError('too_many_redirects');
      outgoing = next;
    }
  };
}

function outgoingOf(input: Parameters<typeof fetch>[0], init: RequestInit = {}): Outgoing {
  const url = new URL(input instanceof Request ? input.url : String(input));
  const { body } = init;
  if (body !== undefined && body !== null && typeof body !== 'string' && !(body instanceof Uint8Array)) {
    throw new TypeError('openOutbound sends only strings and bytes');
  }
  return {
    url,
    method: init.method ?? 'GET',
    headers: { 'accept-encoding': 'identity', ...Object.fromEntries(new Headers(init.headers)) },
    body: body ?? undefined,
    signal: init.signal ?? undefined,
  };
}

function redirectOf(outgoing: Outgoing, message: IncomingMessage): Outgoing | undefined {
  const status = message.statusCode ?? 0;
  const location = message.headers.location;
  if (![301, 302, 303, 307, 308].includes(status) || location === undefined) return undefined;
  if (!URL.canParse(location, outgoing.url.href)) throw new OutboundError('unreachable');
  const url = new URL(location, outgoing.url);
  const headers = { ...outgoing.headers };
  if (url.origin !== outgoing.url.origin) for (const name of credentials) delete headers[name];
  const becomesGet = status === 303 || (outgoing.method === 'POST' && status < 303);
  if (!becomesGet) return { ...outgoing, url, headers };
  delete headers['content-type'];
  delete headers['content-length'];
  return { ...outgoing, url, headers, method: 'GET', body: undefined };
}

/** One request without redirects; a kept connection that the server had closed meanwhile is replaced once. */
async function sendOnce(outgoing: Outgoing, options: OutboundOptions, agent: HttpAgent): Promise<IncomingMessage> {
  checkOutboundUrl(outgoing.url, options.publicOnly);
  try {
    return await exchange(outgoing, options, agent);
  } catch (error) {
    if (!(error instanceof StaleConnection)) throw error;
    return exchange(outgoing, options, agent).catch((again: unknown) => {
      throw again instanceof StaleConnection ? new OutboundError('unreachable', again) : again;
    });
  }
}

class StaleConnection extends Error {}

/** Refuses what can be seen to be wrong before connecting: the protocol, and an address that is written out. */
export function checkOutboundUrl(url: URL, publicOnly: boolean): void {
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new PiperError('outbound_refused', { message: 'Only http and https addresses can be contacted.' });
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (publicOnly && isIP(host) !== 0 && !isPublicAddress(host)) throw refused(host);
}

/** The address of a host for connections that are not HTTP; connect to it, not to the name, which may answer differently then. */
export async function resolveOutbound(host: string, publicOnly: boolean): Promise<string> {
  const addresses = await resolveName(host, { all: true });
  if (publicOnly && !addresses.every(({ address }) => isPublicAddress(address))) throw refused(host);
  return addresses[0]!.address;
}

const refused = (host: string): PiperError =>
  new PiperError('outbound_refused', {
    message: `The address ${host} is not public. Only an owner of this instance may use private addresses.`,
  });

/** DNS whose private answers are refused; one private address among several is enough. */
const guardedLookup: LookupFunction = (hostname, options, callback) => {
  dnsLookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    if (error) return callback(error, '', 0);
    if (addresses.length === 0 || !addresses.every((a) => isPublicAddress(a.address)))
      return callback(refused(hostname) as Error, '', 0);
    if (options.all) return callback(null, addresses);
    callback(null, addresses[0]!.address, addresses[0]!.family);
  });
};

function exchange(outgoing: Outgoing, options: OutboundOptions, agent: HttpAgent): Promise<IncomingMessage> {
  const { url, signal } = outgoing;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const settings: RequestOptions = {
      agent,
      method: outgoing.method,
      headers: {
        ...outgoing.headers,
        ...(outgoing.body === undefined ? {} : { 'content-length': String(Buffer.byteLength(outgoing.body)) }),
      },
      ...(options.publicOnly ? { lookup: guardedLookup } : {}),
    };
    const req = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, settings);
    const onAbort = () => req.destroy(signal?.reason as Error);
    signal?.addEventListener('abort', onAbort, { once: true });
    watchTimeouts(req, options);
    req.once('error', (error) => {
      signal?.removeEventListener('abort', onAbort);
      reject(failureOf(error, req, signal));
    });
    req.once('response', (message) => {
      // From here on failures belong to the body's reader; the request must still have a listener for them.
      req.on('error', () => undefined);
      req.removeAllListeners('timeout');
      req.setTimeout(options.silenceMs, () => message.destroy(new OutboundError('silence')));
      message.once('close', () => signal?.removeEventListener('abort', onAbort));
      resolve(message);
    });
    req.end(outgoing.body);
  });
}

function watchTimeouts(req: ClientRequest, options: OutboundOptions): void {
  const connecting = setTimeout(() => req.destroy(new OutboundError('connect_timeout')), options.connectMs);
  const connected = () => {
    clearTimeout(connecting);
    req.setTimeout(options.firstByteMs, () => req.destroy(new OutboundError('answer_timeout')));
  };
  req.once('close', () => clearTimeout(connecting));
  req.once('socket', (socket) => {
    if (!socket.connecting) connected();
    else socket.once(req.protocol === 'https:' ? 'secureConnect' : 'connect', connected);
  });
}

function failureOf(error: NodeJS.ErrnoException, req: ClientRequest, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  if (error instanceof PiperError || error instanceof OutboundError) return error;
  if (req.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE')) return new StaleConnection();
  return new OutboundError('unreachable', error);
}

function responseOf(message: IncomingMessage, outgoing: Outgoing): Response {
  const status = message.statusCode ?? 502;
  const headers = new Headers();
  for (const [name, value] of Object.entries(message.headers)) {
    for (const one of Array.isArray(value) ? value : [value ?? '']) headers.append(name, one);
  }
  const empty = status === 204 || status === 304 || outgoing.method === 'HEAD';
  if (empty) message.resume();
  const response = new Response(empty ? null : bodyOf(message, outgoing.signal), { status, headers });
  Object.defineProperty(response, 'url', { value: outgoing.url.href });
  return response;
}

/** The body as a web stream, with backpressure and an end to its size; a break in it is an error, never an early end. */
function bodyOf(message: IncomingMessage, signal: AbortSignal | undefined): ReadableStream<Uint8Array> {
  let open = true;
  let received = 0;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const end = (finish: () => void) => {
          if (open) finish();
          open = false;
        };
        const broken = (cause?: unknown) => end(() => controller.error(breakOf(cause, signal)));
        message.on('data', (chunk: Buffer) => {
          if (!open) return;
          received += chunk.length;
          if (received > limits.outboundReply) return void message.destroy(new OutboundError('too_large'));
          controller.enqueue(chunk);
          if ((controller.desiredSize ?? 0) <= 0) message.pause();
        });
        message.once('end', () => end(() => controller.close()));
        message.once('error', broken);
        message.once('close', () => broken());
      },
      pull() {
        message.resume();
      },
      cancel() {
        open = false;
        message.destroy();
      },
    },
    new CountQueuingStrategy({ highWaterMark: 32 }),
  );
}

function breakOf(cause: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  return cause instanceof OutboundError ? cause : new OutboundError('dropped', cause);
}
