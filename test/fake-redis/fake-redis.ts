/** A small Redis of our own that speaks the protocol (version 3): counters (by our script, whatever its text) and channels. */
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

export interface FakeRedis {
  url: string;
  counters: Map<string, number>;
  /** What was published, in order. */
  published: string[];
  /** How many connections hear the channel. */
  listeners(channel: string): number;
  /** Answers nothing from now on, as a Redis that hangs; or answers again, also what it was asked meanwhile. */
  hang(isHanging: boolean): void;
  /** Ends it and cuts everybody off; counters are lost. */
  stop(): Promise<void>;
  /** Starts it again at the same address. */
  start(): Promise<void>;
}

interface State {
  counters: Map<string, number>;
  published: string[];
  channels: Map<string, Set<Socket>>;
  isHanging: boolean;
}

export async function startFakeRedis(): Promise<FakeRedis> {
  const state: State = { counters: new Map(), published: [], channels: new Map(), isHanging: false };
  const sockets = new Map<Socket, () => void>();
  let server: Server;
  let port = 0;
  const accept = (socket: Socket): void => {
    let buffer = '';
    const work = (): void => {
      for (let parsed = parse(buffer); parsed && !state.isHanging; parsed = parse(buffer)) {
        buffer = parsed.rest;
        const [command = '', ...args] = parsed.words;
        socket.write(commands[command.toLowerCase()]?.(state, socket, args) ?? '+OK\r\n');
      }
    };
    sockets.set(socket, work);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sockets.delete(socket);
      for (const hearing of state.channels.values()) hearing.delete(socket);
    });
    socket.on('data', (chunk) => {
      buffer += chunk.toString();
      work();
    });
  };
  const start = async (): Promise<void> => {
    server = createServer(accept);
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    ({ port } = server.address() as AddressInfo);
  };
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    counters: state.counters,
    published: state.published,
    listeners: (channel) => state.channels.get(channel)?.size ?? 0,
    hang(isHanging) {
      state.isHanging = isHanging;
      for (const work of sockets.values()) work();
    },
    async stop() {
      for (const socket of sockets.keys()) socket.destroy();
      state.counters.clear();
      await new Promise((resolve) => server.close(resolve));
    },
    start,
  };
}

type Command = (state: State, socket: Socket, args: readonly string[]) => string;

const commands: Record<string, Command> = {
  eval({ counters }, _socket, [, , key = '', milliseconds]) {
    const count = (counters.get(key) ?? 0) + 1;
    counters.set(key, count);
    return `*2\r\n:${count}\r\n:${milliseconds}\r\n`;
  },
  del: ({ counters }, _socket, [key = '']) => `:${counters.delete(key) ? 1 : 0}\r\n`,
  subscribe({ channels }, socket, [channel = '']) {
    channels.set(channel, (channels.get(channel) ?? new Set()).add(socket));
    return `>3\r\n${bulk('subscribe')}${bulk(channel)}:1\r\n`;
  },
  publish({ channels, published }, _socket, [channel = '', text = '']) {
    published.push(text);
    const hearing = channels.get(channel) ?? new Set();
    for (const each of hearing) each.write(`>3\r\n${bulk('message')}${bulk(channel)}${bulk(text)}`);
    return `:${hearing.size}\r\n`;
  },
  info: () => bulk('redis_version:7.0'),
};

const bulk = (text: string): string => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;

/** One command off the front of what arrived; undefined while it is not complete. Sizes are read as characters: ASCII only. */
function parse(buffer: string): { words: string[]; rest: string } | undefined {
  const head = /^\*(\d+)\r\n/.exec(buffer);
  if (!head) return undefined;
  let at = head[0].length;
  const words: string[] = [];
  for (let i = 0; i < Number(head[1]); i++) {
    const size = /^\$(\d+)\r\n/.exec(buffer.slice(at));
    if (!size) return undefined;
    const start = at + size[0].length;
    at = start + Number(size[1]) + 2;
    if (buffer.length < at) return undefined;
    words.push(buffer.slice(start, at - 2));
  }
  return { words, rest: buffer.slice(at) };
}
