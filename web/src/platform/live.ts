/**
 * The live connection: one WebSocket for the page, with cursors, so that after a cut the missed events are replayed. When
 * WebSockets don't get through (some proxies), the same frames come over SSE. Subscribers hear what changed and that they
 * must read again (`snapshot`) when the log can no longer say what they missed.
 */
import type { ClientFrame, ServerFrame } from '@piper/shared/events';
import { useEffect, useSyncExternalStore } from 'react';
import { readEvents } from './event-stream.ts';
import { queryString, send } from './http.ts';
import { session, subscribeSession, validToken } from './session.ts';

export interface LiveEvent {
  topic: string;
  type: string;
  subject?: string;
  data: Record<string, unknown>;
}

type Handler = (event: LiveEvent) => void;
interface Subscription {
  cursor: string | undefined;
  handlers: Set<Handler>;
}
export type LiveState = 'offline' | 'connecting' | 'online';

const subscriptions = new Map<string, Subscription>();
let socket: WebSocket | undefined;
let sse: AbortController | undefined;
let state: LiveState = 'offline';
let attempts = 0;
let failedSockets = 0;
let retry: ReturnType<typeof setTimeout> | undefined;
let heartbeat: ReturnType<typeof setInterval> | undefined;
let restartAfter: number | undefined;
let sentToken: string | undefined;
const stateListeners = new Set<() => void>();

export const useLiveState = (): LiveState =>
  useSyncExternalStore(
    (listener) => {
      stateListeners.add(listener);
      return () => stateListeners.delete(listener);
    },
    () => state,
  );

function setState(next: LiveState): void {
  if (state === next) return;
  state = next;
  for (const listener of stateListeners) listener();
}

/** Hears a topic until the returned function is called. Several subscribers of one topic share one subscription. */
export function subscribeTopic(topic: string, handler: Handler): () => void {
  let subscription = subscriptions.get(topic);
  if (!subscription) {
    subscription = { cursor: undefined, handlers: new Set() };
    subscriptions.set(topic, subscription);
    if (socket?.readyState === WebSocket.OPEN && state === 'online') sendFrame({ type: 'sub', topic });
    else if (sse) restartSse();
    else connect();
  }
  subscription.handlers.add(handler);
  return () => {
    subscription.handlers.delete(handler);
    if (subscription.handlers.size > 0 || subscriptions.get(topic) !== subscription) return;
    subscriptions.delete(topic);
    if (state === 'online' && socket) sendFrame({ type: 'unsub', topic });
  };
}

/** Hears topics while the component is shown. */
export function useTopics(topics: readonly (string | undefined)[], handler: Handler): void {
  const key = topics.filter(Boolean).join(' ');
  useEffect(() => {
    const stops = key
      .split(' ')
      .filter(Boolean)
      .map((topic) => subscribeTopic(topic, handler));
    return () => stops.forEach((stop) => stop());
  }, [key, handler]);
}

const sendFrame = (frame: ClientFrame): void => {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
};

function connect(): void {
  clearTimeout(retry);
  if (socket || sse || subscriptions.size === 0 || session().status !== 'signed-in') return;
  setState('connecting');
  // Twice in a row without a greeting: something on the way does not let WebSockets through.
  if (failedSockets >= 2) void connectSse();
  else void connectSocket();
}

async function connectSocket(): Promise<void> {
  const token = await validToken().catch(() => undefined);
  if (!token || socket) return;
  const opened = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/api/live`);
  socket = opened;
  let isGreeted = false;
  sentToken = token;
  opened.addEventListener('open', () => sendFrame({ type: 'auth', token }));
  opened.addEventListener('message', (message) => {
    const frame = parse(message.data);
    if (frame?.type === 'hello' && !isGreeted) {
      isGreeted = true;
      greeted();
    } else if (frame) receive(frame);
  });
  opened.addEventListener('close', () => {
    if (socket !== opened) return;
    socket = undefined;
    clearInterval(heartbeat);
    if (!isGreeted) failedSockets++;
    reconnectLater();
  });
}

function greeted(): void {
  attempts = 0;
  failedSockets = 0;
  setState('online');
  for (const [topic, { cursor }] of subscriptions)
    sendFrame(cursor === undefined ? { type: 'sub', topic } : { type: 'sub', topic, cursor });
  clearInterval(heartbeat);
  heartbeat = setInterval(() => {
    sendFrame({ type: 'ping' });
    void validToken().catch(() => undefined); // Renewed in time, see renewToken.
  }, 15_000);
}

async function connectSse(): Promise<void> {
  const controller = new AbortController();
  sse = controller;
  const topics = [...subscriptions.keys()];
  const cursor = [...subscriptions.values()].map((s) => s.cursor).find(Boolean);
  const query = topics.map((topic) => `topic=${encodeURIComponent(topic)}`).join('&') + queryString({ cursor }).replace('?', '&');
  try {
    const response = await send('GET', `/api/live/events?${query}`, {
      headers: { accept: 'text/event-stream' },
      signal: controller.signal,
    });
    setState('online');
    attempts = 0;
    if (response.body) for await (const event of readEvents(response.body)) handleSse(event.data);
  } catch {
    // The retry below is the way on.
  }
  if (sse !== controller) return;
  sse = undefined;
  failedSockets = 0;
  reconnectLater();
}

function handleSse(data: string): void {
  const frame = parse(data);
  if (frame) receive(frame);
}

function restartSse(): void {
  sse?.abort();
  sse = undefined;
  void connectSse();
}

/** 0.5 s doubling to 30 s, with jitter, so that a restarted server isn't stormed. */
function reconnectLater(): void {
  setState(session().status === 'signed-in' ? 'connecting' : 'offline');
  const delay = restartAfter ?? Math.min(30_000, 500 * 2 ** attempts++) * (0.5 + Math.random());
  restartAfter = undefined;
  clearTimeout(retry);
  retry = setTimeout(connect, delay);
}

function parse(data: unknown): ServerFrame | undefined {
  try {
    return JSON.parse(String(data)) as ServerFrame;
  } catch {
    return undefined;
  }
}

function receive(frame: ServerFrame): void {
  switch (frame.type) {
    case 'event':
      moveCursor(frame.topic, frame.cursor);
      return tell({
        topic: frame.topic,
        type: frame.event,
        data: frame.data,
        ...(frame.subject ? { subject: frame.subject } : {}),
      });
    case 'ephemeral':
      return tell({ topic: frame.topic, type: frame.event, data: frame.data });
    case 'subscribed':
      return moveCursor(frame.topic, frame.cursor);
    case 'snapshot_required':
      // The cursor stays: what comes between now and a cut is still told after it.
      return tell({ topic: frame.topic, type: 'snapshot', data: {} });
    case 'reconnect':
      // The server says when, so that all its clients don't come back at once.
      restartAfter = frame.afterMs;
      return;
    case 'error':
      // Rights were lost, or the topic is gone: what is shown must be read again, and says so itself.
      return readAgain(frame.topic);
    case 'hello':
    case 'pong':
      return;
  }
}

function readAgain(topic: string | undefined): void {
  if (topic === undefined) return;
  // It may have been the cursor that was refused.
  moveCursor(topic, undefined);
  tell({ topic, type: 'snapshot', data: {} });
}

function moveCursor(topic: string, cursor: string | undefined): void {
  const subscription = subscriptions.get(topic);
  if (subscription) subscription.cursor = cursor;
}

function tell(event: LiveEvent): void {
  for (const handler of subscriptions.get(event.topic)?.handlers ?? []) handler(event);
}

addEventListener('online', () => {
  attempts = 0;
  if (!socket && !sse) connect();
});

subscribeSession(() => {
  const now = session();
  if (now.status === 'signed-in') {
    renewToken(now.accessToken);
    return connect();
  }
  clearTimeout(retry);
  const open = socket;
  socket = undefined;
  open?.close();
  sse?.abort();
  sse = undefined;
  subscriptions.clear();
  setState('offline');
});

/** The connection lives longer than a token: each new one is told to the server before the old one expires. */
function renewToken(token: string): void {
  if (token === sentToken || state !== 'online' || !socket) return;
  sentToken = token;
  sendFrame({ type: 'auth', token });
}
