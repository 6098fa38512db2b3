/** A client of the live gateway, for tests. */
import { WebSocket, type ClientOptions } from 'ws';
import type { EventFrame, ServerFrame } from '@piper/shared/events';
import type { TestUser } from './accounts.ts';
import type { TestServer } from './harness.ts';
import { until } from './until.ts';

export interface LiveClient {
  socket: WebSocket;
  frames: ServerFrame[];
  closed: { code: number } | undefined;
  send(frame: object | string): void;
  next(match: (frame: ServerFrame) => boolean): Promise<ServerFrame>;
}

export function connectLive(server: Pick<TestServer, 'url'>, options: ClientOptions = {}): LiveClient {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/api/live`, options);
  const client: LiveClient = {
    socket,
    frames: [],
    closed: undefined,
    send: (frame) => socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame)),
    next: (match) =>
      until(() => client.frames.find(match), { what: `no such frame; there are ${JSON.stringify(client.frames)}` }),
  };
  socket.on('message', (data) => client.frames.push(JSON.parse((data as Buffer).toString()) as ServerFrame));
  socket.on('close', (code) => (client.closed = { code }));
  return client;
}

export interface Subscribe {
  topic: string;
  cursor?: string;
  filter?: object;
  name?: string;
}

/** A client that was admitted and, if asked, subscribed. */
export async function enterLive(server: Pick<TestServer, 'url'>, user: TestUser, sub?: Subscribe): Promise<LiveClient> {
  const client = connectLive(server, { headers: user.headers });
  await client.next(({ type }) => type === 'hello');
  if (sub) await subscribeLive(client, sub);
  return client;
}

export async function subscribeLive(client: LiveClient, sub: Subscribe): Promise<ServerFrame> {
  client.send({ type: 'sub', ...sub });
  return client.next((frame) => frame.type === 'subscribed' && frame.topic === sub.topic && frame.name === sub.name);
}

export const eventsOf = (client: LiveClient, name?: string): EventFrame[] =>
  client.frames.filter((frame): frame is EventFrame => frame.type === 'event' && frame.name === name);
