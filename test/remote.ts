/** A person at a Piper that runs as a process (or as several): registers, asks, listens, through real connections only. */
import { randomUUID } from 'node:crypto';
import type { BranchMessage } from '@piper/shared/threads';
import type { EventFrame, ServerFrame } from '@piper/shared/events';
import type { StreamPart, TurnFrame } from '@piper/shared/stream/parts';
import { openStream, type Ask, type Frame, type LiveTurn } from './chat.ts';

export interface Answered<T> {
  status: number;
  retryAfter: string | null;
  code: string | undefined;
  data: T;
}

export interface Remote {
  userId: string;
  headers: Record<string, string>;
  projectId: string;
  /** Sends JSON, to `at` if given, and answers whatever came back. Throws when no answer came. */
  send<T = unknown>(method: string, path: string, body?: unknown, at?: string): Promise<Answered<T>>;
  /** As `send`, but throws unless it went well. */
  json<T>(method: string, path: string, body?: unknown, at?: string): Promise<T>;
  ask(body: Partial<Ask>, at?: string): Promise<{ stream: LiveTurn; frame: TurnFrame }>;
  resume(runId: string, after: number, at?: string): Promise<LiveTurn>;
  messages(threadId: string, at?: string): Promise<BranchMessage[]>;
}

/** Registers somebody new with a project of their own. `url` may change when the server does. */
export async function registerRemote(url: () => string): Promise<Remote> {
  const send = async <T>(method: string, path: string, body?: unknown, at?: string): Promise<Answered<T>> => {
    const reply = await fetch(`${at ?? url()}${path}`, {
      method,
      headers: { ...remote.headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    });
    const text = await reply.text();
    const parsed = (text === '' ? {} : JSON.parse(text)) as { data?: T; error?: { code: string } };
    return {
      status: reply.status,
      retryAfter: reply.headers.get('retry-after'),
      code: parsed.error?.code,
      data: parsed.data as T,
    };
  };
  const json = async <T>(method: string, path: string, body?: unknown, at?: string): Promise<T> => {
    const reply = await send<T>(method, path, body, at);
    if (reply.status >= 300) throw new Error(`${method} ${path} answered ${reply.status} ${reply.code}`);
    return reply.data;
  };
  const remote: Remote = {
    userId: '',
    headers: {},
    projectId: '',
    send,
    json,
    async ask(body, at) {
      const whole = { projectId: remote.projectId, clientId: randomUUID(), ...body };
      const stream = await openStream(`${at ?? url()}/api/chat`, { method: 'POST', headers: remote.headers, body: whole });
      await stream.until((frames) => frames.length > 0);
      return { stream, frame: stream.frames[0]?.data as TurnFrame };
    },
    resume: (runId, after, at) =>
      openStream(`${at ?? url()}/api/runs/${runId}/stream`, { headers: { ...remote.headers, 'last-event-id': String(after) } }),
    messages: (threadId, at) => json('GET', `/api/threads/${threadId}/messages?limit=200`, undefined, at),
  };
  const account = { name: 'Somebody', email: `${randomUUID()}@example.com`, password: 'correct horse' };
  const { user, accessToken } = await json<{ user: { id: string }; accessToken: string }>('POST', '/api/auth/register', account);
  remote.userId = user.id;
  remote.headers = { authorization: `Bearer ${accessToken}` };
  remote.projectId = (await json<{ id: string }>('POST', '/api/projects', { name: 'P' })).id;
  return remote;
}

/** The numbered frames of a stream. */
export const partsOf = (frames: readonly Frame[]): Frame[] => frames.filter((frame) => frame.event === 'part');

/** What a reader has after its connection was cut and it came back, as a browser does, until the stream has its finish. */
export async function readToTheEnd(remote: Remote, begun: LiveTurn, frame: TurnFrame, at?: () => string): Promise<Frame[]> {
  const frames = begun.frames;
  await begun.ended;
  for (let tries = 0; !hasFinish(frames) && tries < 300; tries++) {
    const after = partsOf(frames).at(-1)?.id ?? 0;
    const next = await remote.resume(frame.runId, after, at?.()).catch(() => undefined);
    await next?.ended;
    frames.push(...partsOf(next?.frames ?? []));
    if (!next) await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return partsOf(frames);
}

export const hasFinish = (frames: readonly Frame[]): boolean =>
  partsOf(frames).some((frame) => (frame.data as StreamPart).type === 'finish');

/** Hears topics over server-sent events; comes back by its cursor whenever it is cut, until `stop`. */
export interface Listener {
  events: EventFrame[];
  /** Topics that asked to read again. */
  snapshots: string[];
  /** Whether it hears all its topics at this moment. */
  isOpen(): boolean;
  /** Where the topic was first subscribed: everything after it is to be heard. */
  startedAt(topic: string): string | undefined;
  /** Hangs up once; it comes back by itself. */
  cut(): void;
  stop(): void;
}

export function listenTo(remote: Remote, topics: readonly string[], url: () => string): Listener {
  const listener = { events: [] as EventFrame[], snapshots: [] as string[] };
  let cursor: string | undefined;
  const starts = new Map<string, string>();
  let abort = new AbortController();
  let isStopped = false;
  let subscribed = 0;
  void (async () => {
    while (!isStopped) {
      abort = new AbortController();
      subscribed = 0;
      const query = [...topics.map((topic) => `topic=${topic}`), ...(cursor === undefined ? [] : [`cursor=${cursor}`])].join('&');
      await hear(`${url()}/api/live/events?${query}`).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();

  async function hear(address: string): Promise<void> {
    const reply = await fetch(address, { headers: remote.headers, signal: abort.signal });
    let rest = '';
    for await (const text of reply.body!.pipeThrough(new TextDecoderStream())) {
      rest += text;
      const end = rest.lastIndexOf('\n\n');
      if (end < 0) continue;
      for (const block of rest.slice(0, end).split('\n\n')) take(block);
      rest = rest.slice(end + 2);
    }
  }

  /** Only a block with an id says where one can go on: the others belong to a replay that is not complete. */
  function take(block: string): void {
    const id = /^id: ?(.+)$/m.exec(block)?.[1];
    const data = /^data: ?(.+)$/m.exec(block)?.[1];
    if (data === undefined) return;
    const frame = JSON.parse(data) as ServerFrame;
    if (frame.type === 'event') listener.events.push(frame);
    if (frame.type === 'snapshot_required') listener.snapshots.push(frame.topic);
    if (frame.type === 'subscribed') {
      subscribed++;
      if (!starts.has(frame.topic)) starts.set(frame.topic, frame.cursor);
    }
    if (frame.type === 'hello') cursor ??= frame.cursor;
    cursor = id ?? cursor;
  }

  return {
    ...listener,
    isOpen: () => subscribed === topics.length,
    startedAt: (topic) => starts.get(topic),
    cut: () => abort.abort(),
    stop: () => {
      isStopped = true;
      abort.abort();
    },
  };
}
