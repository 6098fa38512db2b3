/**
 * Connections to foreign databases. The address is resolved and checked here and connected to as it was checked, so a name that
 * answers differently the second time gains nothing. Sessions say nothing of the password when they fail.
 */
import { isIP, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { PiperError } from '@piper/shared/errors';
import { toPiperError } from '#platform/http/errors';
import { resolveOutbound } from '#platform/http/outbound';
import { isRefusal, type Client } from './reading.ts';

export interface ForeignAddress {
  host: string;
  port: number;
  database: string;
  username: string;
  password: string | undefined;
  tls: 'verified' | 'unverified' | 'off';
  /** Only public addresses may be contacted. */
  publicOnly: boolean;
}

const connectMs = 10_000;

/** What one reply may hold: a page of rows is a few megabytes, unless one row is larger than all before it. */
const replyBytes = 256 * 1024 * 1024;
const tooLarge = 'The database answers with more than 256 MB at once: a row of it is too large to be copied.';

/** A session whose errors are known to be the foreign server's. */
export interface ForeignSession extends Client {
  /** Ends it, with whatever it is doing. */
  end(): Promise<void>;
}

const foreignErrors = new WeakSet<object>();

/**
 * Opens a session; the caller ends it. A server that leaves a statement unanswered for `silenceMs` is given up. Throws
 * `database_refused` for what the person can mend, `outbound_refused` for private addresses.
 */
export async function openForeign(address: ForeignAddress, silenceMs: number): Promise<ForeignSession> {
  const ip = await resolveOutbound(address.host, address.publicOnly).catch(asRefusal);
  const client = new pg.Client({
    host: ip,
    port: address.port,
    database: address.database,
    user: address.username,
    // As a function: for an empty one the driver would look in the environment of this process.
    password: () => address.password ?? '',
    ssl: address.tls === 'off' ? false : tlsOf(address),
    connectionTimeoutMillis: connectMs,
    query_timeout: silenceMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 30_000,
    application_name: 'piper',
    client_encoding: 'UTF8',
  });
  // Also of a connection that is lost between two statements.
  client.on('error', () => undefined);
  try {
    await client.connect();
    // A pooler looks for its server only now.
    await client.query('select 1');
  } catch (error) {
    void client.end().catch(() => undefined);
    return asRefusal(error);
  }
  // With encryption it is another one than before connecting.
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
  let begun = 0;
  const isTooLarge = (): boolean => stream.bytesRead - begun > replyBytes;
  stream.on('data', () => isTooLarge() && stream.destroy());
  return {
    query: async <R extends pg.QueryResultRow>(query: string | pg.QueryConfig, values?: unknown[]) => {
      begun = stream.bytesRead;
      try {
        return await client.query<R>(query, values);
      } catch (error) {
        if (isTooLarge()) throw new PiperError('database_refused', { message: tooLarge, cause: error });
        if (error instanceof Error) foreignErrors.add(error);
        throw error;
      }
    },
    end: async () => {
      await Promise.race([client.end().catch(() => undefined), pause(endMs, undefined, { ref: false })]);
      stream.destroy();
    },
  };
}

/** A server that is gone does not say goodbye. */
const endMs = 1_000;

const tlsOf = ({ host, tls }: ForeignAddress) => ({
  rejectUnauthorized: tls === 'verified',
  ...(isIP(host) === 0 ? { servername: host } : {}),
});

/** Says what went wrong, in the server's words where it gave any. */
function asRefusal(error: unknown): never {
  if (error instanceof PiperError) throw error;
  const message = error instanceof Error && error.message !== '' ? error.message : 'the server did not answer';
  throw new PiperError('database_refused', { message: sayWhy('The database cannot be reached', message), cause: error });
}

/** A sentence that ends in the words of somebody else's server. */
const sayWhy = (what: string, message: string): string => `${what}: ${message.slice(0, 300).replace(/\.$/, '')}.`;

/** Whether the foreign server, or the way to it, is what failed. */
const isForeign = (error: unknown): error is Error => error instanceof Error && foreignErrors.has(error);

/** Whether the connection to it was lost, rather than a statement refused: trying again may help. */
export const isLost = (error: unknown): boolean => isForeign(error) && !isRefusal(error);

/** What is told: of the foreign server its own words, of ours what the catalogue says. */
export function asFailure(error: unknown): PiperError {
  if (!isForeign(error)) return toPiperError(error);
  if (isLost(error)) return new PiperError('database_lost', { cause: error });
  return new PiperError('database_refused', { message: sayWhy('The database refuses', error.message), cause: error });
}
