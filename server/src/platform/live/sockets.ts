/** The WebSocket /api/live: one JSON object a frame, in both directions (shared/src/events.ts). */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import Compile from 'typebox/compile';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import { PiperError, fail } from '@piper/shared/errors';
import { clientFrame, liveProtocol, type ClientFrame, type ServerFrame } from '@piper/shared/events';
import { limits } from '@piper/shared/limits';
import type { Ctx } from '../ctx.ts';
import type { Credentials } from '../http/authenticate.ts';
import { toPiperError } from '../http/errors.ts';
import { closeCodes, hears, keyOf, sendFrame, type Client } from './client.ts';
import type { Gateway } from './gateway.ts';
import { isTrustedOrigin } from './origin.ts';

const path = '/api/live';
const authMs = 10_000;
const heartbeatMs = 30_000;
/** A client may send a burst (200 subscriptions at once), and later this many frames a second. */
const burst = 400;
const framesPerSecond = 20;
const maxMalformed = 10;

const validator = Compile(clientFrame);

/** Takes upgrades of its path; those of other paths are left to their own listeners. */
export function serveSockets(app: FastifyInstance, gateway: Gateway): void {
  const server = new WebSocketServer({ noServer: true, maxPayload: limits.liveFrame, perMessageDeflate: false });
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (request.url?.split('?')[0] !== path) return refuseUpgrade(app, socket);
    socket.on('error', () => socket.destroy());
    server.handleUpgrade(request, socket, head, (ws) => void welcome(gateway, ws, request));
  };
  app.server.on('upgrade', onUpgrade);
  const heartbeat = setInterval(() => {
    for (const ws of server.clients) beat(ws);
  }, heartbeatMs).unref();
  app.addHook('onClose', async () => {
    clearInterval(heartbeat);
    app.server.off('upgrade', onUpgrade);
    for (const ws of server.clients) ws.terminate();
  });
}

/** With any listener Node leaves the socket to it; a path that nobody serves would hang for ever. */
function refuseUpgrade(app: FastifyInstance, socket: Duplex): void {
  if (app.server.listenerCount('upgrade') > 1) return;
  socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n');
}

const answered = new WeakSet<WebSocket>();

/** Who did not answer the last ping is gone, even if its connection looks open. */
function beat(ws: WebSocket): void {
  if (!answered.delete(ws)) return ws.terminate();
  ws.ping();
}

interface Session {
  gateway: Gateway;
  ws: WebSocket;
  headers: Credentials;
  client: Client | undefined;
  tokens: number;
  lastFrame: number;
  malformed: number;
  /** Frames are handled one after another: an `unsub` must not overtake its `sub`. */
  turn: Promise<void>;
  queued: number;
}

async function welcome(gateway: Gateway, ws: WebSocket, request: IncomingMessage): Promise<void> {
  answered.add(ws);
  const headers = { headers: request.headers, ip: request.socket.remoteAddress ?? '' };
  const session: Session = {
    gateway,
    ws,
    headers,
    client: undefined,
    tokens: burst,
    lastFrame: performance.now(),
    malformed: 0,
    turn: Promise.resolve(),
    queued: 0,
  };
  ws.on('pong', () => answered.add(ws));
  ws.on('error', () => ws.terminate());
  ws.on('close', () => session.client && gateway.disconnect(session.client));
  const timer = setTimeout(() => ws.close(closeCodes.unauthenticated, 'no authentication came'), authMs);
  ws.on('close', () => clearTimeout(timer));
  session.turn = authenticateUpgrade(session, request);
  ws.on('message', (data, isBinary) => {
    if (!allowsFrame(session)) return ws.close(closeCodes.policy, 'too many frames');
    session.queued++;
    session.turn = session.turn
      .then(() => hear(session, data, isBinary))
      .finally(() => {
        session.queued--;
        if (session.client) clearTimeout(timer);
      });
  });
  await session.turn;
  if (session.client) clearTimeout(timer);
}

/** By header, or by the session cookie when the page it comes from is ours; otherwise an `auth` frame has to follow. */
async function authenticateUpgrade(session: Session, { headers }: IncomingMessage): Promise<void> {
  const { env } = session.gateway.deps;
  if (headers.authorization === undefined && !(headers.cookie !== undefined && isTrustedOrigin(env, headers))) return;
  await admit(session, session.headers).catch((error: unknown) => refuse(session, error));
}

function allowsFrame(session: Session): boolean {
  const now = performance.now();
  session.tokens = Math.min(burst, session.tokens + ((now - session.lastFrame) / 1_000) * framesPerSecond);
  session.lastFrame = now;
  return --session.tokens >= 0 && session.queued < burst;
}

async function hear(session: Session, data: RawData, isBinary: boolean): Promise<void> {
  if (session.ws.readyState !== session.ws.OPEN) return;
  try {
    const frame = isBinary ? undefined : parse(data);
    if (!frame) {
      if (++session.malformed >= maxMalformed) session.ws.close(closeCodes.policy, 'too many malformed frames');
      fail('validation_failed', 'This is no frame of the live protocol.');
    }
    await answer(session, frame);
  } catch (error) {
    refuse(session, error);
  }
}

function parse(data: RawData): ClientFrame | undefined {
  try {
    const frame: unknown = JSON.parse((data as Buffer).toString());
    return validator.Check(frame) ? frame : undefined;
  } catch {
    return undefined;
  }
}

function refuse({ ws, gateway }: Session, thrown: unknown, topic?: string, name?: string): void {
  const error = toPiperError(thrown);
  if (error.status >= 500) gateway.deps.log.error({ err: thrown }, 'a live frame failed');
  const frame: ServerFrame = {
    type: 'error',
    code: error.code,
    message: error.message,
    ...(topic === undefined ? {} : { topic }),
    ...(name === undefined ? {} : { name }),
  };
  if (ws.readyState === ws.OPEN) ws.send(JSON.stringify(frame));
}

async function answer(session: Session, frame: ClientFrame): Promise<void> {
  const { gateway, client } = session;
  if (frame.type === 'auth') return authenticateFrame(session, frame.token);
  if (!client) fail('unauthenticated');
  switch (frame.type) {
    case 'ping':
      return sendFrame(client, { type: 'pong' });
    case 'unsub':
      return gateway.hub.unsubscribe(client, frame.topic, frame.name);
    case 'sub':
      return subscribe(session, client, frame);
    case 'typing':
    case 'presence':
      if (!hears(client, frame.topic))
        return refuse(session, new PiperError('not_found', { message: 'Subscribe to the topic first.' }), frame.topic);
      return gateway.tell(client.ctx, frame, client);
  }
}

async function subscribe(session: Session, client: Client, frame: Extract<ClientFrame, { type: 'sub' }>): Promise<void> {
  try {
    if (client.topics.size >= limits.subscriptions && !client.topics.has(keyOf(frame.topic, frame.name)))
      fail('rate_limited', `A connection hears at most ${limits.subscriptions} topics.`);
    await session.gateway.hub.subscribe(client, session.gateway.topicOf(frame.topic), frame);
  } catch (error) {
    refuse(session, error, frame.topic, frame.name);
  }
}

async function authenticateFrame(session: Session, token: string): Promise<void> {
  const { gateway, headers, client, ws } = session;
  const credentials: Credentials = { headers: { authorization: `Bearer ${token}` }, ip: headers.ip };
  try {
    if (client) await gateway.renew(client, credentials);
    else await admit(session, credentials);
  } catch (error) {
    refuse(session, error);
    ws.close(closeCodes.unauthenticated, 'the credentials were refused');
  }
}

async function admit(session: Session, credentials: Credentials): Promise<void> {
  const { gateway, ws } = session;
  const ctx: Ctx | undefined = await gateway.authenticate(credentials);
  if (!ctx || ws.readyState !== ws.OPEN) return;
  session.client = gateway.connect(ctx, credentials, {
    send: (text) => ws.readyState === ws.OPEN && ws.send(text),
    waiting: () => ws.bufferedAmount,
    close: (code, reason) => closeSocket(ws, code, reason),
  });
  sendFrame(session.client, { type: 'hello', protocol: liveProtocol, cursor: gateway.deps.events.cursor() });
}

/** A close frame waits behind what is buffered: whoever is too slow for that is cut. */
function closeSocket(ws: WebSocket, code: number, reason: string): void {
  ws.close(code, reason);
  if (code === closeCodes.tooSlow) ws.terminate();
}
