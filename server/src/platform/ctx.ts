/** What every service function gets: who acts, the database handle to use, the log, and the parts of the server. */
import type { Logger } from 'pino';
import type { Actor } from './actor.ts';
import type { Db, Tx } from './db/db.ts';
import type { Deps } from './deps.ts';
import type { Catalogue } from './records/catalogue.ts';

export interface Ctx {
  actor: Actor;
  db: Db;
  log: Logger;
  deps: Deps;
  requestId: string;
  /** The project whose records are read or written, and the roles the actor has in it. */
  project?: ProjectPlace;
}

export interface ProjectPlace {
  id: string;
  /** Piper's own models and the project's. */
  catalogue: Catalogue;
  /** The built-in role and the custom ones, sorted. */
  roles: readonly string[];
  /** Who manages the rules may know which one refused. */
  managesRules?: boolean;
}

/** A Ctx whose `db` is the transaction: what must be atomic takes this type, so it can't slip out of it. */
export interface TxCtx extends Ctx {
  db: Tx;
}

/** A Ctx outside any request: start-up, clean-up, runs. */
export function ctxFor(deps: Deps, actor: Actor, origin: string): Ctx {
  return { actor, db: deps.db, log: deps.log.child({ origin }), deps, requestId: origin };
}
