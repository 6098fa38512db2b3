/** The live part: serves clients where PIPER_SERVICES has `live`, and takes ephemeral frames in every process. */
import type { FastifyInstance } from 'fastify';
import type { Deps } from '../deps.ts';
import type { Feature } from '../feature.ts';
import { gauge } from '../metrics.ts';
import { openGateway } from './gateway.ts';
import { serveEventStream } from './live.routes.ts';
import { serveSockets } from './sockets.ts';

export interface Live {
  /** Tells those who hear a topic something that may be lost. Frames of the same topic, event and `by` replace each other while they wait. */
  tell(topic: string, event: string, data: Record<string, unknown>, by: string): void;
}

declare module '../deps.ts' {
  interface Deps {
    live: Live;
  }
}

/** Opens the live part over `app`'s server and routes. */
export function serveLive(app: FastifyInstance, deps: Deps, features: readonly Feature[]): void {
  const gateway = openGateway(deps, features);
  deps.live = { tell: (topic, event, data, by) => gateway.spread({ type: 'ephemeral', topic, event, data }, by) };
  if (deps.env.services.has('live')) {
    serveSockets(app, gateway);
    serveEventStream(app, gateway);
  }
  gauge('piper_live_clients', 'Clients that are connected to the live gateway', () => gateway.clients.size);
  app.addHook('preClose', gateway.close);
}
