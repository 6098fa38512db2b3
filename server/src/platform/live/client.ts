/** One live client, whatever carries it (WebSocket or SSE): its actor, what it hears, and how much it may have waiting. */
import { limits } from '@piper/shared/limits';
import type { ServerFrame } from '@piper/shared/events';
import type { Ctx } from '../ctx.ts';
import type { LogPosition } from '../events/cursor.ts';
import type { Hearing, Topic } from './topics.ts';

export interface Carrier {
  send(text: string): void;
  /** Bytes that were sent and not taken yet. */
  waiting(): number;
  close(code: number, reason: string): void;
}

export interface Client {
  readonly id: number;
  ctx: Ctx;
  /** By `keyOf`. */
  readonly topics: Map<string, Subscription>;
  readonly carrier: Carrier;
  isClosed: boolean;
}

export interface Asked {
  cursor?: string | undefined;
  filter?: unknown;
  name?: string | undefined;
}

/** Under which a client's subscription is found: a topic may be heard several times under different names. */
export const keyOf = (topic: string, name?: string): string => (name === undefined ? topic : `${topic} ${name}`);

/** Whether it hears the topic, under whatever name. */
export const hears = ({ topics }: Client, name: string): boolean => [...topics.values()].some(({ topic }) => topic.name === name);

export interface Subscription {
  topic: Topic;
  client: Client;
  filter: unknown;
  name: string | undefined;
  hearing: Hearing | undefined;
  /** Events up to here were sent, or are not wanted; `never` until it is open. */
  after: LogPosition;
  /** Events before were said of other definitions than those it was opened with. */
  definedAt: LogPosition | undefined;
}

/** The reader of this subscription must read again. */
export const sendSnapshotRequired = ({ client, topic, name }: Subscription): void =>
  sendFrame(client, { type: 'snapshot_required', topic: topic.name, ...(name === undefined ? {} : { name }) });

/** Behind all there can be. */
export const never: LogPosition = { transactionId: 2n ** 64n, position: 0 };

let clients = 0;

export function openClient(ctx: Ctx, carrier: Carrier): Client {
  return { id: ++clients, ctx, topics: new Map(), carrier, isClosed: false };
}

/** The codes a socket is closed with; 4000 and above are ours. */
export const closeCodes = { restarting: 1012, policy: 1008, unauthenticated: 4401, tooSlow: 4408 } as const;

export const sendFrame = (client: Client, frame: ServerFrame): void => sendText(client, JSON.stringify(frame));

/** Durable frames are never dropped: who can't take them is disconnected, and catches up by cursor. */
export function sendText(client: Client, text: string): void {
  if (client.isClosed) return;
  if (client.carrier.waiting() > limits.liveHardBuffer)
    client.carrier.close(closeCodes.tooSlow, 'too slow; come back with your cursor');
  else client.carrier.send(text);
}

/** Ephemeral frames are the first to go. */
export function sendEphemeral(client: Client, text: string): void {
  if (!client.isClosed && client.carrier.waiting() <= limits.liveSoftBuffer) client.carrier.send(text);
}
