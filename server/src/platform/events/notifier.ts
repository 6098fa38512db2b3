/**
 * Signals between processes over LISTEN/NOTIFY: wake-ups of the log and of streams, cancellations, typing and presence.
 * All of them are hints that may be lost; whatever must not be lost is a row, and its reader polls as well.
 * Items are collected and sent at most 20 times a second per process, so that a NOTIFY (which serialises commits in
 * PostgreSQL) never rides on a transaction of users.
 */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { Logger } from 'pino';

const flushMs = 50;
/** PostgreSQL refuses payloads of 8,000 bytes. */
const payloadBytes = 7_000;
/** Items waiting per channel; more than this is dropped, as signals may be. */
const maxWaiting = 2_000;

export interface Notifier {
  /** Calls `hear` with each item other processes send; `onGap` after a lost connection, when signals may have been missed. */
  listen(channel: string, hear: (item: string) => void, onGap?: () => void): void;
  /** Sends `item` to the other processes, not to this one. Of items with the same key only the last is sent. No newlines. */
  send(channel: string, item: string, key?: string): void;
  close(): Promise<void>;
}

interface Listener {
  hear: (item: string) => void;
  onGap: (() => void) | undefined;
}

export interface NotifierOptions {
  connectionString: string;
  pool: pg.Pool;
  log: Logger;
}

/** Opens the listening connection (outside the pool) and reconnects it whenever it is lost. Resolves once it listens. */
export async function openNotifier(options: NotifierOptions): Promise<Notifier> {
  const origin = randomBytes(6).toString('hex');
  const listeners = new Map<string, Listener[]>();
  const hear = (channel: string, payload: string) => {
    const [from, ...items] = payload.split('\n');
    if (from === origin) return;
    for (const listener of listeners.get(channel) ?? []) for (const item of items) listener.hear(item);
  };
  const ear = await openEar(options, hear, () => {
    for (const each of listeners.values()) for (const listener of each) listener.onGap?.();
  });
  const mouth = openMouth(options, origin);
  return {
    listen(channel, hearItem, onGap) {
      const each = listeners.get(channel) ?? [];
      listeners.set(channel, [...each, { hear: hearItem, onGap }]);
      ear.add(channel);
    },
    send: mouth.send,
    async close() {
      await mouth.close();
      await ear.close();
    },
  };
}

/** The connection that listens. */
async function openEar(options: NotifierOptions, hear: (channel: string, payload: string) => void, onReconnect: () => void) {
  const channels = new Set<string>();
  let client: pg.Client | undefined;
  let closed = false;
  let retry: NodeJS.Timeout | undefined;
  let last: Promise<unknown> = Promise.resolve();

  /** One after the other: a connection takes no second statement while the first runs. */
  function listenOn(on: pg.Client, channel: string, onFailure: () => void): void {
    last = last.then(() => on.query(`listen ${channel}`)).catch(onFailure);
  }

  async function connect(): Promise<void> {
    const next = new pg.Client({
      connectionString: options.connectionString,
      application_name: 'piper listen',
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
    });
    let lost = false;
    const onLost = () => {
      if (lost) return;
      lost = true;
      if (client === next) client = undefined;
      next.end().catch(() => {});
      if (!closed) reconnect(100);
    };
    next.on('error', onLost);
    next.on('end', onLost);
    next.on('notification', (message) => hear(message.channel, message.payload ?? ''));
    try {
      await next.connect();
      for (const channel of channels) await next.query(`listen ${channel}`);
    } catch (error) {
      lost = true;
      next.end().catch(() => {});
      throw error;
    }
    if (closed) return void next.end().catch(() => {});
    client = next;
    // A channel added while connecting was not in the loop above.
    for (const channel of channels) listenOn(next, channel, onLost);
  }

  function reconnect(delay: number): void {
    retry = setTimeout(() => {
      connect().then(onReconnect, (err: unknown) => {
        options.log.debug({ err }, 'the listening connection could not be opened again yet');
        if (!closed) reconnect(Math.min(delay * 2, 2_000));
      });
    }, delay);
  }

  await connect();
  return {
    add(channel: string) {
      if (channels.has(channel)) return;
      channels.add(channel);
      if (client) listenOn(client, channel, () => {});
    },
    async close() {
      closed = true;
      clearTimeout(retry);
      await client?.end().catch(() => {});
    },
  };
}

/** Collects what is to be sent and sends it: at once when it was quiet, else with the next flush. */
function openMouth({ pool, log }: NotifierOptions, origin: string) {
  const waiting = new Map<string, Map<string, string>>();
  let timer: NodeJS.Timeout | undefined;
  let lastFlush = 0;
  let flushing: Promise<void> = Promise.resolve();

  function schedule(): void {
    if (timer || waiting.size === 0) return;
    const wait = Math.max(0, lastFlush + flushMs - Date.now());
    timer = setTimeout(() => {
      timer = undefined;
      flushing = flush();
    }, wait);
  }

  async function flush(): Promise<void> {
    lastFlush = Date.now();
    const channels: string[] = [];
    const payloads: string[] = [];
    for (const [channel, items] of waiting) {
      channels.push(channel);
      payloads.push(takePayload(origin, items));
      if (items.size === 0) waiting.delete(channel);
    }
    if (channels.length === 0) return;
    try {
      await pool.query('select pg_notify(c, p) from unnest($1::text[], $2::text[]) as n (c, p)', [channels, payloads]);
    } catch (err) {
      log.debug({ err }, 'a signal to the other processes was lost');
    }
    schedule();
  }

  return {
    send(channel: string, item: string, key = item): void {
      if (Buffer.byteLength(item) > payloadBytes - origin.length - 1) return;
      const items = waiting.get(channel) ?? new Map<string, string>();
      waiting.set(channel, items);
      if (items.size < maxWaiting || items.has(key)) items.set(key, item);
      schedule();
    },
    async close(): Promise<void> {
      clearTimeout(timer);
      timer = undefined;
      await flushing;
      await flush();
      clearTimeout(timer);
    },
  };
}

/** Moves as many items as one payload holds. */
function takePayload(origin: string, items: Map<string, string>): string {
  let payload = origin;
  let bytes = origin.length;
  for (const [key, item] of items) {
    bytes += 1 + Buffer.byteLength(item);
    if (bytes > payloadBytes) break;
    payload += `\n${item}`;
    items.delete(key);
  }
  return payload;
}
