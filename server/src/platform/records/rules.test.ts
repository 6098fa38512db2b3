/**
 * Who may do what: every model × role × verb, over HTTP, against the table in rules.matrix.md. A changed rule shows as a
 * changed line there; `vitest -u` writes the file anew.
 */
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { systemModels } from '@piper/shared/system-models/index';
import { actorsFeature, addProject, addUser, keyOf, type TestActor } from '../../../../test/actors.ts';
import { useTestServer } from '../../../../test/harness.ts';
import { defineFeature } from '../feature.ts';
import { newId } from '../ids.ts';

const verbs = ['list', 'read', 'create', 'update', 'delete'] as const;
const allServed = defineFeature({
  name: 'all-served',
  systemModels: systemModels.map((model) => ({ model: { ...model, verbs: [...verbs] } })),
});
const server = useTestServer({ features: [actorsFeature, allServed] });

const actors: Record<string, TestActor> = {};
/** One record of each model: the owner's own, in their project, in a thread of theirs with the member. */
const ids: Record<string, string> = {};
let projectId: string;

async function insert(model: string, values: Record<string, unknown>): Promise<string> {
  const id = newId();
  const { table } = systemModels.find((each) => each.key === model)!;
  await sql`insert into ${sql.table(table)} select * from jsonb_populate_record(null::${sql.table(table)}, ${JSON.stringify({ ...stamps, id, ...values })}::jsonb)`.execute(
    server.deps.db,
  );
  ids[model] ??= id;
  return id;
}
const stamps = { created_at: '2026-01-01T00:00:00Z', updated_at: '2026-01-01T00:00:00Z', version: 1 };
const bytes = (): string => `\\x${randomBytes(16).toString('hex')}`;

beforeAll(async () => {
  const { db } = server.deps;
  for (const name of ['owner', 'admin', 'member', 'viewer', 'stranger']) actors[name] = await addUser(db);
  actors['instance owner'] = await addUser(db, 'OWNER');
  actors['instance admin'] = await addUser(db, 'ADMIN');
  const { owner, admin, member, viewer } = actors as Record<'owner' | 'admin' | 'member' | 'viewer', TestActor>;
  const project = await addProject(db, {
    [owner.userId]: 'owner',
    [admin.userId]: 'admin',
    [member.userId]: 'member',
    [viewer.userId]: 'viewer',
  });
  projectId = project.id;
  actors['reading key of the owner'] = keyOf(owner, { access: 'read' });
  actors['key of another project'] = keyOf(owner, { projectId: (await addProject(db, { [owner.userId]: 'owner' })).id });
  const { rows } = await sql<{
    id: string;
  }>`select id from piper.members where project_id = ${projectId} and user_id = ${viewer.userId}`.execute(db);
  Object.assign(ids, { users: owner.userId, projects: projectId, members: rows[0]!.id });
  const own = { user_id: owner.userId, created_by: owner.userId, project_id: projectId };
  await insert('sessions', { ...own, last_used_at: stamps.created_at, expires_at: '2099-01-01T00:00:00Z' });
  await insert('keys', { ...own, name: 'k', access: 'read', prefix: 'pk', hash: bytes() });
  await insert('provider-keys', { ...own, provider: 'openai', label: '' });
  await insert('invitations', {
    ...own,
    email: 'a@b.c',
    role: 'member',
    token_hash: bytes(),
    expires_at: '2099-01-01T00:00:00Z',
  });
  await insert('files', { ...own, name: 'f', media_type: 'text/plain', size: 1, sha256: bytes(), storage_key: newId() });
  const prompt = await insert('prompts', { ...own, title: 'p', active: true, latest_version: 1 });
  await insert('prompt-versions', {
    ...own,
    prompt_id: prompt,
    number: 1,
    content: 'c',
    role: 'system',
    variables: [],
    settings: {},
    note: '',
  });
  const thread = await insert('threads', { ...own, title: 't', title_by: 'none', seq: 1, last_message_at: stamps.created_at });
  await insert('participants', { thread_id: thread, user_id: owner.userId, kind: 'user', last_read_seq: 0 });
  await insert('participants', { thread_id: thread, user_id: member.userId, kind: 'user', last_read_seq: 0 });
  const message = await insert('messages', {
    thread_id: thread,
    seq: 1,
    role: 'user',
    author_id: owner.userId,
    parts: [],
    text: 'm',
    status: 'done',
  });
  await insert('attachments', { message_id: message, file_id: ids['files'], position: 0 });
  const run = await insert('runs', { ...own, kind: 'turn', status: 'done', thread_id: thread, input: {}, attempt: 1 });
  await insert('run-steps', {
    run_id: run,
    position: 1,
    name: 's',
    effect: 'pure',
    status: 'done',
    attempts: 1,
    started_at: stamps.created_at,
  });
  const event = await sql<{
    position: number;
  }>`insert into piper.events (topic, type, actor, project_id) values (${`project:${projectId}:model:prompts`}, 'prompt.created', 'system', ${projectId}) returning position`.execute(
    db,
  );
  ids['events'] = String(event.rows[0]!.position);
});

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';
async function status(actor: TestActor, method: Method, url: string, payload?: object): Promise<number> {
  return (await server.app.inject({ method, url, headers: actor.headers, ...(payload ? { payload } : {}) })).statusCode;
}

/** What the actor is told they may do, checked against what happens when they try. */
async function rightsOf(actor: TestActor, model: string): Promise<string> {
  const url = `/api/${model}/${ids[model]!}`;
  const reply = await server.app.inject({ url: `${url}?fields=id,allowedActions`, headers: actor.headers });
  const listed = await server.app.inject({ url: `/api/${model}?limit=-1&fields=id`, headers: actor.headers });
  const isListed = (listed.json() as { data: { id: unknown }[] }).data.some((record) => String(record.id) === ids[model]);
  expect([reply.statusCode, isListed]).toEqual(isListed ? [200, true] : [404, false]);
  const allowed = isListed ? (reply.json() as { data: { allowedActions: string[] } }).data.allowedActions : [];
  const refused = isListed ? 403 : 404;
  // A key is told that it is a key that may only read before anything else.
  const expected = (action: string, done: number) =>
    allowed.includes(action) ? done : actor === actors['reading key of the owner'] ? 403 : refused;
  expect([model, 'update', await status(actor, 'PATCH', url, {})]).toEqual([model, 'update', expected('update', 200)]);
  // What is allowed is not tried, since the record is still needed.
  const deleted = allowed.includes('delete') ? 204 : await status(actor, 'DELETE', url);
  expect([model, 'delete', deleted]).toEqual([model, 'delete', expected('delete', 204)]);
  return ['read', 'update', 'delete'].map((action) => (allowed.includes(action) ? action.charAt(0) : '·')).join('');
}

const bodies: Record<string, () => object | Promise<object>> = {
  projects: () => ({ name: 'new', slug: `s-${newId()}` }),
  prompts: () => ({ projectId, title: 'new' }),
  threads: () => ({ projectId, title: 'new' }),
  members: async () => ({ projectId, userId: (await addUser(server.deps.db)).userId }),
};

test('every model, actor and verb', { timeout: 60_000 }, async () => {
  const names = Object.keys(actors);
  const lines = [`| model | ${names.join(' | ')} |`, `|---${'|---'.repeat(names.length)}|`];
  for (const { key } of systemModels) {
    const cells: string[] = [];
    for (const name of names) {
      const actor = actors[name]!;
      const rights = await rightsOf(actor, key);
      const made = bodies[key] ? await status(actor, 'POST', `/api/${key}`, await bodies[key]()) : undefined;
      cells.push(`${rights}${made === undefined ? '' : made === 201 ? ' create' : ` ${made}`}`);
    }
    lines.push(`| ${key} | ${cells.join(' | ')} |`);
  }
  const intro =
    'Who may do what with the project owner’s records: **r**ead, **u**pdate, **d**elete, and what creating one in their project answers. Written by rules.test.ts.';
  await expect(`${intro}\n\n${lines.join('\n')}\n`).toMatchFileSnapshot('./rules.matrix.md');
});

test('nobody who is not signed in gets anything', async () => {
  for (const { key } of systemModels) {
    for (const url of [`/api/${key}`, `/api/${key}/${ids[key]!}`]) {
      expect((await server.app.inject({ url })).statusCode).toBe(401);
    }
  }
});
