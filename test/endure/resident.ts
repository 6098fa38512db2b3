/**
 * Somebody who lives through it all: talks, edits, asks again, stops, reads with a bad connection, listens, and writes down
 * what was answered. What gets no answer is sent again under the same id, to whichever server there is, as the app does.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StreamPart, TurnFrame } from '@piper/shared/stream/parts';
import { openStream, type Frame, type LiveTurn } from '../chat.ts';
import { hasFinish, listenTo, partsOf, registerRemote, type Listener, type Remote } from '../remote.ts';
import { until } from '../until.ts';
import type { House } from './house.ts';
import type { Random } from './random.ts';

export interface Said {
  /** Undefined for an answer that was asked for again. */
  text: string | undefined;
  frame: TurnFrame;
  /** The numbered parts, as they were read over however many connections. */
  parts: Frame[];
}

export interface Resident {
  remote: Remote;
  said: Said[];
  /** Titles of prompts whose creation was confirmed. */
  prompts: string[];
  topics: string[];
  listener: Listener;
  problems: string[];
  /** Does one thing after the other until `signal`, and finishes the last. */
  live(signal: AbortSignal): Promise<void>;
  counts: Record<string, number>;
}

interface Self extends Omit<Resident, 'live'> {
  house: House;
  random: Random;
  threadId: string;
}

/** How long anything may take, whatever happens; longer is a failure. */
const patienceMs = 90_000;

export async function moveIn(house: House, random: Random): Promise<Resident> {
  const remote = await registerRemote(() => house.address());
  const thread = await remote.json<{ id: string }>('POST', '/api/threads', { projectId: remote.projectId });
  const topics = [`user:${remote.userId}`, `thread:${thread.id}`, `project:${remote.projectId}:model:prompts`];
  const listener = listenTo(remote, topics, () => house.address());
  await until(() => listener.isOpen(), { what: 'nobody could listen' });
  const self: Self = {
    house,
    random,
    remote,
    topics,
    listener,
    threadId: thread.id,
    said: [],
    prompts: [],
    problems: [],
    counts: {},
  };
  return { ...self, live: (signal) => live(self, signal) };
}

async function live(self: Self, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const [name, act] = self.random.pick(weighted);
    self.counts[name] = (self.counts[name] ?? 0) + 1;
    try {
      await act(self);
    } catch (error) {
      self.problems.push(`${name}: ${(error as Error).stack}`);
    }
    if (self.random.chance(0.1)) self.listener.cut();
    await sleep(self.random.between(0, 150));
  }
}

const acts: Record<string, (self: Self) => Promise<void>> = {
  ask: (self) => ask(self, {}),
  edit: async (self) => {
    const earlier = self.said.filter((each) => each.text !== undefined);
    if (earlier.length === 0) return;
    const question = await messageOf(self, self.random.pick(earlier).frame.userMessageId);
    await ask(self, { parentId: question.parentId });
  },
  'ask again': async (self) => {
    if (self.said.length === 0) return;
    const { frame } = self.random.pick(self.said);
    await say(self, { threadId: self.threadId, regenerate: frame.messageId }, undefined);
  },
  'the same from two tabs': async (self) => {
    const clientId = randomUUID();
    const body = { clientId, text: `twice ${clientId}`, threadId: self.threadId, aiModel: pickModel(self) };
    const both = await Promise.all([insist(self, body), insist(self, body)]);
    const [first, second] = both;
    if (first?.frame.messageId !== second?.frame.messageId) self.problems.push(`two tabs got two answers under ${clientId}`);
    second?.stream.cut();
    if (first) await follow(self, first, body.text);
  },
  'write a prompt': async (self) => {
    const title = randomUUID();
    const body = { projectId: self.remote.projectId, title, content: 'x' };
    const reply = await self.remote.send('POST', '/api/prompts', body).catch(() => undefined);
    if (reply?.status === 201) self.prompts.push(title);
    else if (reply && reply.status !== 503) self.problems.push(`a prompt was refused: ${reply.status} ${reply.code}`);
  },
};
/** Mostly it is asked. */
const weighted = Object.entries(acts).flatMap(([name, act]) =>
  name === 'ask' ? [[name, act] as const, [name, act] as const] : [[name, act] as const],
);

interface Body {
  clientId: string;
  threadId: string;
  text?: string;
  parentId?: string | null;
  regenerate?: string;
  aiModel?: string;
}

const pickModel = ({ random }: Self): string => `openai/fake-stream-${random.between(5, 50)}x${random.between(10, 60)}`;

async function ask(self: Self, place: { parentId?: string | null }): Promise<void> {
  const text = `question ${randomUUID()}`;
  await say(self, { threadId: self.threadId, text, ...place }, text);
}

async function say(self: Self, what: Omit<Body, 'clientId'>, text: string | undefined): Promise<void> {
  const body = { clientId: randomUUID(), aiModel: pickModel(self), ...what };
  const begun = await insist(self, body);
  if (begun) await follow(self, begun, text);
}

interface Begun {
  stream: LiveTurn;
  frame: TurnFrame;
}

/** Sends until it is known what came of it: the turn's frame, or undefined when it was refused, so that nothing was written. */
async function insist(self: Self, body: Body): Promise<Begun | undefined> {
  return patiently(self, `${body.clientId} got no answer`, async () => {
    const { remote, house } = self;
    const whole = { projectId: remote.projectId, ...body };
    const stream = await openStream(`${house.address()}/api/chat`, { method: 'POST', headers: remote.headers, body: whole });
    await stream.until((frames) => frames.length > 0);
    const frame = stream.frames[0]?.data as TurnFrame | undefined;
    return frame ? { stream, frame } : undefined;
  });
}

/** Repeats what finds nobody, or a server that asks to wait. */
async function patiently<T>(self: Self, what: string, work: () => Promise<T | undefined>): Promise<T | undefined> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    try {
      const result = await work();
      if (result !== undefined) return result;
    } catch (error) {
      const { message } = error as Error;
      if (/turn_in_progress/.test(message)) return undefined;
      if (/answered (4|500)/.test(message)) {
        self.problems.push(`${what}: ${message}`);
        return undefined;
      }
    }
    if (Date.now() > deadline) {
      self.problems.push(`${what} within ${patienceMs / 1_000} s`);
      return undefined;
    }
    await sleep(self.random.between(50, 300));
  }
}

/** Reads the answer to its end, with connections that break, and perhaps stops it in between. */
async function follow(self: Self, { stream, frame }: Begun, text: string | undefined): Promise<void> {
  const { random } = self;
  const said: Said = { text, frame, parts: [] };
  self.said.push(said);
  const stopAfter = random.chance(0.15) ? random.between(1, 15) : Infinity;
  let current: LiveTurn | undefined = stream;
  await patiently(self, `the answer ${frame.messageId} did not end`, async () => {
    current ??= await self.remote.resume(frame.runId, said.parts.at(-1)?.id ?? 0, self.house.address());
    const wanted = random.chance(0.3) ? random.between(1, 20) : Infinity;
    await current.until((frames) => partsOf(frames).length >= Math.min(wanted, stopAfter));
    if (partsOf(current.frames).length >= stopAfter) await cancel(self, frame.runId);
    if (wanted === Infinity) await current.ended;
    else current.cut();
    // What was read in one go: later frames of the cut stream come again.
    said.parts.push(...partsOf(current.frames));
    current = undefined;
    return hasFinish(said.parts) ? true : undefined;
  });
}

async function cancel(self: Self, runId: string): Promise<void> {
  await patiently(self, `run ${runId} could not be stopped`, async () => {
    const { status, code } = await self.remote.send('POST', `/api/runs/${runId}/cancel`);
    if (status >= 400 && status < 500 && code !== 'run_finished') throw new Error(`it answered ${status} ${code}`);
    return status < 500 ? true : undefined;
  });
}

async function messageOf(self: Self, id: string): Promise<{ parentId: string | null }> {
  const found = await patiently(self, `message ${id} could not be read`, () =>
    self.remote.json<{ parentId: string | null }>('GET', `/api/messages/${id}`),
  );
  if (!found) throw new Error(`message ${id} is not there`);
  return found;
}

/** The parts of an answer as the server tells them now, from the first on. */
export async function replay(remote: Remote, runId: string): Promise<Frame[]> {
  const stream = await remote.resume(runId, 0);
  await stream.ended;
  return partsOf(stream.frames);
}

export const partOf = (frame: Frame): StreamPart => frame.data as StreamPart;
