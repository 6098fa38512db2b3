/**
 * Ephemeral frames between processes: over Redis when it is configured and answers, otherwise over the one NOTIFY channel
 * all processes share, where at most a few kilobytes go 20 times a second. Either may lose frames.
 */
import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Deps } from '../deps.ts';

const channel = 'piper_live';

export interface Bus {
  /** To the other processes; of frames with the same key that wait, only the last is sent. */
  send(frame: string, key: string): void;
  close(): Promise<void>;
}

export function openBus(deps: Deps, hear: (frame: string) => void): Bus {
  const { notifier } = deps.events;
  notifier.listen(channel, hear);
  const redis = deps.env.redisUrl === undefined ? undefined : openRedis(deps, deps.env.redisUrl, hear);
  return {
    send(frame, key) {
      if (!redis?.send(frame)) notifier.send(channel, frame, key);
    },
    close: async () => redis?.close(),
  };
}

function openRedis(deps: Deps, url: string, hear: (frame: string) => void) {
  const origin = randomBytes(6).toString('hex');
  let writer: Redis | undefined;
  let reader: Redis | undefined;
  let isClosed = false;
  const open = async () => {
    const { Redis: Client } = await import('ioredis');
    if (isClosed) return;
    // One that hangs is cut off soon: what is sent meanwhile is lost, and later frames take the other way.
    const options = {
      maxRetriesPerRequest: 1,
      enableOfflineQueue: false,
      lazyConnect: true,
      connectTimeout: 1_000,
      socketTimeout: 1_000,
    };
    writer = new Client(url, options);
    reader = new Client(url, { ...options, enableOfflineQueue: true, maxRetriesPerRequest: null });
    for (const client of [writer, reader]) client.on('error', (err) => deps.log.debug({ err }, 'redis'));
    reader.on('message', (_channel, message) => {
      if (!message.startsWith(origin)) hear(message.slice(origin.length));
    });
    reader.subscribe(channel).catch((err: unknown) => deps.log.debug({ err }, 'redis'));
    await writer.connect();
  };
  open().catch((err: unknown) =>
    deps.log.warn({ err }, 'Redis does not answer: typing and presence go through PostgreSQL until it does'),
  );
  return {
    /** False when Redis can't take it now. */
    send(frame: string): boolean {
      if (writer?.status !== 'ready') return false;
      writer.publish(channel, origin + frame).catch(() => {});
      return true;
    },
    close() {
      isClosed = true;
      writer?.disconnect();
      reader?.disconnect();
    },
  };
}
