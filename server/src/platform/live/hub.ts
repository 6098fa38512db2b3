/**
 * Brings the log's events to the clients that hear them. Events are taken strictly in order, one after another, so that a
 * change of rights takes effect before whatever follows it. A frame is encoded once for all receivers who get the same data.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { PiperError } from '@piper/shared/errors';
import type { EventFrame } from '@piper/shared/events';
import { limits } from '@piper/shared/limits';
import { concernsActor, mayChangeRights } from '../events/concerns.ts';
import { comparePositions, decodeCursor, type LogPosition } from '../events/cursor.ts';
import { findNewest, readLog, type LogEvent } from '../events/log-reader.ts';
import type { Deps } from '../deps.ts';
import { withPatience } from '../db/patience.ts';
import {
  keyOf,
  never,
  sendEphemeral,
  sendFrame,
  sendSnapshotRequired,
  sendText,
  type Asked,
  type Client,
  type Subscription,
} from './client.ts';
import { openElsewhere, wasMissed, type Elsewhere } from './elsewhere.ts';
import { projectEvent } from './projection.ts';
import type { Heard, Topic } from './topics.ts';

/** Missed more than this: reading again is cheaper than replaying. */
const maxReplay = 1_000;
const pageSize = 200;
const replayPatienceMs = 30_000;

export interface Hub {
  /** Authorises, replays what was missed since the cursor, and subscribes. Throws what `authorize` throws, and `bad_cursor`. */
  subscribe(client: Client, topic: Topic, asked: Asked): Promise<void>;
  unsubscribe(client: Client, topic: string, name?: string): void;
  forget(client: Client): void;
  /** To the clients of this process that hear the topic. */
  sendEphemeral(topic: string, text: string, except?: Client): void;
  close(): void;
}

interface State {
  deps: Deps;
  byTopic: Map<string, Set<Subscription>>;
  elsewhere: Elsewhere;
  waiting: LogEvent[];
  isPumping: boolean;
  /** Called for clients whose person or session changed. */
  recheckClient: (client: Client) => Promise<boolean>;
}

export function openHub(deps: Deps, recheckClient: (client: Client) => Promise<boolean>): Hub {
  const state: State = { deps, byTopic: new Map(), elsewhere: openElsewhere(), waiting: [], isPumping: false, recheckClient };
  const stop = deps.events.listen((events) => {
    if (state.byTopic.size === 0) return;
    state.waiting.push(...events);
    if (!state.isPumping) void pump(state);
  });
  return {
    subscribe: (client, topic, asked) => subscribe(state, { client, topic }, asked),
    unsubscribe: (client, topic, name) => remove(state, client.topics.get(keyOf(topic, name))),
    forget(client) {
      client.isClosed = true;
      for (const subscription of client.topics.values()) remove(state, subscription);
    },
    sendEphemeral(topic, text, except) {
      const clients = new Set([...(state.byTopic.get(topic) ?? [])].map(({ client }) => client));
      for (const client of clients) if (client !== except) sendEphemeral(client, text);
    },
    close: stop,
  };
}

async function subscribe(state: State, { client, topic }: { client: Client; topic: Topic }, asked: Asked): Promise<void> {
  const { events } = state.deps;
  const { filter, name } = asked;
  const asks = { client, topic, filter, name, hearing: undefined, after: never, definedAt: undefined };
  const subscription = await open(state, asks);
  const from = asked.cursor === undefined ? undefined : decodeCursor(events.epoch, asked.cursor);
  if (from === 'malformed') throw new PiperError('bad_cursor');
  // It hears nothing yet, but is opened anew when definitions or rights change meanwhile.
  add(state, subscription);
  let isTold = true;
  try {
    if (from === 'stale') isTold = false;
    else if (from) isTold = await tellMissed(state, subscription, from);
    // From here to the end nothing is awaited: no event can come between the position and the subscription.
    subscription.after = events.position();
  } catch (error) {
    remove(state, subscription);
    throw error;
  }
  if (client.isClosed || client.topics.get(keyOf(topic.name, asked.name)) !== subscription) return;
  if (!isTold) sendSnapshotRequired(subscription);
  sendFrame(client, { type: 'subscribed', topic: topic.name, ...named(subscription), cursor: events.cursor() });
}

/**
 * Where the definitions changed after this place, if they did: what was said before was said of fields that may be called
 * otherwise by now, or be gone, and can't be cut to what their reader may read today.
 */
async function changeSince({ deps }: State, { kind, ids }: Topic, after: LogPosition): Promise<LogPosition | undefined> {
  const topics = kind.definedBy?.(ids);
  return topics && findNewest(deps.db, { after, topics, type: 'models.changed' });
}

const named = ({ name }: Subscription): { name?: string } => (name === undefined ? {} : { name });

/** Asks whether the client may hear the topic, and how; again whenever rights may have changed. */
async function open(state: State, subscription: Subscription): Promise<Subscription> {
  const { client, topic, filter } = subscription;
  const { kind, ids } = topic;
  subscription.hearing = await kind.open?.(client.ctx, ids, filter);
  if (!subscription.hearing) {
    if (filter !== undefined) throw new PiperError('bad_filter', { message: 'This topic takes no filter.' });
    await kind.authorize(client.ctx, ids);
  }
  // It may know of a change already that the log has not come to.
  subscription.definedAt = await changeSince(state, topic, state.deps.events.position());
  return subscription;
}

async function heardOf({ client, topic, hearing }: Subscription, event: LogEvent): Promise<Heard | undefined> {
  if (hearing) return hearing.hear(client.ctx, event);
  const data = await projectEvent(client.ctx, topic, event);
  return data && { data };
}

/** False when what was missed can't be told. */
async function tellMissed(state: State, subscription: Subscription, from: LogPosition): Promise<boolean> {
  const { db, events } = state.deps;
  if (await changeSince(state, subscription.topic, from)) return false;
  if (await wasMissed(db, subscription, { from, until: events.position(), most: maxReplay })) return false;
  return replay(state, subscription, from);
}

/** Sends what was missed, until there is nothing between the cursor and this process' position. False when that is too much, or the subscription was opened anew. */
async function replay({ deps }: State, subscription: Subscription, from: LogPosition): Promise<boolean> {
  const { client, topic, hearing } = subscription;
  let after = from;
  let sent = 0;
  for (;;) {
    const until = deps.events.position();
    if (comparePositions(after, until) >= 0) return true;
    const page = await readLog(deps.db, { after, until, topic: topic.name, limit: pageSize });
    for (const event of page.events) {
      const heard = await heardOf(subscription, event);
      if (subscription.hearing !== hearing) return false;
      if (heard) sendText(client, encode(deps, event, { ...heard, ...named(subscription) }));
      await isTaking(client);
    }
    if (client.isClosed || (sent += page.events.length) > maxReplay) return false;
    const last = page.events.at(-1);
    after = page.events.length === pageSize && last ? last : until;
  }
}

/** A replay goes as fast as its client takes it; one that takes nothing for long is left to be disconnected as too slow. */
async function isTaking(client: Client): Promise<void> {
  const deadline = performance.now() + replayPatienceMs;
  while (!client.isClosed && client.carrier.waiting() > limits.liveSoftBuffer && performance.now() < deadline) await pause(10);
}

function add(state: State, subscription: Subscription): void {
  const { client, topic, name } = subscription;
  const key = keyOf(topic.name, name);
  remove(state, client.topics.get(key));
  client.topics.set(key, subscription);
  const subscriptions = state.byTopic.get(topic.name) ?? new Set();
  state.byTopic.set(topic.name, subscriptions.add(subscription));
  state.elsewhere.follow(subscription);
}

function remove(state: State, subscription: Subscription | undefined): void {
  if (!subscription) return;
  const { client, topic, name } = subscription;
  const key = keyOf(topic.name, name);
  if (client.topics.get(key) === subscription) client.topics.delete(key);
  state.elsewhere.forget(subscription);
  const subscriptions = state.byTopic.get(topic.name);
  subscriptions?.delete(subscription);
  if (subscriptions?.size === 0) state.byTopic.delete(topic.name);
}

async function pump(state: State): Promise<void> {
  state.isPumping = true;
  // Whoever else hears the log forgets what they remembered of a person before that person is looked at again.
  await Promise.resolve();
  try {
    for (let event = state.waiting.shift(); event; event = state.waiting.shift()) {
      if (mayChangeRights(event)) await recheck(state, event);
      state.elsewhere.hear(event);
      await deliver(state, event);
    }
  } catch (err) {
    state.deps.log.error({ err }, 'live delivery failed; its clients read again');
    state.waiting = [];
    for (const subscriptions of state.byTopic.values()) for (const each of subscriptions) sendSnapshotRequired(each);
  } finally {
    state.isPumping = false;
  }
}

async function deliver(state: State, event: LogEvent): Promise<void> {
  const subscriptions = [...(state.byTopic.get(event.topic) ?? [])].filter(
    ({ after, definedAt }) => comparePositions(after, event) < 0 && !(definedAt && comparePositions(event, definedAt) < 0),
  );
  if (subscriptions.length === 0) return;
  const heard = await Promise.all(subscriptions.map((each) => hearOrEnd(state, each, event)));
  // Whole data is the same object for everybody, and what rules cut is equal for equal rules: both are encoded once.
  const texts = new Map<unknown, Map<string, string>>();
  subscriptions.forEach((subscription, index) => {
    const one = heard[index];
    const { client, name } = subscription;
    subscription.after = { transactionId: event.transactionId, position: event.position };
    if (!one || client.topics.get(keyOf(event.topic, name)) !== subscription) return;
    const ofData = texts.get(one.data) ?? new Map<string, string>();
    texts.set(one.data, ofData);
    const key = `${one.event ?? ''} ${name ?? ''}`;
    const text = ofData.get(key) ?? encode(state.deps, event, { ...one, ...named(subscription) });
    ofData.set(key, text);
    sendText(client, text);
  });
}

/** What it is asked for may be gone (a field of its filter): then this one ends, and the others go on. */
async function hearOrEnd(state: State, subscription: Subscription, event: LogEvent): Promise<Heard | undefined> {
  try {
    return await withPatience(() => heardOf(subscription, event));
  } catch (error) {
    if (!(error instanceof PiperError) || error.status >= 500) throw error;
    end(state, subscription, error);
    return undefined;
  }
}

function end(state: State, subscription: Subscription, error: unknown): void {
  remove(state, subscription);
  const { code, message } = error instanceof PiperError ? error : new PiperError('internal');
  sendFrame(subscription.client, { type: 'error', code, message, topic: subscription.topic.name, ...named(subscription) });
}

function encode({ events }: Deps, event: LogEvent, heard: Heard & { name?: string }): string {
  const frame: EventFrame = {
    type: 'event',
    topic: event.topic,
    cursor: events.cursor(event),
    event: heard.event ?? event.type,
    subject: event.subject,
    actor: event.actor,
    at: event.at.toISOString(),
    data: heard.data,
    ...(event.cause === null ? {} : { cause: event.cause }),
    ...(heard.name === undefined ? {} : { name: heard.name }),
  };
  return JSON.stringify(frame);
}

/** Whose rights an event may have changed: the people it names, and everybody who hears its topic when it is about the topic itself. */
async function recheck(state: State, event: LogEvent): Promise<void> {
  const concerned = new Set<Client>();
  for (const [name, subscriptions] of state.byTopic)
    for (const { client } of subscriptions) {
      const isAboutTopic = name === event.topic && event.subject !== null && name.endsWith(`:${event.subject}`);
      // Other definitions: other rules, other fields.
      const isAboutModels = event.type === 'models.changed' && name.startsWith(`project:${event.projectId ?? ''}:`);
      if (isAboutTopic || isAboutModels || concernsActor(event, client.ctx.actor)) concerned.add(client);
    }
  await Promise.all([...concerned].map((client) => recheckOne(state, client)));
}

/** Ends the subscriptions the client has lost; those it keeps may show other things than before. */
async function recheckOne(state: State, client: Client): Promise<void> {
  if (!(await state.recheckClient(client))) return;
  await Promise.all(
    [...client.topics.values()].map(async (subscription) => {
      try {
        await withPatience(() => open(state, subscription));
        if (client.topics.get(keyOf(subscription.topic.name, subscription.name)) !== subscription) return;
        state.elsewhere.follow(subscription);
        sendSnapshotRequired(subscription);
      } catch (error) {
        end(state, subscription, error);
      }
    }),
  );
}
