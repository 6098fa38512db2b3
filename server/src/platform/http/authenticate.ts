/** How a feature (identity) tells the platform who is asking; the session hook and the live gateway call it. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Actor } from '../actor.ts';
import type { Deps } from '../deps.ts';

export interface Credentials {
  headers: IncomingHttpHeaders;
  ip: string;
}

/** The actor whose credentials these are; undefined without any. Throws `unauthenticated` or `token_expired` for bad ones. */
export type Authenticate = (deps: Deps, credentials: Credentials) => Promise<Actor | undefined>;

declare module '../feature.ts' {
  interface Feature {
    authenticate?: Authenticate;
  }
}
