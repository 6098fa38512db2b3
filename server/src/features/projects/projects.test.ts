/** Projects through HTTP: slugs, ownership, deletion with undo, invitations. */
import { describe, expect, test } from 'vitest';
import { addMember, createProject, registerUser, securityEvents } from '../../../../test/accounts.ts';
import { startFakeSmtp } from '../../../../test/fake-smtp/fake-smtp.ts';
import { manualClock, openTestServer, until, useTestServer } from '../../../../test/harness.ts';
import { system } from '#platform/actor';
import { ctxFor } from '#platform/ctx';
import { purgeDeletedProjects } from './projects.service.ts';
import { slugOf } from './slugs.ts';

const clock = manualClock('2026-11-20T10:00:00Z');
const server = useTestServer({ clock });
const code = (reply: { statusCode: number; json(): { error?: { code: string } } }) => [
  reply.statusCode,
  reply.json().error?.code,
];

describe('creating', () => {
  test('gives a slug, an owner and events', async () => {
    const owner = await registerUser(server);
    const reply = await owner.browser.post('/api/projects', { name: 'Über Café 2!', description: 'x' });
    expect(reply.statusCode).toBe(201);
    const { data } = reply.json();
    expect(data).toMatchObject({ slug: 'uber-cafe-2', name: 'Über Café 2!', createdBy: owner.user.id, version: 1 });
    const { rows } = await server.deps.pool.query(
      'select type, topic from piper.events where project_id = $1 order by position',
      [data.id],
    );
    expect(rows).toEqual([
      { type: 'project.created', topic: `project:${data.id}` },
      { type: 'member.created', topic: `project:${data.id}` },
      { type: 'member.created', topic: `user:${owner.user.id}` },
    ]);
  });

  test('ten of one name at once get ten slugs', async () => {
    const owner = await registerUser(server);
    const projects = await Promise.all(Array.from({ length: 10 }, () => createProject(owner, { name: 'Same name' })));
    expect(new Set(projects.map((project) => project.slug)).size).toBe(10);
  });

  test('refuses what is not a project', async () => {
    const { browser } = await registerUser(server);
    for (const body of [{}, { name: '' }, { name: '  ' }, { name: 5 }, { name: 'x'.repeat(201) }, { name: 'x', slug: 'A b' }]) {
      expect(code(await browser.post('/api/projects', body)), JSON.stringify(body)).toEqual([400, 'validation_failed']);
    }
    expect(code(await browser.post('/api/projects', { name: 'x', owner: 'me' }))).toEqual([400, 'unknown_field']);
    expect((await server.app.inject({ method: 'POST', url: '/api/projects', payload: { name: 'x' } })).statusCode).toBe(401);
  });

  test('a wished slug is kept or refused, never changed', async () => {
    const { browser } = await registerUser(server);
    expect((await browser.post('/api/projects', { name: 'x', slug: 'wished' })).json().data.slug).toBe('wished');
    expect(code(await browser.post('/api/projects', { name: 'x', slug: 'wished' }))).toEqual([409, 'already_exists']);
    expect(code(await browser.post('/api/projects', { name: 'x', slug: 'deleted' }))).toEqual([400, 'validation_failed']);
  });

  test('slugs of any name are usable in an address', () => {
    const names = ['Привет', '---', 'a'.repeat(300), 'deleted', '0190b5a4-7c2e-7000-8000-000000000000', `'; drop table x; --`];
    expect(names.map(slugOf)).toEqual([
      'project',
      'project',
      'a'.repeat(60),
      'project-deleted',
      'project-0190b5a4-7c2e-7000-8000-000000000000',
      'drop-table-x',
    ]);
  });
});

describe('deleting', () => {
  test('hides at once, can be undone for a day, then removes all that is its own', async () => {
    const owner = await registerUser(server);
    const project = await createProject(owner);
    await server.deps.pool.query(`insert into piper.runs (id, kind, project_id) values (gen_random_uuid(), 'x', $1)`, [
      project.id,
    ]);
    expect((await owner.browser.delete(`/api/projects/${project.slug}`)).statusCode).toBe(200);
    expect((await owner.browser.get(`/api/projects/${project.id}`)).statusCode).toBe(404);
    expect((await owner.browser.get('/api/projects/deleted')).json().data.map((row: { id: string }) => row.id)).toEqual([
      project.id,
    ]);
    expect((await owner.browser.delete(`/api/projects/${project.id}`)).statusCode).toBe(404);
    clock.advance(23 * 3_600_000);
    await purgeDeletedProjects(ctxFor(server.deps, system, 'test'));
    owner.browser.token = undefined;
    await owner.browser.refresh();
    expect((await owner.browser.post(`/api/projects/${project.id}/restore`)).json().data.name).toBe(project.name);
    expect((await owner.browser.get(`/api/projects/${project.id}`)).statusCode).toBe(200);
    await owner.browser.delete(`/api/projects/${project.id}`);
    clock.advance(25 * 3_600_000);
    await owner.browser.refresh();
    expect((await owner.browser.post(`/api/projects/${project.id}/restore`)).statusCode).toBe(404);
    expect(await purgeDeletedProjects(ctxFor(server.deps, system, 'test'))).toBe(1);
    const left = await server.deps.pool.query(
      `select 1 from piper.projects where id = $1 union all select 1 from piper.members where project_id = $1 union all select 1 from piper.runs where project_id = $1`,
      [project.id],
    );
    expect(left.rowCount).toBe(0);
  });

  test('is for owners; strangers do not learn that it exists', async () => {
    const [owner, admin, viewer, stranger] = [
      await registerUser(server),
      await registerUser(server),
      await registerUser(server),
      await registerUser(server),
    ];
    const project = await createProject(owner);
    await addMember(owner, project, admin, 'admin');
    await addMember(owner, project, viewer, 'viewer');
    expect(code(await admin.browser.delete(`/api/projects/${project.id}`))).toEqual([403, 'forbidden']);
    expect(code(await viewer.browser.delete(`/api/projects/${project.id}`))).toEqual([403, 'forbidden']);
    for (const id of [project.id, project.slug, '0190b5a4-7c2e-7000-8000-000000000000', `x'--`]) {
      const url = `/api/projects/${encodeURIComponent(id)}`;
      expect([404, 400]).toContain((await stranger.browser.delete(url)).statusCode);
      expect([404, 400]).toContain((await stranger.browser.post(`${url}/restore`)).statusCode);
      expect([404, 400]).toContain((await stranger.browser.post(`${url}/invitations`, { email: 'a@example.com' })).statusCode);
    }
    await owner.browser.delete(`/api/projects/${project.id}`);
    expect(code(await admin.browser.post(`/api/projects/${project.id}/restore`))).toEqual([403, 'forbidden']);
    expect(code(await stranger.browser.post(`/api/projects/${project.id}/restore`))).toEqual([404, 'not_found']);
  });
});

describe('a takeover', () => {
  test('is for owners of the instance, recorded, and told to the members', async () => {
    const own = await openTestServer();
    try {
      const boss = await registerUser(own);
      const owner = await registerUser(own);
      const project = await createProject(owner);
      expect((await boss.browser.get(`/api/projects/${project.id}`)).statusCode).toBe(404);
      const stranger = await registerUser(own);
      const why = { reason: 'Its owner has left.' };
      expect(code(await stranger.browser.post(`/api/projects/${project.id}/takeover`, why))).toEqual([404, 'not_found']);
      for (const without of [undefined, {}, { reason: ' ' }])
        expect(code(await boss.browser.post(`/api/projects/${project.slug}/takeover`, without))).toEqual([
          400,
          'validation_failed',
        ]);
      await addMember(owner, project, boss, 'viewer');
      for (let again = 0; again < 2; again++)
        expect((await boss.browser.post(`/api/projects/${project.slug}/takeover`, why)).statusCode).toBe(200);
      const changed = await own.deps.pool.query(
        `select data->'before'->>'role' as before, data->'after'->>'role' as after from piper.events where type = 'member.updated' and topic = $1`,
        [`project:${project.id}`],
      );
      expect(changed.rows).toEqual([{ before: 'viewer', after: 'owner' }]);
      expect((await boss.browser.delete(`/api/projects/${project.id}`)).statusCode).toBe(200);
      expect(await securityEvents(own, 'project.taken_over')).toMatchObject([{ actor: `user:${boss.user.id}`, data: why }]);
      const { rows } = await own.deps.pool.query<{ topic: string; reason: string }>(
        `select topic, data->>'reason' as reason from piper.events where type = 'project.taken_over' order by topic`,
      );
      expect(rows.every((row) => row.reason === why.reason)).toBe(true);
      const told = [`project:${project.id}`, 'security', `user:${boss.user.id}`, `user:${owner.user.id}`];
      expect(rows.map((row) => row.topic).toSorted()).toEqual(told.toSorted());
    } finally {
      await own.close();
    }
  });
});

describe('invitations', () => {
  test('go out by mail when it is configured', async () => {
    const smtp = await startFakeSmtp();
    const own = await openTestServer({ env: { smtpUrl: smtp.url } });
    try {
      const owner = await registerUser(own);
      const project = await createProject(owner, { name: 'Line\nBcc: evil@example.com' });
      const reply = await owner.browser.post(`/api/projects/${project.id}/invitations`, { email: 'guest@example.com' });
      expect(reply.json().data.mailed).toBe(true);
      const mail = await until(() => smtp.received[0]);
      expect(mail.to).toEqual(['guest@example.com']);
      expect(mail.data).toContain('Subject: Invitation to Line Bcc: evil@example.com');
      expect(mail.data.replaceAll(/=\r?\n/g, '').replaceAll('=3D', '=')).toContain(reply.json().data.url);
    } finally {
      await own.close();
      await smtp.close();
    }
  });

  test('are a link that works once', async () => {
    const owner = await registerUser(server);
    const project = await createProject(owner);
    const reply = await owner.browser.post(`/api/projects/${project.id}/invitations`, {
      email: 'new@example.com',
      role: 'viewer',
    });
    const { token, url } = reply.json().data;
    expect(url).toBe(`http://piper.test/register?invitation=${token}`);
    const preview = await server.app.inject({ method: 'POST', url: '/api/invitations/preview', payload: { token } });
    expect(preview.json().data).toMatchObject({
      email: 'new@example.com',
      role: 'viewer',
      projectId: project.id,
      projectName: project.name,
      invitedBy: owner.user.name,
    });
    const guest = await registerUser(server, { invitation: token });
    expect((await guest.browser.get(`/api/projects/${project.id}`)).statusCode).toBe(200);
    const second = await registerUser(server);
    expect(code(await second.browser.post('/api/invitations/accept', { token }))).toEqual([404, 'invitation_invalid']);
    const third = await server.app.inject({
      method: 'POST',
      url: '/api/auth/register',
      payload: { email: 'third@example.com', password: 'correct horse', name: 'x', invitation: token },
    });
    expect(code(third)).toEqual([404, 'invitation_invalid']);
    const { rowCount } = await server.deps.pool.query(`select 1 from piper.users where email = 'third@example.com'`);
    expect(rowCount).toBe(0);
  });

  test('two people at once: one gets in', async () => {
    const owner = await registerUser(server);
    const project = await createProject(owner);
    const invited = await owner.browser.post(`/api/projects/${project.id}/invitations`, { email: 'new@example.com' });
    const { token } = invited.json().data;
    const people = [await registerUser(server), await registerUser(server)];
    const replies = await Promise.all(people.map((person) => person.browser.post('/api/invitations/accept', { token })));
    expect(replies.map((reply) => reply.statusCode).toSorted()).toEqual([200, 404]);
  });

  test('expire, and are void when the project is gone', async () => {
    const owner = await registerUser(server);
    const project = await createProject(owner);
    const invite = async () =>
      (await owner.browser.post(`/api/projects/${project.id}/invitations`, { email: 'new@example.com' })).json().data.token;
    const [late, orphan] = [await invite(), await invite()];
    const guest = await registerUser(server);
    await owner.browser.delete(`/api/projects/${project.id}`);
    for (const verb of ['preview', 'accept'])
      expect(code(await guest.browser.post(`/api/invitations/${verb}`, { token: orphan }))).toEqual([404, 'invitation_invalid']);
    await owner.browser.post(`/api/projects/${project.id}/restore`);
    clock.advance(8 * 24 * 3_600_000);
    const later = await registerUser(server);
    expect(code(await later.browser.post('/api/invitations/accept', { token: late }))).toEqual([404, 'invitation_invalid']);
  });

  test('only managers invite, only owners invite owners', async () => {
    const [owner, admin, member] = [await registerUser(server), await registerUser(server), await registerUser(server)];
    const project = await createProject(owner);
    await addMember(owner, project, admin, 'admin');
    await addMember(owner, project, member, 'member');
    const url = `/api/projects/${project.id}/invitations`;
    expect(code(await member.browser.post(url, { email: 'a@example.com' }))).toEqual([403, 'forbidden']);
    expect(code(await admin.browser.post(url, { email: 'a@example.com', role: 'owner' }))).toEqual([403, 'forbidden']);
    expect((await admin.browser.post(url, { email: 'a@example.com', role: 'admin' })).statusCode).toBe(201);
    expect(await securityEvents(server, 'role.changed')).toEqual([]);
  });
});
