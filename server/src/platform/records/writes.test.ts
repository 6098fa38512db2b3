import { sql } from 'kysely';
import type { InjectOptions } from 'fastify';
import { describe, expect, test } from 'vitest';
import { prompts, threads } from '@piper/shared/system-models/index';
import { actorsFeature, addProject, addUser, eventsOf, keyOf, type TestActor } from '../../../../test/actors.ts';
import { useTestServer } from '../../../../test/harness.ts';
import { system } from '../actor.ts';
import { ctxFor } from '../ctx.ts';
import { inTx } from '../db/tx.ts';
import { defineFeature } from '../feature.ts';
import { createRecord, readRecord, updateRecord } from './records.ts';
import type { SystemModel } from './hooks.ts';

const calls: string[] = [];
const hookedThreads: SystemModel = {
  model: { ...threads, verbs: ['list', 'read', 'create', 'update', 'delete'] },
  hooks: {
    extraCreate: { note: { type: 'string' } },
    beforeCreate: async (_ctx, values, extra) => {
      calls.push(`before ${String(extra['note'])}`);
      return { ...values, titleBy: 'user' };
    },
    afterCreate: async (ctx, record) => {
      calls.push(`after ${String(record['title'])} by ${String(record['titleBy'])}`);
      await sql`insert into piper.participants (id, thread_id, user_id, kind) values (gen_random_uuid(), ${record['id']}, ${record['createdBy']}, 'user')`.execute(
        ctx.db,
      );
    },
    beforeUpdate: async (_ctx, before, changes) => {
      if (changes['title'] === 'boom') throw new Error('boom');
      calls.push(`update ${String(before['title'])}`);
      return changes;
    },
    resolveId: async () => undefined,
  },
};
const feature = defineFeature({ name: 'test-writes', systemModels: [{ model: prompts }, hookedThreads] });
const server = useTestServer({ features: [actorsFeature, feature] });

type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

async function send(actor: TestActor, method: Method, url: string, ...[payload, headers]: [unknown?, Record<string, string>?]) {
  const options: InjectOptions = {
    method,
    url,
    headers: { ...actor.headers, ...headers },
    ...(payload === undefined ? {} : { payload: payload as object }),
  };
  const reply = await server.app.inject(options);
  const body = (reply.body === '' ? {} : reply.json()) as {
    data: Record<string, unknown>;
    error: { code: string; details: { path: string }[] };
  };
  return { status: reply.statusCode, code: body.error?.code, data: body.data, error: body.error, etag: reply.headers['etag'] };
}

async function team() {
  const { db } = server.deps;
  const [owner, member, viewer, stranger] = [await addUser(db), await addUser(db), await addUser(db), await addUser(db)];
  const project = await addProject(db, { [owner.userId]: 'owner', [member.userId]: 'member', [viewer.userId]: 'viewer' });
  return { owner, member, viewer, stranger, project };
}

describe('create', () => {
  test('writes the record and its event, which equals it', async () => {
    const { member, project } = await team();
    const made = await send(member, 'POST', '/api/prompts', { projectId: project.id, title: "O'Brien; drop table x --" });
    expect(made).toMatchObject({
      status: 201,
      etag: '"1"',
      data: { title: "O'Brien; drop table x --", projectId: project.id, active: false, version: 1, createdBy: member.userId },
    });
    const events = await eventsOf(server.deps.db, String(made.data['id']));
    expect(events).toMatchObject([
      {
        type: 'prompt.created',
        topic: `project:${project.id}:model:prompts`,
        actor: `user:${member.userId}`,
        data: { before: null },
      },
    ]);
    expect(events[0]!.data['after']).toEqual(made.data);
  });

  test('refuses what is not the writer’s to do', async () => {
    const { viewer, stranger, member, project } = await team();
    const body = { projectId: project.id, title: 'x' };
    expect(await send(viewer, 'POST', '/api/prompts', body)).toMatchObject({ status: 403, code: 'forbidden' });
    expect(await send(stranger, 'POST', '/api/prompts', body)).toMatchObject({ status: 404, code: 'not_found' });
    expect(await send(member, 'POST', '/api/prompts', { ...body, nonsense: 1 })).toMatchObject({
      status: 400,
      code: 'unknown_field',
    });
    expect(await send(member, 'POST', '/api/prompts', { ...body, version: 9 })).toMatchObject({
      status: 400,
      code: 'validation_failed',
    });
    expect(await send(member, 'POST', '/api/prompts', { projectId: project.id })).toMatchObject({
      status: 400,
      error: { details: [{ path: 'title' }] },
    });
    expect(await send(member, 'POST', '/api/prompts', { ...body, title: 'a'.repeat(201) })).toMatchObject({ status: 400 });
    expect(await send(member, 'POST', '/api/prompts', { ...body, title: 'a\ud800' })).toMatchObject({ status: 400 });
    expect(await send(member, 'POST', '/api/prompts', { ...body, title: null, active: 'yes' })).toMatchObject({
      status: 400,
      error: { details: [{ path: 'title' }, { path: 'active' }] },
    });
    const { rows } = await sql<{ n: number }>`select count(*) as n from piper.prompts where project_id = ${project.id}`.execute(
      server.deps.db,
    );
    expect(rows[0]!.n).toBe(0);
  });

  test('names the field of a value that is taken, and the model as it is labelled', async () => {
    const { owner, project, member } = await team();
    expect(
      await send(owner, 'POST', '/api/members', { projectId: project.id, userId: member.userId, role: 'viewer' }),
    ).toMatchObject({
      status: 409,
      code: 'already_exists',
      error: { message: 'There is already a Member with this projectId, userId.', details: [{ path: 'projectId, userId' }] },
    });
  });

  test('runs the hooks inside the transaction, after the rules', async () => {
    const { member, viewer, project } = await team();
    calls.length = 0;
    expect((await send(viewer, 'POST', '/api/threads', { projectId: project.id })).status).toBe(403);
    expect(calls).toEqual([]);
    const made = await send(member, 'POST', '/api/threads', { projectId: project.id, title: 'Hello', note: 'n' });
    expect(made).toMatchObject({ status: 201, data: { title: 'Hello', titleBy: 'user' } });
    expect(calls).toEqual(['before n', 'after Hello by user']);
    const url = `/api/threads/${String(made.data['id'])}`;
    expect((await send(member, 'PATCH', url, { title: 'boom' })).status).toBe(500);
    expect((await send(member, 'PATCH', url, { title: 'Next' })).data).toMatchObject({ title: 'Next', version: 2 });
    expect((await eventsOf(server.deps.db, String(made.data['id']))).map((event) => event.type)).toEqual([
      'thread.created',
      'thread.updated',
    ]);
    expect((await send(member, 'DELETE', url)).status).toBe(204);
    expect((await send(member, 'GET', url)).status).toBe(404);
  });
});

describe('update and delete', () => {
  test('change, event and version go together; nothing differs, nothing happens', async () => {
    const { member, viewer, stranger, project } = await team();
    const { data } = await send(member, 'POST', '/api/prompts', { projectId: project.id, title: 'One' });
    const url = `/api/prompts/${String(data['id'])}`;
    expect(await send(member, 'PUT', url, { title: 'Two' })).toMatchObject({
      status: 200,
      etag: '"2"',
      data: { title: 'Two', version: 2 },
    });
    expect(await send(member, 'PATCH', url, { title: 'Two' })).toMatchObject({ status: 200, data: { version: 2 } });
    const events = await eventsOf(server.deps.db, String(data['id']));
    expect(events).toHaveLength(2);
    expect(events[1]!.data).toMatchObject({ before: { title: 'One', version: 1 }, after: { title: 'Two', version: 2 } });
    expect(Object.keys(events[1]!.data['after'] as object).sort()).toEqual(['title', 'updatedAt', 'version']);
    expect((await send(viewer, 'PATCH', url, { title: 'x' })).status).toBe(403);
    expect((await send(stranger, 'PATCH', url, { title: 'x' })).status).toBe(404);
    expect(await send(member, 'PATCH', url, { projectId: project.id })).toMatchObject({ status: 400, code: 'validation_failed' });
    expect((await send(viewer, 'DELETE', url)).status).toBe(403);
    expect((await send(stranger, 'DELETE', url)).status).toBe(404);
    expect((await send(member, 'DELETE', url, undefined, { 'if-match': '"1"' })).status).toBe(412);
    expect((await send(member, 'DELETE', url, undefined, { 'if-match': '"2"' })).status).toBe(204);
    expect((await send(member, 'GET', url)).status).toBe(404);
    const all = await eventsOf(server.deps.db, String(data['id']));
    expect(all[2]).toMatchObject({ type: 'prompt.deleted', data: { before: { title: 'Two' }, after: null } });
  });

  test('of many writers with the same version one wins', async () => {
    const { member, project } = await team();
    const { data } = await send(member, 'POST', '/api/prompts', { projectId: project.id, title: 'Race' });
    const url = `/api/prompts/${String(data['id'])}`;
    const replies = await Promise.all(
      Array.from({ length: 12 }, (_, i) => send(member, 'PATCH', url, { title: `Race ${i}` }, { 'if-match': '"1"' })),
    );
    expect(replies.map((reply) => reply.status).sort()).toEqual([200, ...Array.from({ length: 11 }, () => 412)]);
    expect(await eventsOf(server.deps.db, String(data['id']))).toHaveLength(2);
    const all = await Promise.all(Array.from({ length: 12 }, (_, i) => send(member, 'PATCH', url, { title: `Again ${i}` })));
    expect(all.map((reply) => reply.status)).toEqual(Array.from({ length: 12 }, () => 200));
    const events = await eventsOf(server.deps.db, String(data['id']));
    const chain = events
      .slice(1)
      .map((event) => event.data as { before: { title: string; version: number }; after: { title: string; version: number } });
    const inOrder = chain.sort((a, b) => a.after.version - b.after.version);
    expect(inOrder.map((change) => change.after.version)).toEqual(Array.from({ length: 13 }, (_, i) => i + 2));
    expect(inOrder.slice(1).map((change) => change.before.title)).toEqual(
      inOrder.slice(0, -1).map((change) => change.after.title),
    );
  });

  test('an e-mail address shows to its owner and to administrators only', async () => {
    const [ann, ben, boss] = [
      await addUser(server.deps.db),
      await addUser(server.deps.db),
      await addUser(server.deps.db, 'OWNER'),
    ];
    const url = `/api/users/${ann.userId}`;
    expect((await send(ben, 'GET', url)).data['email']).toBeNull();
    expect((await send(ann, 'GET', url)).data['email']).toBe(`${ann.userId}@example.com`);
    expect((await send(boss, 'GET', url)).data['email']).toBe(`${ann.userId}@example.com`);
    const found = await send(ben, 'GET', `/api/users?filter={"email":{"_contains":"${ann.userId}"}}`);
    expect(found.data).toEqual([]);
    expect(await send(ann, 'PATCH', url, { role: 'OWNER' })).toMatchObject({ status: 403 });
    expect(await send(ann, 'PATCH', url, { name: 'Ann' })).toMatchObject({ status: 200, data: { name: 'Ann' } });
    expect(await send(boss, 'PATCH', url, { name: 'Eve' })).toMatchObject({ status: 403 });
    expect(await send(boss, 'PATCH', url, { role: 'ADMIN' })).toMatchObject({ status: 200, data: { role: 'ADMIN' } });
  });
});

describe('API keys', () => {
  test('are held to their project and their access', async () => {
    const { owner, project } = await team();
    const other = await addProject(server.deps.db, { [owner.userId]: 'owner' });
    const [reader, held] = [keyOf(owner, { access: 'read' }), keyOf(owner, { projectId: project.id })];
    expect(await send(reader, 'POST', '/api/prompts', { projectId: project.id, title: 'x' })).toMatchObject({
      status: 403,
      code: 'scope_insufficient',
    });
    expect((await send(held, 'POST', '/api/prompts', { projectId: project.id, title: 'x' })).status).toBe(201);
    expect((await send(held, 'POST', '/api/prompts', { projectId: other.id, title: 'x' })).status).toBe(404);
    expect((await send(held, 'GET', `/api/projects/${other.id}`)).status).toBe(404);
    expect((await send(held, 'GET', '/api/projects')).data).toHaveLength(1);
    expect((await send(held, 'GET', '/api/sessions')).data).toEqual([]);
    expect((await send(held, 'PATCH', `/api/users/${owner.userId}`, { name: 'x' })).status).toBe(403);
    expect((await send(held, 'POST', '/api/projects', { name: 'x', slug: 'x' })).status).toBe(403);
    const ways = await send(held, 'GET', `/api/users/${owner.userId}?fields=id,memberships.projectId,memberships.project.name`);
    expect(JSON.stringify(ways.data)).toContain(project.id);
    expect(JSON.stringify(ways.data)).not.toContain(other.id);
    const listed = await send(reader, 'GET', '/api/prompts?fields=id,allowedActions');
    expect(listed.data).toMatchObject([{ allowedActions: ['read'] }]);
  });
});

describe('Piper itself', () => {
  test('passes the rules, sets what others may not, and leaves the same trace', async () => {
    const { project, member } = await team();
    const ctx = ctxFor(server.deps, system, 'test');
    const made = await createRecord(ctx, 'prompts', { projectId: project.id, title: 'By Piper', latestVersion: 7 });
    expect(made).toMatchObject({ latestVersion: 7, createdBy: null });
    expect(await updateRecord(ctx, 'prompts', String(made['id']), { latestVersion: 8 }, { ifMatch: 1 })).toMatchObject({
      version: 2,
    });
    const events = await eventsOf(server.deps.db, String(made['id']));
    expect(events.map(({ type, actor }) => [type, actor])).toEqual([
      ['prompt.created', 'system'],
      ['prompt.updated', 'system'],
    ]);
    expect(await send(member, 'PATCH', `/api/prompts/${String(made['id'])}`, { latestVersion: 9 })).toMatchObject({
      status: 400,
    });
  });

  test('a write inside a transaction goes with it', async () => {
    const { project, member } = await team();
    const ctx = ctxFor(server.deps, { kind: 'user', userId: member.userId, role: 'MEMBER', sessionId: 's' }, 'test');
    let id = '';
    const cut = inTx(ctx, async (tx) => {
      id = String((await createRecord(tx, 'prompts', { projectId: project.id, title: 'Never' }))['id']);
      expect(await readRecord(tx, 'prompts', id, ['title', 'project.name'])).toEqual({
        title: 'Never',
        project: { name: 'Test' },
      });
      throw new Error('cut');
    });
    await expect(cut).rejects.toThrow('cut');
    await expect(readRecord(ctx, 'prompts', id)).rejects.toMatchObject({ code: 'not_found' });
    expect(await eventsOf(server.deps.db, id)).toEqual([]);
  });
});
