/** The live gateway: opened once per process, serves clients where PIPER_SERVICES has `live`, and takes ephemeral frames everywhere. */
import type { FastifyInstance } from 'fastify';
import { PiperError, fail } from '@piper/shared/errors';
import type { EphemeralFrame, EphemeralInput } from '@piper/shared/events';
import { userIdOf } from '../actor.ts';
import { ctxFor, type Ctx } from '../ctx.ts';
import { withPatience } from '../db/patience.ts';
import type { Deps } from '../deps.ts';
import { contributed, type Feature } from '../feature.ts';
import type { Credentials } from '../http/authenticate.ts';
import { gauge } from '../metrics.ts';
import { openBus } from './bus.ts';
import { closeCodes, openClient, sendFrame, type Carrier, type Client } from './client.ts';
import { openHub, type Hub } from './hub.ts';
import { serveEventStream } from './live.routes.ts';
import { serveSockets } from './sockets.ts';
import { openTopics, type FindTopic, type Topic } from './topics.ts';

/** Credentials are looked at again this often, besides when the log says that they changed. */
const recheckMs = 60_000;
/** Typing and presence of one person in one topic, at most this often. */
const ephemeralMs = 500;
/** How far the comings-back of clients are spread after a restart. */
const reconnectSpreadMs = 4_000;

export interface Live {
  /** Tells those who hear a topic something that may be lost. Frames of the same topic, event and `by` replace each other while they wait. */
  tell(topic: string, event: string, data: Record<string, unknown>, by: string): void;
}

declare module '../deps.ts' {
  interface Deps {
    live: Live;
  }
}

export interface Gateway {
  deps: Deps;
  hub: Hub;
  clients: Set<Client>;
  /** The actor behind the credentials; undefined when there is none. */
  authenticate(credentials: Credentials): Promise<Ctx | undefined>;
  connect(ctx: Ctx, credentials: Credentials, carrier: Carrier): Client;
  /** Keeps the client open beyond its token's end. Throws `forbidden` for somebody else's credentials. */
  renew(client: Client, credentials: Credentials): Promise<void>;
  disconnect(client: Client): void;
  topicOf(name: string): Topic;
  tell(client: Client | undefined, ctx: Ctx, input: EphemeralInput): void;
}

/** Opens the gateway over `app`'s server and routes. */
export function serveLive(app: FastifyInstance, deps: Deps, features: readonly Feature[]): void {
  const gateway = openGateway(deps, features);
  deps.live = { tell: gateway.spread };
  if (deps.env.services.has('live')) {
    serveSockets(app, gateway);
    serveEventStream(app, gateway);
  }
  gauge('piper_live_clients', 'Clients that are connected to the live gateway', () => gateway.clients.size);
  app.addHook('preClose', gateway.close);
}

function openGateway(deps: Deps, features: readonly Feature[]) {
  const find: FindTopic = openTopics(features);
  const clients = new Set<Client>();
  const credentialsOf = new WeakMap<Client, Credentials>();
  const lastTold = new Map<string, number>();
  const authenticators = contributed(features, 'authenticate');

  const authenticate = async (credentials: Credentials): Promise<Ctx | undefined> => {
    for (const each of authenticators) {
      const actor = await each(deps, credentials);
      if (actor) return ctxFor(deps, actor, 'live');
    }
    return undefined;
  };
  const disconnect = (client: Client): void => {
    clients.delete(client);
    hub.forget(client);
  };
  /** False when the client had to go: its session ended, its token expired, its account was disabled. */
  const recheckClient = async (client: Client): Promise<boolean> => {
    const credentials = credentialsOf.get(client);
    try {
      const ctx = credentials && (await withPatience(() => authenticate(credentials)));
      if (!ctx || userIdOf(ctx.actor) !== userIdOf(client.ctx.actor)) throw new PiperError('unauthenticated');
      client.ctx = ctx;
      return !client.isClosed;
    } catch (error) {
      const { code, message } = error instanceof PiperError ? error : new PiperError('unauthenticated');
      sendFrame(client, { type: 'error', code, message });
      client.carrier.close(closeCodes.unauthenticated, code);
      disconnect(client);
      return false;
    }
  };
  const hub = openHub(deps, recheckClient);
  const bus = openBus(deps, (text) => hub.sendEphemeral((JSON.parse(text) as EphemeralFrame).topic, text));
  const spreadFrom = (frame: EphemeralFrame, by: string, except?: Client): void => {
    const text = JSON.stringify(frame);
    hub.sendEphemeral(frame.topic, text, except);
    bus.send(text, `${frame.topic} ${frame.event} ${by}`);
  };
  const timer = setInterval(() => {
    for (const client of clients) void recheckClient(client);
    lastTold.clear();
  }, recheckMs).unref();

  return {
    deps,
    hub,
    clients,
    authenticate,
    disconnect,
    connect(ctx: Ctx, credentials: Credentials, carrier: Carrier): Client {
      const client = openClient(ctx, carrier);
      credentialsOf.set(client, credentials);
      clients.add(client);
      return client;
    },
    async renew(client: Client, credentials: Credentials): Promise<void> {
      const ctx = await authenticate(credentials);
      if (!ctx || userIdOf(ctx.actor) !== userIdOf(client.ctx.actor)) fail('forbidden', 'A connection belongs to one person. Open another one.');
      credentialsOf.set(client, credentials);
      client.ctx = ctx;
    },
    topicOf: (name: string): Topic => find(name) ?? fail('not_found', 'There is no such topic.'),
    tell(client: Client | undefined, ctx: Ctx, input: EphemeralInput): void {
      const userId = userIdOf(ctx.actor);
      if (userId === undefined) return;
      const key = `${input.topic} ${input.type} ${userId}`;
      const now = performance.now();
      const isEnd = input.type === 'typing' && input.active === false;
      if (!isEnd && now - (lastTold.get(key) ?? -ephemeralMs) < ephemeralMs) return;
      lastTold.set(key, now);
      const lastSeen = deps.clock.now().toISOString();
      const data = input.type === 'typing' ? { userId, active: input.active ?? true } : { userId, state: input.state, lastSeen };
      spreadFrom({ type: 'ephemeral', topic: input.topic, event: input.type, data }, userId, client);
    },
    spread: (topic: string, event: string, data: Record<string, unknown>, by: string): void =>
      spreadFrom({ type: 'ephemeral', topic, event, data }, by),
    async close(): Promise<void> {
      clearInterval(timer);
      hub.close();
      for (const client of clients) {
        sendFrame(client, { type: 'reconnect', afterMs: Math.round(Math.random() * reconnectSpreadMs) });
        client.carrier.close(closeCodes.restarting, 'the server is restarting');
        disconnect(client);
      }
      await bus.close();
    },
  };
}
