/** Threads through HTTP, with answers of the local provider. */
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { BranchMessage, Thread } from '@piper/shared/threads';
import { addMember, createProject, registerUser, type TestUser } from '../../../../test/accounts.ts';
import { ask, sendChat } from '../../../../test/chat.ts';
import { useTestServer } from '../../../../test/harness.ts';
import { ctxFor } from '#platform/ctx';
import { inTx } from '#platform/db/tx';
import { system } from '#platform/actor';
import { newId } from '#platform/ids';
import { holdThread, postMessages, threads, type Draft } from './index.ts';
import { titleFromText } from './thread-title.ts';

const server = useTestServer();
const code = (reply: { statusCode: number; json(): { error?: { code: string } } }) => [
  reply.statusCode,
  reply.json().error?.code,
];

interface Page {
  data: BranchMessage[];
  meta: { before: string | null; leafId: string | null };
}

async function readPage(user: TestUser, threadId: string, query = ''): Promise<Page> {
  const reply = await user.browser.get(`/api/threads/${threadId}/messages${query}`);
  expect(reply.statusCode, reply.body).toBe(200);
  return reply.json<Page>();
}

async function readThread(user: TestUser, id: string): Promise<Thread> {
  const reply = await user.browser.get(`/api/threads/${id}`);
  expect(reply.statusCode, reply.body).toBe(200);
  return reply.json<{ data: Thread }>().data;
}

const texts = (page: Page) => page.data.filter((m) => m.role === 'user').map((m) => (m.parts[0] as { text: string }).text);

async function startThread() {
  const user = await registerUser(server);
  const project = await createProject(user);
  const first = await ask(user, { projectId: project.id, text: 'first' });
  return { user, project, first, threadId: first.frame.threadId };
}

describe('a tree of messages', () => {
  test('grows by what is said, numbered densely', async () => {
    const { user, project, threadId } = await startThread();
    await ask(user, { projectId: project.id, threadId, text: 'second' });
    const page = await readPage(user, threadId);
    expect(page.data.map((m) => [m.seq, m.role, m.status])).toEqual([
      [1, 'user', 'done'],
      [2, 'assistant', 'done'],
      [3, 'user', 'done'],
      [4, 'assistant', 'done'],
    ]);
    expect(page.data.map((m) => m.parentId)).toEqual([null, ...page.data.slice(0, 3).map((m) => m.id)]);
    expect(page.meta).toEqual({ before: null, leafId: page.data[3]!.id });
    expect(page.data.every((m) => m.siblings.position === 0 && m.siblings.ids.length === 1)).toBe(true);
  });

  test('an edit is a branch; both stay, and either can be shown', async () => {
    const { user, project, first, threadId } = await startThread();
    await ask(user, { projectId: project.id, threadId, text: 'second' });
    const edited = await ask(user, { projectId: project.id, threadId, parentId: null, text: 'first, edited' });
    const page = await readPage(user, threadId);
    expect(texts(page)).toEqual(['first, edited']);
    expect(page.data[0]!.siblings).toEqual({ ids: [first.frame.userMessageId, edited.frame.userMessageId], position: 1 });

    const other = await readPage(user, threadId, `?leaf=${first.frame.userMessageId}`);
    expect(texts(other)).toEqual(['first', 'second']);
    const chosen = await user.browser.patch(`/api/threads/${threadId}`, { currentLeafId: first.frame.userMessageId });
    expect(chosen.statusCode, chosen.body).toBe(200);
    expect(texts(await readPage(user, threadId))).toEqual(['first', 'second']);
    expect((await readThread(user, threadId)).currentLeafId).toBe(other.meta.leafId);
  });

  test('an answer written again is a sibling of the old one', async () => {
    const { user, project, first, threadId } = await startThread();
    const again = await ask(user, { projectId: project.id, threadId, regenerate: first.frame.messageId });
    expect(again.frame.userMessageId).toBe(first.frame.userMessageId);
    const page = await readPage(user, threadId);
    expect(page.data).toHaveLength(2);
    expect(page.data[1]!.siblings).toEqual({ ids: [first.frame.messageId, again.frame.messageId], position: 1 });
  });

  test('two tabs that answer the same message both get through', async () => {
    const { user, project, first, threadId } = await startThread();
    const parentId = first.frame.messageId;
    const both = await Promise.all(
      ['left', 'right'].map((text) => ask(user, { projectId: project.id, threadId, parentId, text })),
    );
    expect(both.map((turn) => turn.finish?.reason)).toEqual(['stop', 'stop']);
    const page = await readPage(user, threadId);
    expect(page.data[2]!.siblings.ids.toSorted()).toEqual(both.map((turn) => turn.frame.userMessageId).toSorted());
    const { rows } = await server.deps.pool.query<{ seq: number }>(
      'select seq from piper.messages where thread_id = $1 order by seq',
      [threadId],
    );
    expect(rows.map((row) => row.seq)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('nothing may follow what is not there', async () => {
    const { user, project, threadId } = await startThread();
    const other = await startThread();
    for (const parentId of [randomUUID(), other.first.frame.messageId]) {
      expect(code(await sendChat(user, { projectId: project.id, threadId, parentId, text: 'x' }))).toEqual([404, 'not_found']);
    }
    expect(code(await user.browser.patch(`/api/threads/${threadId}`, { currentLeafId: other.first.frame.messageId }))).toEqual([
      400,
      'validation_failed',
    ]);
    expect(code(await user.browser.get(`/api/threads/${threadId}/messages?leaf=${other.first.frame.messageId}`))).toEqual([
      404,
      'not_found',
    ]);
    expect(code(await user.browser.get(`/api/threads/${threadId}/messages?before=${other.first.frame.messageId}`))).toEqual([
      400,
      'bad_cursor',
    ]);
  });
});

describe('pages', () => {
  test('10,000 messages are read a page at a time, quickly, in order and without a gap', async () => {
    const { user, threadId } = await startThread();
    const parent = (await readThread(user, threadId)).currentLeafId;
    await server.deps.pool.query(
      `with made as (select gen_random_uuid() as id, n from generate_series(1, 9998) n),
       linked as (select id, n, lag(id, 1, $2::uuid) over (order by n) as parent_id from made),
       stored as (insert into piper.messages (id, thread_id, parent_id, seq, role, text, parts)
         select id, $1::uuid, parent_id, n + 2, case when n % 2 = 1 then 'user' else 'assistant' end, 'text ' || n,
           jsonb_build_array(jsonb_build_object('type', 'text', 'id', '0', 'text', 'text ' || n)) from linked)
       update piper.threads set seq = 10000, current_leaf_id = (select id from linked where n = 9998) where id = $1::uuid`,
      [threadId, parent],
    );
    await server.deps.pool.query('analyze piper.messages');
    const started = performance.now();
    const seqs: number[] = [];
    let before: string | null = null;
    for (let pages = 0; pages < 60; pages++) {
      const page: Page = await readPage(user, threadId, `?limit=200${before ? `&before=${before}` : ''}`);
      seqs.unshift(...page.data.map((m) => m.seq));
      before = page.meta.before;
      if (before === null) break;
    }
    const perPage = (performance.now() - started) / 50;
    expect(seqs).toEqual(Array.from({ length: 10_000 }, (_, i) => i + 1));
    expect(perPage).toBeLessThan(150);
    const fromStart = performance.now();
    expect((await readPage(user, threadId, `?leaf=${parent}&limit=1`)).data[0]!.seq).toBe(10_000);
    expect(performance.now() - fromStart).toBeLessThan(1_000);
  });
});

describe('a thread', () => {
  test('is named after what was said, until somebody names it', async () => {
    const { user, project } = await startThread();
    const turn = await ask(user, { projectId: project.id, text: '# How do **I** cook rice?\nI have a pan.' });
    const named = await readThread(user, turn.frame.threadId);
    expect([named.title, named.titleBy]).toEqual(['How do **I** cook rice?', 'text']);
    const renamed = await user.browser.patch(`/api/threads/${named.id}`, { title: 'Rice' });
    expect(renamed.statusCode, renamed.body).toBe(200);
    const after = await readThread(user, named.id);
    expect([after.title, after.titleBy, after.version]).toEqual(['Rice', 'user', named.version + 1]);
  });

  test('can be made empty, listed, searched and sorted', async () => {
    const { user, project, threadId } = await startThread();
    const made = await user.browser.post('/api/threads', { projectId: project.id, title: 'Ünïque <b>title</b>' });
    expect(made.statusCode, made.body).toBe(201);
    const id = made.json().data.id as string;
    expect(made.json().data).toMatchObject({
      title: 'Ünïque <b>title</b>',
      titleBy: 'user',
      seq: 0,
      currentLeafId: null,
      createdBy: user.user.id,
    });
    expect((await readPage(user, id)).data).toEqual([]);
    const list = async (query: string) =>
      (await user.browser.get(`/api/threads?${query}`)).json<{ data: Thread[] }>().data.map((t) => t.id);
    expect(await list('search=%C3%BCn%C3%AFque')).toEqual([id]);
    expect(await list(`sort=createdAt&filter=${encodeURIComponent(JSON.stringify({ projectId: { _eq: project.id } }))}`)).toEqual(
      [threadId, id],
    );
  });

  test('deleted, it is gone with its messages; restored, it is back', async () => {
    const { user, threadId, first } = await startThread();
    expect((await user.browser.delete(`/api/threads/${threadId}`)).statusCode).toBe(204);
    for (const url of [
      `/api/threads/${threadId}`,
      `/api/threads/${threadId}/messages`,
      `/api/messages/${first.frame.messageId}`,
    ]) {
      expect(code(await user.browser.get(url)), url).toEqual([404, 'not_found']);
    }
    expect((await user.browser.get('/api/threads')).json().data).toEqual([]);
    const back = await user.browser.post(`/api/threads/${threadId}/restore`);
    expect(back.statusCode, back.body).toBe(200);
    expect((await readPage(user, threadId)).data).toHaveLength(2);
  });

  test('is purged when it can no longer be restored', async () => {
    const { user, threadId } = await startThread();
    await user.browser.delete(`/api/threads/${threadId}`);
    const [sweeper] = threads.sweepers!;
    await sweeper!.sweep(ctxFor(server.deps, system, 'test'));
    const count = async () =>
      (await server.deps.pool.query('select 1 from piper.messages where thread_id = $1', [threadId])).rowCount;
    expect(await count()).toBe(2);
    await server.deps.pool.query(`update piper.threads set deleted_at = now() - interval '31 days' where id = $1`, [threadId]);
    await sweeper!.sweep(ctxFor(server.deps, system, 'test'));
    expect(await count()).toBe(0);
    expect(code(await user.browser.post(`/api/threads/${threadId}/restore`))).toEqual([404, 'not_found']);
  });

  test('tells those in it, in the thread and in their lists', async () => {
    const { user, threadId, first } = await startThread();
    await user.browser.patch(`/api/threads/${threadId}`, { title: 'New' });
    await user.browser.delete(`/api/threads/${threadId}`);
    const heard = async (topic: string) => {
      const { rows } = await server.deps.pool.query<{ type: string }>(
        `select type from piper.events where topic = $1 and type not like 'run.%' order by position`,
        [topic],
      );
      return rows.map((row) => row.type);
    };
    expect(await heard(`thread:${threadId}`)).toEqual([
      'thread.created',
      'message.created',
      'message.created',
      'thread.updated',
      'message.updated',
      'thread.updated',
      'thread.deleted',
    ]);
    const own = (await heard(`user:${user.user.id}`)).filter((type) => type.startsWith('thread.'));
    expect(own).toEqual(['thread.created', 'thread.updated', 'thread.updated', 'thread.deleted']);
    const { rows } = await server.deps.pool.query(
      `select data, actor, cause from piper.events where subject = $1 and type = 'message.updated'`,
      [first.frame.messageId],
    );
    expect(rows[0].data).toMatchObject({ before: { status: 'streaming' }, after: { status: 'done', finishReason: 'stop' } });
    expect([rows[0].actor, rows[0].cause]).toEqual([`assistant:${first.frame.runId}`, `run:${first.frame.runId}`]);
  });
});

describe('others', () => {
  test('find nothing on any route', async () => {
    const { user, project, threadId, first } = await startThread();
    const stranger = await registerUser(server);
    const mate = await registerUser(server);
    await addMember(user, project, mate);
    const own = await createProject(stranger);
    for (const somebody of [stranger, mate]) {
      const { browser } = somebody;
      const replies = [
        await browser.get(`/api/threads/${threadId}`),
        await browser.get(`/api/threads/${threadId}/messages`),
        await browser.get(`/api/messages/${first.frame.messageId}`),
        await browser.patch(`/api/threads/${threadId}`, { title: 'mine' }),
        await browser.delete(`/api/threads/${threadId}`),
        await browser.post(`/api/threads/${threadId}/restore`),
        await browser.post(`/api/messages/${first.frame.messageId}/continue`, { clientId: randomUUID() }),
        await sendChat(somebody, { projectId: project.id, threadId, text: 'hello' }),
        await sendChat(somebody, { projectId: own.id, threadId, text: 'hello' }),
      ];
      expect(replies.map(code)).toEqual(replies.map(() => [404, 'not_found']));
    }
    expect(code(await sendChat(stranger, { projectId: project.id, text: 'hello' }))).toEqual([404, 'not_found']);
    expect(code(await stranger.browser.post('/api/threads', { projectId: project.id }))).toEqual([404, 'not_found']);
    expect((await stranger.browser.get('/api/threads')).json().data).toEqual([]);
  });

  test('a former member loses their threads, a viewer may not talk', async () => {
    const { user, project } = await startThread();
    const mate = await registerUser(server);
    await addMember(user, project, mate);
    const { frame } = await ask(mate, { projectId: project.id, text: 'mine' });
    await server.deps.pool.query(`update piper.members set role = 'viewer' where user_id = $1`, [mate.user.id]);
    expect((await readPage(mate, frame.threadId)).data).toHaveLength(2);
    expect(code(await sendChat(mate, { projectId: project.id, threadId: frame.threadId, text: 'x' }))).toEqual([
      403,
      'forbidden',
    ]);
    expect(code(await sendChat(mate, { projectId: project.id, text: 'x' }))).toEqual([403, 'forbidden']);
    await server.deps.pool.query('delete from piper.members where user_id = $1', [mate.user.id]);
    expect(code(await mate.browser.get(`/api/threads/${frame.threadId}/messages`))).toEqual([404, 'not_found']);
  });

  test('without signing in there is nothing', async () => {
    for (const url of ['/api/threads', `/api/threads/${randomUUID()}/messages`]) {
      expect((await server.app.inject(url)).statusCode).toBe(401);
    }
    expect((await server.app.inject({ method: 'POST', url: '/api/chat', payload: {} })).statusCode).toBe(401);
  });
});

describe('posting', () => {
  test('what a hook of another feature refuses is not posted', async () => {
    const { user, threadId } = await startThread();
    const actor = { kind: 'user' as const, userId: user.user.id, role: 'MEMBER' as const, sessionId: randomUUID() };
    const heard: string[] = [];
    const features = [
      { name: 'listener', onMessage: async (_ctx: unknown, message: { id: string }) => void heard.push(message.id) },
    ];
    const draft = (): Draft => ({ id: newId(), parentId: null, role: 'user', text: 'x', status: 'done', runId: null });
    const post = (deps: typeof server.deps, one: Draft) =>
      inTx(ctxFor(deps, actor, 'test'), async (tx) => postMessages(tx, await holdThread(tx, threadId), [one]));
    const good = draft();
    await post({ ...server.deps, features }, good);
    expect(heard).toEqual([good.id]);
    const refusing = [{ name: 'refusing', onMessage: async () => Promise.reject(new Error('no')) }];
    await expect(post({ ...server.deps, features: refusing }, draft())).rejects.toThrow('no');
    expect((await readThread(user, threadId)).seq).toBe(3);
  });
});

test.each([
  ['', ''],
  ['   \n---\n', ''],
  ['- Hello\nworld', 'Hello'],
  ['Привет мир', 'Привет мир'],
  ['👩‍👩‍👧‍👦'.repeat(100), `${'👩‍👩‍👧‍👦'.repeat(59)}…`],
  [`${'word '.repeat(30)}`, 'word word word word word word word word word word word…'],
])('the title of %j', (text, title) => {
  expect(titleFromText(text)).toBe(title);
});
