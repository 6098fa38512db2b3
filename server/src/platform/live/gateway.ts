/** What all live clients of this process share, whatever carries them: who they are, what they hear, what they tell. */
import { PiperError, fail } from '@piper/shared/errors';
import type { EphemeralFrame, EphemeralInput } from '@piper/shared/events';
import { userIdOf } from '../actor.ts';
import { ctxFor, type Ctx } from '../ctx.ts';
import { withPatience } from '../db/patience.ts';
import type { Deps } from '../deps.ts';
import { contributed, type Feature } from '../feature.ts';
import type { Authenticate, Credentials } from '../http/authenticate.ts';
import { openBus, type Bus } from './bus.ts';
import { closeCodes, openClient, sendFrame, type Carrier, type Client } from './client.ts';
import { openHub, type Hub } from './hub.ts';
import { openTopics, type FindTopic, type Topic } from './topics.ts';

/** Credentials are looked at again this often, besides when the log says that they changed. */
const recheckMs = 60_000;
/** Typing and presence of one person in one topic, at most this often. */
const ephemeralMs = 500;
/** How far the comings-back of clients are spread after a restart. */
const reconnectSpreadMs = 4_000;

export interface Gateway {
  deps: Deps;
  hub: Hub;
  clients: ReadonlySet<Client>;
  /** The context of whoever these credentials belong to; undefined without any. */
  authenticate(credentials: Credentials): Promise<Ctx | undefined>;
  connect(ctx: Ctx, credentials: Credentials, carrier: Carrier): Client;
  /** Keeps the client beyond its token's end. Throws `forbidden` for somebody else's credentials. */
  renew(client: Client, credentials: Credentials): Promise<void>;
  disconnect(client: Client): void;
  /** Throws `not_found` when there is no such kind of topic. */
  topicOf(name: string): Topic;
  /** Typing and presence of a person, to the others of a topic. */
  tell(ctx: Ctx, input: EphemeralInput, from?: Client): void;
  /** Any ephemeral frame; of the same topic, event and `by` the newest wins. */
  spread(frame: EphemeralFrame, by: string, except?: Client): void;
  close(): Promise<void>;
}

interface State {
  deps: Deps;
  find: FindTopic;
  authenticators: readonly Authenticate[];
  clients: Set<Client>;
  credentials: WeakMap<Client, Credentials>;
  lastTold: Map<string, number>;
}

/** Others may write to a shared Redis: what is no frame is nothing to us. */
function topicOfFrame(text: string): string | undefined {
  try {
    return (JSON.parse(text) as EphemeralFrame | null)?.topic;
  } catch {
    return undefined;
  }
}

export function openGateway(deps: Deps, features: readonly Feature[]): Gateway {
  const state: State = {
    deps,
    find: openTopics(features),
    authenticators: contributed(features, 'authenticate'),
    clients: new Set(),
    credentials: new WeakMap(),
    lastTold: new Map(),
  };
  const hub = openHub(deps, (client) => recheck(state, hub, client));
  const bus = openBus(deps, (text) => {
    const topic = topicOfFrame(text);
    if (topic !== undefined) hub.sendEphemeral(topic, text);
  });
  const spread = (frame: EphemeralFrame, by: string, except?: Client) => {
    const text = JSON.stringify(frame);
    hub.sendEphemeral(frame.topic, text, except);
    bus.send(text, `${frame.topic} ${frame.event} ${by}`);
  };
  const timer = setInterval(() => {
    for (const client of state.clients) void recheck(state, hub, client);
    state.lastTold.clear();
  }, recheckMs).unref();
  return {
    deps,
    hub,
    clients: state.clients,
    authenticate: (credentials) => authenticate(state, credentials),
    connect: (ctx, credentials, carrier) => connect(state, openClient(ctx, carrier), credentials),
    renew: (client, credentials) => renew(state, client, credentials),
    disconnect: (client) => disconnect(state, hub, client),
    topicOf: (name) => state.find(name) ?? fail('not_found', 'There is no such topic.'),
    tell: (ctx, input, from) => tell(state, { ctx, input }, (frame, by) => spread(frame, by, from)),
    spread,
    async close() {
      clearInterval(timer);
      await close(state, hub, bus);
    },
  };
}

async function authenticate({ deps, authenticators }: State, credentials: Credentials): Promise<Ctx | undefined> {
  for (const each of authenticators) {
    const actor = await each(deps, credentials);
    if (actor) return ctxFor(deps, actor, 'live');
  }
  return undefined;
}

function connect({ clients, credentials }: State, client: Client, given: Credentials): Client {
  credentials.set(client, given);
  clients.add(client);
  return client;
}

function disconnect({ clients }: State, hub: Hub, client: Client): void {
  clients.delete(client);
  hub.forget(client);
}

async function renew(state: State, client: Client, given: Credentials): Promise<void> {
  const ctx = await authenticate(state, given);
  if (!ctx || userIdOf(ctx.actor) !== userIdOf(client.ctx.actor))
    fail('forbidden', 'A connection belongs to one person. Open another one.');
  state.credentials.set(client, given);
  client.ctx = ctx;
}

/** False when the client had to go: its session ended, its token expired, its account was disabled. */
async function recheck(state: State, hub: Hub, client: Client): Promise<boolean> {
  const given = state.credentials.get(client);
  try {
    const ctx = given && (await withPatience(() => authenticate(state, given)));
    if (!ctx || userIdOf(ctx.actor) !== userIdOf(client.ctx.actor)) throw new PiperError('unauthenticated');
    client.ctx = ctx;
    return !client.isClosed;
  } catch (error) {
    const { code, message } = error instanceof PiperError ? error : new PiperError('unauthenticated');
    sendFrame(client, { type: 'error', code, message });
    client.carrier.close(closeCodes.unauthenticated, code);
    disconnect(state, hub, client);
    return false;
  }
}

/** That somebody stopped typing is always told; all else at most so often. */
function tell(
  { deps, lastTold }: State,
  { ctx, input }: { ctx: Ctx; input: EphemeralInput },
  spread: (frame: EphemeralFrame, by: string) => void,
): void {
  const userId = userIdOf(ctx.actor);
  if (userId === undefined) return;
  const key = `${input.topic} ${input.type} ${userId}`;
  const now = performance.now();
  const isEnd = input.type === 'typing' && input.active === false;
  if (!isEnd && now - (lastTold.get(key) ?? -ephemeralMs) < ephemeralMs) return;
  lastTold.set(key, now);
  const said =
    input.type === 'typing' ? { active: input.active ?? true } : { state: input.state, lastSeen: deps.clock.now().toISOString() };
  spread({ type: 'ephemeral', topic: input.topic, event: input.type, data: { userId, ...said } }, userId);
}

/** Each client is told to come back after another time, so that they don't all come at once. */
async function close(state: State, hub: Hub, bus: Bus): Promise<void> {
  hub.close();
  for (const client of state.clients) {
    sendFrame(client, { type: 'reconnect', afterMs: Math.round(Math.random() * reconnectSpreadMs) });
    client.carrier.close(closeCodes.restarting, 'the server is restarting');
    disconnect(state, hub, client);
  }
  await bus.close();
}
