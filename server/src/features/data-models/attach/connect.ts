/**
 * Connections to foreign databases. The address is resolved and checked here and connected to as it was checked, so a name that
 * answers differently the second time gains nothing. Sessions can only read, and say nothing of the password when they fail.
 */
import { isIP } from 'node:net';
import pg from 'pg';
import { PiperError } from '@piper/shared/errors';
import { resolveOutbound } from '#platform/http/outbound';
import type { Client } from './inspect.ts';

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

/** All names are written out with their schema, but those of extensions, whose operators would not be found. */
const searchPath = `
  select set_config('search_path', string_agg(distinct quote_ident(n.nspname), ', '), false)
  from (select 'pg_catalog' as nspname union all select n.nspname from pg_extension e join pg_namespace n on n.oid = e.extnamespace) n`;

const settings = [
  `set default_transaction_read_only = on`,
  `set timezone = 'UTC'`,
  `set datestyle = 'ISO'`,
  `set intervalstyle = 'iso_8601'`,
  `set extra_float_digits = 1`,
  `set bytea_output = 'hex'`,
  `set xmloption = 'content'`,
  `set row_security = off`,
  `set statement_timeout = 0`,
  `set lock_timeout = '10s'`,
  `set idle_in_transaction_session_timeout = 0`,
].join('; ');

/** A session whose errors are known to be the foreign server's. */
export interface ForeignSession extends Client {
  /** Ends it, with whatever it is doing. */
  end(): Promise<void>;
}

const foreignErrors = new WeakSet<object>();

/** Opens a session; the caller ends it. Throws `database_refused` for what the person can mend, `outbound_refused` for private addresses. */
export async function openForeign(address: ForeignAddress): Promise<ForeignSession> {
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
    keepAlive: true,
    application_name: 'piper',
    client_encoding: 'UTF8',
  });
  // Also of a connection that is lost between two statements.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(settings);
    await client.query(searchPath);
  } catch (error) {
    void client.end().catch(() => undefined);
    return asRefusal(error);
  }
  return {
    query: async <R extends pg.QueryResultRow>(query: string | pg.QueryConfig, values?: unknown[]) => {
      try {
        return await client.query<R>(query, values);
      } catch (error) {
        if (error instanceof Error) foreignErrors.add(error);
        throw error;
      }
    },
    end: () => client.end().catch(() => undefined),
  };
}

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
export const sayWhy = (what: string, message: string): string => `${what}: ${message.slice(0, 300).replace(/\.$/, '')}.`;

/** Whether the foreign server, or the way to it, is what failed. */
export const isForeign = (error: unknown): error is Error => error instanceof Error && foreignErrors.has(error);

/** Whether the connection to it was lost, rather than a statement refused: trying again may help. */
export const isLost = (error: unknown): boolean =>
  isForeign(error) && (!(error instanceof pg.DatabaseError) || /^(08|57P0)/.test(error.code ?? ''));
