import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket, type ClientOptions } from 'ws';
import { addMember, createProject, registerUser, type TestUser } from '../../../../test/accounts.ts';
import { createTestDatabase, openTestServer, until, type TestDatabase, type TestServer } from '../../../../test/harness.ts';
import { connectLive, type LiveClient } from '../../../../test/live.ts';
import { system } from '../actor.ts';
import { ctxFor, type TxCtx } from '../ctx.ts';
import { inTx } from '../db/tx.ts';
import { appendEvent } from '../events/append.ts';

let database: TestDatabase;
let one: TestServer;
let two: TestServer;
let ann: TestUser;
let bob: TestUser;
let eve: TestUser;
let project: { id: string };
const sockets: WebSocket[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  one = await openTestServer({ database, listen: true });
  two = await openTestServer({ database, listen: true });
  ann = await registerUser(one);
  bob = await registerUser(one);
  eve = await registerUser(one);
  project = await createProject(ann);
  await addMember(ann, project, bob);
});
afterAll(async () => {
  for (const socket of sockets) socket.terminate();
  await one.close();
  await two.close();
  await database.drop();
});

function connect(server: TestServer, options: ClientOptions = {}): LiveClient {
  const client = connectLive(server, options);
  sockets.push(client.socket);
  return client;
}

async function enter(server: TestServer, user: TestUser, topic?: string, cursor?: string): Promise<LiveClient> {
  const client = connect(server, { headers: user.headers });
  await client.next(({ type }) => type === 'hello');
  if (topic === undefined) return client;
  client.send({ type: 'sub', topic, ...(cursor === undefined ? {} : { cursor }) });
  await client.next((frame) => frame.type === 'subscribed' && frame.topic === topic);
  return client;
}

const say = (topic: string, n: number, data: Record<string, unknown> = {}) =>
  inTx(ctxFor(one.deps, system, 'test'), (tx: TxCtx) => appendEvent(tx, { topic, type: 'trial.said', subject: String(n), data }));

const heard = (client: LiveClient): string[] =>
  client.frames.flatMap((frame) => (frame.type === 'event' && frame.event === 'trial.said' ? [frame.subject ?? ''] : []));

test('events come in order, in every process; a cut client catches up by its cursor and misses nothing', async () => {
  const topic = `project:${project.id}`;
  const whole = await enter(one, ann, topic);
  let cut = await enter(two, bob, topic);
  const all: string[] = [];
  let cursor: string | undefined;
  const collect = () => {
    all.push(...heard(cut));
    const last = cut.frames.findLast((frame) => frame.type === 'event' || frame.type === 'subscribed');
    cursor = last && 'cursor' in last ? last.cursor : cursor;
  };
  for (let n = 0; n < 60; n++) {
    await say(topic, n);
    if (n % 20 === 10) {
      collect();
      cut.socket.terminate();
      cut = await enter(n % 40 === 10 ? one : two, bob, topic, cursor);
    }
  }
  await until(() => heard(whole).length === 60 && heard(cut).includes('59'));
  collect();
  expect(heard(whole)).toEqual(Array.from({ length: 60 }, (_, n) => String(n)));
  // What was heard twice was heard in order: nothing is lost, nothing comes before its time.
  expect([...new Set(all)]).toEqual(heard(whole));
});

test('a record’s event reaches who may read it, with the fields they may read', async () => {
  const client = await enter(two, bob, `project:${project.id}`);
  await ann.browser.patch(`/api/projects/${project.id}`, { name: 'Renamed' });
  const frame = await client.next((each) => each.type === 'event' && each.event === 'project.updated');
  expect(frame).toMatchObject({ subject: project.id, actor: `user:${ann.user.id}`, data: { after: { name: 'Renamed' } } });
});

test('a project’s prompts and files are heard by its members, also when they are deleted, over either protocol', async () => {
  const [prompts, files] = ['prompts', 'files'].map((model) => `project:${project.id}:model:${model}`) as [string, string];
  const socket = await enter(one, bob, prompts);
  socket.send({ type: 'sub', topic: files });
  await socket.next((frame) => frame.type === 'subscribed' && frame.topic === files);
  const stream = await fetch(`${two.url}/api/live/events?topic=${prompts}&topic=${files}`, { headers: bob.headers });
  let streamed = '';
  const reading = stream.body!.pipeThrough(new TextDecoderStream());
  void (async () => {
    for await (const text of reading) streamed += text;
  })().catch(() => undefined);
  const created = await ann.browser.post('/api/prompts', { projectId: project.id, title: 'x', content: 'x' });
  const form = new FormData();
  form.set('projectId', project.id);
  form.set('file', new Blob(['x']), 'x.txt');
  const uploaded = await fetch(`${one.url}/api/files`, { method: 'POST', headers: ann.headers, body: form });
  const promptId = created.json<{ data: { id: string } }>().data.id;
  const fileId = ((await uploaded.json()) as { data: { id: string } }).data.id;
  await ann.browser.delete(`/api/prompts/${promptId}`);
  await ann.browser.delete(`/api/files/${fileId}`);
  for (const [event, subject] of Object.entries({
    'prompt.created': promptId,
    'prompt.deleted': promptId,
    'file.created': fileId,
    'file.deleted': fileId,
  })) {
    await socket.next((frame) => frame.type === 'event' && frame.event === event && frame.subject === subject);
    await until(() => streamed.includes(`"event":"${event}"`), { what: `${event} was not streamed` });
  }
  expect(socket.frames.filter(({ type }) => type === 'event').length).toBeGreaterThanOrEqual(4);
});

test('topics of others, unknown and malformed ones are all the same refusal', async () => {
  const client = await enter(one, eve);
  for (const topic of [
    `project:${project.id}`,
    `user:${ann.user.id}`,
    'nonsense',
    `thread:${project.id}`,
    'security',
    'project:1; drop table',
    `project:${project.id}:model:prompts`,
    `project:${project.id}:model:nonsense`,
    `project:${project.id}:model:${project.id}`,
  ]) {
    client.send({ type: 'sub', topic });
    expect(await client.next((frame) => frame.type === 'error' && frame.topic === topic)).toMatchObject({ code: 'not_found' });
  }
  await say(`project:${project.id}`, 1);
  await say(`user:${ann.user.id}`, 1);
  client.send({ type: 'ping' });
  await client.next(({ type }) => type === 'pong');
  expect(heard(client)).toEqual([]);
});

test('who lost the membership hears nothing more within a second', async () => {
  const topic = `project:${project.id}`;
  const client = await enter(two, eve);
  await addMember(ann, project, eve);
  client.send({ type: 'sub', topic });
  await client.next(({ type }) => type === 'subscribed');
  const members = (
    await ann.browser.get(`/api/members?filter=${encodeURIComponent(JSON.stringify({ userId: { _eq: eve.user.id } }))}`)
  ).json() as { data: { id: string }[] };
  const removed = await ann.browser.delete(`/api/members/${members.data[0]!.id}`);
  expect(removed.statusCode).toBe(204);
  await until(() => client.frames.some((frame) => frame.type === 'error' && frame.topic === topic), { timeoutMs: 1_000 });
  await say(topic, 777);
  client.send({ type: 'ping' });
  await client.next(({ type }) => type === 'pong');
  expect(heard(client)).not.toContain('777');
});

test('a session that ends closes its sockets', async () => {
  const gone = await registerUser(one);
  const client = await enter(two, gone, `user:${gone.user.id}`);
  const csrf = await gone.browser.csrf();
  await gone.browser.send({ method: 'POST', url: '/api/auth/logout', headers: { 'x-csrf-token': csrf } });
  await until(() => client.closed, { timeoutMs: 1_000 });
  expect(client.closed?.code).toBe(4401);
});

test('a key that is revoked closes its sockets, also in another process that knew it well', async () => {
  const { id, key } = (await ann.browser.post('/api/keys', { name: 'x' })).json<{ data: { id: string; key: string } }>().data;
  const client = connect(two, { headers: { authorization: `Bearer ${key}` } });
  await client.next(({ type }) => type === 'hello');
  client.send({ type: 'sub', topic: `project:${project.id}` });
  await client.next(({ type }) => type === 'subscribed');
  expect((await ann.browser.delete(`/api/keys/${id}`)).statusCode).toBe(204);
  await until(() => client.closed, { timeoutMs: 2_000 });
  expect(client.closed?.code).toBe(4401);
});

test('without credentials nothing is heard; a cookie counts only from our own pages', async () => {
  const stranger = connect(one);
  await until(() => stranger.socket.readyState === WebSocket.OPEN);
  stranger.send({ type: 'sub', topic: `user:${ann.user.id}` });
  expect(await stranger.next(({ type }) => type === 'error')).toMatchObject({ code: 'unauthenticated' });
  stranger.send({ type: 'auth', token: 'forged' });
  await until(() => stranger.closed?.code === 4401);

  const cookie = ann.browser.cookieHeader;
  const foreign = connect(one, { headers: { cookie, origin: 'https://evil.example' } });
  await until(() => foreign.socket.readyState === WebSocket.OPEN);
  foreign.send({ type: 'ping' });
  expect(await foreign.next(() => true)).toMatchObject({ type: 'error', code: 'unauthenticated' });
  const own = connect(one, { headers: { cookie, origin: 'http://piper.test' } });
  await own.next(({ type }) => type === 'hello');
  const byFrame = connect(one);
  await until(() => byFrame.socket.readyState === WebSocket.OPEN);
  byFrame.send({ type: 'auth', token: ann.token });
  await byFrame.next(({ type }) => type === 'hello');
  byFrame.send({ type: 'auth', token: bob.token });
  await until(() => byFrame.closed?.code === 4401);
});

test('malformed frames are answered, and too many of them end the connection; so does an oversized one', async () => {
  const client = await enter(one, ann);
  for (const frame of [
    '',
    'null',
    '[]',
    '{"type":"sub"}',
    '{"type":"sub","topic":5}',
    '{"type":"ping","extra":1}',
    '{',
    '\u0000',
    '{"type":"nope"}',
  ])
    client.send(frame);
  await until(() => client.frames.filter(({ type }) => type === 'error').length === 9);
  client.send({ type: 'ping' });
  await client.next(({ type }) => type === 'pong');
  client.send('again');
  await until(() => client.closed?.code === 1008);
  const large = await enter(one, ann);
  large.send(`"${'x'.repeat(70_000)}"`);
  await until(() => large.closed?.code === 1009);
  const bad = await enter(one, ann);
  bad.send({ type: 'sub', topic: `user:${ann.user.id}`, cursor: 'nonsense' });
  expect(await bad.next(({ type }) => type === 'error')).toMatchObject({ code: 'bad_cursor' });
});

test('a cursor of another epoch asks for a new read', async () => {
  const topic = `user:${ann.user.id}`;
  const cursor = Buffer.from(one.deps.events.cursor(), 'base64url');
  cursor[0]! ^= 0xff;
  const client = await enter(one, ann, topic, cursor.toString('base64url'));
  expect(client.frames).toContainEqual({ type: 'snapshot_required', topic });
});

test('typing reaches the others of a topic, in another process too, and not who typed', async () => {
  const topic = `project:${project.id}`;
  const typist = await enter(one, ann, topic);
  const here = await enter(one, bob, topic);
  const there = await enter(two, bob, topic);
  typist.send({ type: 'typing', topic });
  for (const client of [here, there])
    expect(await client.next(({ type }) => type === 'ephemeral')).toMatchObject({
      topic,
      event: 'typing',
      data: { userId: ann.user.id, active: true },
    });
  const posted = await bob.browser.post('/api/live', { type: 'presence', topic, state: 'away' });
  expect(posted.statusCode).toBe(204);
  await typist.next((frame) => frame.type === 'ephemeral' && frame.event === 'presence');
  expect(typist.frames.filter((frame) => frame.type === 'ephemeral' && frame.event === 'typing')).toEqual([]);
  expect((await eve.browser.post('/api/live', { type: 'typing', topic })).statusCode).toBe(404);
});

test('a client that takes nothing is disconnected, and has it all after it came back', async () => {
  const topic = `user:${bob.user.id}`;
  const slow = await enter(one, bob, topic);
  const cursor = (slow.frames.find(({ type }) => type === 'subscribed') as { cursor: string }).cursor;
  slow.socket.pause();
  const padding = 'x'.repeat(200_000);
  for (let n = 0; n < 80; n++) await say(topic, n, { padding });
  slow.socket.resume();
  await until(() => slow.closed);
  expect(heard(slow).length).toBeLessThan(80);
  const back = await enter(two, bob, topic, cursor);
  expect(heard(back)).toEqual(Array.from({ length: 80 }, (_, n) => String(n)));
});

test('server-sent events carry the same frames and go on after the last id', async () => {
  const topic = `user:${ann.user.id}`;
  const read = async (headers: Record<string, string>, count: number) => {
    const stop = new AbortController();
    const reply = await fetch(`${one.url}/api/live/events?topic=${topic}`, {
      headers: { ...ann.headers, ...headers },
      signal: stop.signal,
    });
    expect(reply.headers.get('content-type')).toContain('text/event-stream');
    let text = '';
    const reader = reply.body!.getReader();
    const frames = () => text.split('\n\n').filter((frame) => frame.includes('trial.said'));
    const reading = (async () => {
      while (frames().length < count) text += Buffer.from((await reader.read()).value!).toString();
    })();
    return { frames, reading, stop, ready: () => until(() => text.includes('subscribed')) };
  };
  const first = await read({}, 2);
  await first.ready();
  await say(topic, 1);
  await say(topic, 2);
  await first.reading;
  first.stop.abort();
  await say(topic, 3);
  const id = /id: (.*)/.exec(first.frames()[0]!)![1]!;
  const second = await read({ 'last-event-id': id }, 2);
  await second.reading;
  second.stop.abort();
  expect(second.frames().map((frame) => /"subject":"(\d)"/.exec(frame)![1])).toEqual(['2', '3']);
  expect((await eve.browser.get(`/api/live/events?topic=${topic}`)).statusCode).toBe(404);
  expect((await one.app.inject(`/api/live/events?topic=${topic}`)).statusCode).toBe(401);
});

test('a path that serves no sockets refuses them', async () => {
  const socket = new WebSocket(`${one.url.replace('http', 'ws')}/api/elsewhere`);
  const error = await new Promise<Error>((resolve) => socket.on('error', resolve));
  expect(error.message).toContain('404');
});
