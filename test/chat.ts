/** Talking to an assistant in tests: asks through HTTP and reads the stream of the answer. */
import { randomUUID } from 'node:crypto';
import type { ChatBody } from '@piper/shared/assistants';
import { emptyTurn, foldPart, textOf } from '@piper/shared/stream/fold';
import type { StreamPart, TurnFrame } from '@piper/shared/stream/parts';
import type { TestUser } from './accounts.ts';

export interface Frame {
  event: string;
  id?: number;
  data: unknown;
}

export interface ReadTurn {
  frame: TurnFrame;
  parts: { id: number; part: StreamPart }[];
  text: string;
  finish: Extract<StreamPart, { type: 'finish' }> | undefined;
}

/** The frames of an event stream; comments are left out. */
export function parseFrames(body: string): Frame[] {
  return body.split('\n\n').flatMap((block): Frame[] => {
    const lines = new Map(
      block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
    );
    const [event, id, data] = [lines.get('event'), lines.get('id'), lines.get('data')];
    if (event === undefined || data === undefined) return [];
    return [{ event, ...(id === undefined ? {} : { id: Number(id) }), data: JSON.parse(data) }];
  });
}

/** Folds frames as the browser does. Throws when they are not a turn. */
export function readTurn(body: string): ReadTurn {
  const [first, ...rest] = parseFrames(body);
  if (first?.event !== 'turn') throw new Error(`not a turn: ${body.slice(0, 500)}`);
  const parts = rest.map((frame) => ({ id: frame.id ?? Number.NaN, part: frame.data as StreamPart }));
  const finish = parts.map(({ part }) => part).find((part) => part.type === 'finish');
  const state = parts.map(({ part }) => part).reduce(foldPart, emptyTurn);
  return { frame: first.data as TurnFrame, parts, text: textOf(state.parts), finish };
}

export type Ask = Partial<ChatBody> & { projectId: string };

export const sendChat = (user: TestUser, body: Ask) => user.browser.post('/api/chat', { clientId: randomUUID(), ...body });

/** Asks and waits for the whole answer. */
export async function ask(user: TestUser, body: Ask): Promise<ReadTurn> {
  const reply = await sendChat(user, body);
  if (reply.statusCode !== 200) throw new Error(`chat answered ${reply.statusCode}: ${reply.body}`);
  return readTurn(reply.body);
}

/** A stream read as it comes, over a real connection. */
export interface LiveTurn {
  frames: Frame[];
  /** Resolves when a frame like this is there, or the stream has ended without one. */
  until(condition: (frames: Frame[]) => boolean): Promise<boolean>;
  /** Resolves when the stream has ended, in whatever way. */
  ended: Promise<void>;
  /** Hangs up. */
  cut(): void;
}

/** Opens a stream on a server that listens. Throws when it answers with anything but a stream. */
export async function openStream(
  url: string,
  init: { method?: string; headers: Record<string, string>; body?: unknown },
): Promise<LiveTurn> {
  const abort = new AbortController();
  const reply = await fetch(url, {
    method: init.method ?? 'GET',
    headers: { ...init.headers, ...(init.body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
    signal: abort.signal,
  });
  if (!reply.ok || !reply.body) throw new Error(`the stream answered ${reply.status}: ${await reply.text()}`);
  const frames: Frame[] = [];
  const waiting = new Set<() => void>();
  const ended = pump(reply.body, (block) => {
    frames.push(...parseFrames(block));
    for (const look of waiting) look();
  }).finally(() => {
    for (const look of waiting) look();
  });
  let isOver = false;
  void ended.finally(() => (isOver = true));
  return {
    frames,
    ended,
    cut: () => abort.abort(),
    until: (condition) =>
      new Promise((resolve) => {
        const look = (): void => {
          const holds = condition(frames);
          if (!holds && !isOver) return;
          waiting.delete(look);
          resolve(holds);
        };
        waiting.add(look);
        void ended.then(() => setImmediate(look));
        look();
      }),
  };
}

async function pump(body: ReadableStream<Uint8Array>, onBlock: (block: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for await (const chunk of body) {
      rest += decoder.decode(chunk, { stream: true });
      const end = rest.lastIndexOf('\n\n');
      if (end < 0) continue;
      onBlock(rest.slice(0, end + 2));
      rest = rest.slice(end + 2);
    }
  } catch {
    // Cut, by us or by the server: what came is in `frames`.
  }
}
