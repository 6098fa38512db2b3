/**
 * The live protocol: what goes over the WebSocket /api/live and, from server to client, over SSE /api/live/events.
 * One union per direction. Subscribe first, then read, then apply what comes: overlap is harmless, a gap is not.
 */
import Type, { type Static } from 'typebox';
import { route, strict } from './contract.ts';
import { limits } from './limits.ts';

export const liveProtocol = 1;

const topic = Type.String({ minLength: 3, maxLength: 200 });
const cursor = Type.String({ maxLength: 64 });
const subscription = Type.String({ minLength: 1, maxLength: 100 });

export const clientFrame = Type.Union([
  /** First, unless a session cookie came with the upgrade; again to renew the token before it expires. */
  strict({ type: Type.Literal('auth'), token: Type.String({ minLength: 1, maxLength: 8_192 }) }),
  /** With a cursor, what was missed since is replayed; without, only what comes from now on is heard. */
  strict({
    type: Type.Literal('sub'),
    topic,
    cursor: Type.Optional(cursor),
    /** Only records that fulfil it, in the filter language; for topics of a data model's records. */
    filter: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    /** Tells several subscriptions to one topic apart; comes back in its frames. */
    name: Type.Optional(subscription),
  }),
  strict({ type: Type.Literal('unsub'), topic, name: Type.Optional(subscription) }),
  strict({ type: Type.Literal('typing'), topic, active: Type.Optional(Type.Boolean()) }),
  strict({ type: Type.Literal('presence'), topic, state: Type.Union([Type.Literal('online'), Type.Literal('away')]) }),
  strict({ type: Type.Literal('ping') }),
]);
export type ClientFrame = Static<typeof clientFrame>;

/** A durable event, as this reader may see it. `cursor` is where to go on after it. */
export interface EventFrame {
  type: 'event';
  topic: string;
  cursor: string;
  /** `<thing>.<past participle>`: `message.created`. */
  event: string;
  subject: string | null;
  actor: string;
  at: string;
  data: Record<string, unknown>;
  cause?: string;
  /** The name given to the subscription. */
  name?: string;
}

/** Typing, presence, read pointers: may be lost, first to go when a client is slow. */
export interface EphemeralFrame {
  type: 'ephemeral';
  topic: string;
  event: string;
  data: Record<string, unknown>;
}

export type ServerFrame =
  | { type: 'hello'; protocol: number; cursor: string }
  /** The subscription is live; for one with a cursor after everything that was missed. */
  | { type: 'subscribed'; topic: string; cursor: string; name?: string }
  | EventFrame
  | EphemeralFrame
  /** What was missed can't be told, or rights, definitions or other records changed that decide what is shown: read again. */
  | { type: 'snapshot_required'; topic: string; name?: string }
  /** The server stops; come back after this time, which differs per client. */
  | { type: 'reconnect'; afterMs: number }
  | { type: 'pong' }
  /** With a topic: that subscription does not exist (any more). */
  | { type: 'error'; code: string; message: string; topic?: string; name?: string };

export const listenLive = route({
  method: 'GET',
  path: '/api/live/events',
  summary: 'Hear topics over server-sent events; the same frames as over the WebSocket /api/live.',
  tag: 'live',
  query: strict({
    topic: Type.Array(topic, { minItems: 1, maxItems: limits.subscriptions }),
    cursor: Type.Optional(cursor),
    filter: Type.Optional(
      Type.String({ maxLength: 16_000, description: "A filter in JSON, for one topic of a data model's records." }),
    ),
  }),
});

export const sendLive = route({
  method: 'POST',
  path: '/api/live',
  summary: 'Tell the others of a topic that you are typing or here, for clients that listen over SSE.',
  tag: 'live',
  status: 204,
  body: Type.Union([
    strict({ type: Type.Literal('typing'), topic, active: Type.Optional(Type.Boolean()) }),
    strict({ type: Type.Literal('presence'), topic, state: Type.Union([Type.Literal('online'), Type.Literal('away')]) }),
  ]),
});
export type EphemeralInput = Static<(typeof sendLive)['body']>;
