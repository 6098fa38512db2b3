/** Who belongs to a project and what their role lets them do, for every role; renames and the slugs they leave behind. */
import { describe, expect, test } from 'vitest';
import type { ProjectRole } from '@piper/shared/system-models/roles';
import { addMember, createProject, registerUser, type TestUser } from '../../../../test/accounts.ts';
import { useTestServer } from '../../../../test/harness.ts';
import { PiperError } from '@piper/shared/errors';
import type { ProjectVerb } from '@piper/shared/projects';
import { ctxFor } from '#platform/ctx';
import { accessProject } from './projects.access.ts';

const server = useTestServer();
const code = (reply: { statusCode: number; json(): { error?: { code: string } } }) => [
  reply.statusCode,
  reply.json().error?.code,
];

async function team() {
  const [owner, admin, member, viewer, stranger] = await Promise.all([1, 2, 3, 4, 5].map(() => registerUser(server)));
  const project = await createProject(owner!);
  await addMember(owner!, project, admin!, 'admin');
  await addMember(owner!, project, member!, 'member');
  await addMember(owner!, project, viewer!, 'viewer');
  const idOf = async (user: TestUser): Promise<string> => {
    const filter = JSON.stringify({ projectId: { _eq: project.id }, userId: { _eq: user.user.id } });
    const reply = await owner!.browser.get(`/api/members?filter=${encodeURIComponent(filter)}`);
    return reply.json().data[0].id;
  };
  return { owner: owner!, admin: admin!, member: member!, viewer: viewer!, stranger: stranger!, project, idOf };
}

describe('accessProject', () => {
  test('says for every role and verb what the design says', async () => {
    const people = await team();
    const may: Record<ProjectRole | 'stranger', Record<ProjectVerb, string>> = {
      owner: { read: 'yes', write: 'yes', manage: 'yes', own: 'yes' },
      admin: { read: 'yes', write: 'yes', manage: 'yes', own: 'forbidden' },
      member: { read: 'yes', write: 'yes', manage: 'forbidden', own: 'forbidden' },
      viewer: { read: 'yes', write: 'forbidden', manage: 'forbidden', own: 'forbidden' },
      stranger: { read: 'not_found', write: 'not_found', manage: 'not_found', own: 'not_found' },
    };
    for (const [role, verbs] of Object.entries(may)) {
      const { user } = people[role as keyof typeof may];
      const ctx = ctxFor(server.deps, { kind: 'user', userId: user.id, role: 'OWNER', sessionId: '' }, 'test');
      for (const [verb, expected] of Object.entries(verbs)) {
        for (const reference of [people.project.id, people.project.slug]) {
          const outcome = await accessProject(ctx, reference, verb as ProjectVerb).then(
            () => 'yes',
            (error: unknown) => (error instanceof PiperError ? error.code : error),
          );
          expect(outcome, `${role} ${verb}`).toBe(expected);
        }
      }
    }
  });

  test('holds keys to their project and to reading', async () => {
    const { owner, project } = await team();
    const other = await createProject(owner);
    const key = {
      kind: 'key',
      userId: owner.user.id,
      role: 'MEMBER',
      keyId: 'x',
      projectId: project.id,
      access: 'read',
    } as const;
    const ctx = ctxFor(server.deps, key, 'test');
    await expect(accessProject(ctx, project.id, 'read')).resolves.toMatchObject({ id: project.id });
    await expect(accessProject(ctx, project.id, 'write')).rejects.toMatchObject({ code: 'scope_insufficient' });
    await expect(accessProject(ctx, other.slug, 'read')).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('members', () => {
  test('managers add, change and remove; others may not', async () => {
    const { owner, admin, member, viewer, stranger, project, idOf } = await team();
    const newcomer = await registerUser(server);
    const body = { projectId: project.id, userId: newcomer.user.id, role: 'viewer' };
    for (const [who, status] of [
      [member, 403],
      [viewer, 403],
      [stranger, 403],
    ] as const) {
      expect([status, 404]).toContain((await who.browser.post('/api/members', body)).statusCode);
    }
    expect((await newcomer.browser.get(`/api/projects/${project.id}`)).statusCode).toBe(404);
    const added = await admin.browser.post('/api/members', body);
    expect(added.statusCode).toBe(201);
    expect((await newcomer.browser.get(`/api/projects/${project.id}`)).statusCode).toBe(200);
    expect((await admin.browser.post('/api/members', body)).statusCode).toBe(409);
    const url = `/api/members/${added.json().data.id}`;
    expect((await member.browser.patch(url, { role: 'admin' })).statusCode).toBe(403);
    expect((await stranger.browser.patch(url, { role: 'admin' })).statusCode).toBe(404);
    expect((await stranger.browser.delete(url)).statusCode).toBe(404);
    expect((await admin.browser.patch(url, { role: 'member' })).json().data.role).toBe('member');
    expect((await owner.browser.delete(url)).statusCode).toBe(204);
    expect((await newcomer.browser.get(`/api/projects/${project.id}`)).statusCode).toBe(404);
    expect((await viewer.browser.delete(`/api/members/${await idOf(viewer)}`)).statusCode).toBe(204);
    expect((await viewer.browser.get(`/api/projects/${project.id}`)).statusCode).toBe(404);
  });

  test('only owners make and unmake owners', async () => {
    const { owner, admin, project, idOf } = await team();
    const newcomer = await registerUser(server);
    const body = { projectId: project.id, userId: newcomer.user.id, role: 'owner' };
    expect(code(await admin.browser.post('/api/members', body))).toEqual([403, 'forbidden']);
    expect(code(await admin.browser.patch(`/api/members/${await idOf(admin)}`, { role: 'owner' }))).toEqual([403, 'forbidden']);
    expect(code(await admin.browser.patch(`/api/members/${await idOf(owner)}`, { role: 'viewer' }))).toEqual([403, 'forbidden']);
    expect(code(await admin.browser.delete(`/api/members/${await idOf(owner)}`))).toEqual([403, 'forbidden']);
    expect((await owner.browser.patch(`/api/members/${await idOf(admin)}`, { role: 'owner' })).statusCode).toBe(200);
  });

  test('the last owner stays, also when two go at once', async () => {
    const { owner, admin, idOf } = await team();
    const [first, second] = [await idOf(owner), await idOf(admin)];
    expect(code(await owner.browser.delete(`/api/members/${first}`))).toEqual([422, 'last_owner']);
    expect(code(await owner.browser.patch(`/api/members/${first}`, { role: 'member' }))).toEqual([422, 'last_owner']);
    await owner.browser.patch(`/api/members/${second}`, { role: 'owner' });
    const both = await Promise.all([
      owner.browser.delete(`/api/members/${first}`),
      admin.browser.patch(`/api/members/${second}`, { role: 'member' }),
    ]);
    expect(both.filter((reply) => reply.statusCode < 300)).toHaveLength(1);
    expect(both.filter((reply) => reply.statusCode === 422)).toHaveLength(1);
  });
});

describe('renaming', () => {
  test('moves the slug, and former ones keep working and stay reserved', async () => {
    const owner = await registerUser(server);
    const project = await createProject(owner, { name: 'First words' });
    const renamed = (await owner.browser.patch(`/api/projects/${project.id}`, { name: 'Second words' })).json().data;
    expect(renamed).toMatchObject({ id: project.id, slug: 'second-words' });
    expect((await owner.browser.get('/api/projects/first-words')).json().data.id).toBe(project.id);
    const stranger = await registerUser(server);
    expect((await stranger.browser.get('/api/projects/first-words')).statusCode).toBe(404);
    expect((await createProject(stranger, { name: 'First words' })).slug).toBe('first-words-2');
    expect(code(await stranger.browser.post('/api/projects', { name: 'x', slug: 'first-words' }))).toEqual([
      409,
      'already_exists',
    ]);
    expect((await owner.browser.patch(`/api/projects/second-words`, { name: 'First words' })).json().data.slug).toBe(
      'first-words',
    );
    expect((await owner.browser.get('/api/projects/second-words')).json().data.slug).toBe('first-words');
  });

  test('is for managers', async () => {
    const { admin, member, viewer, stranger, project } = await team();
    for (const [who, status] of [
      [member, 403],
      [viewer, 403],
      [stranger, 404],
      [admin, 200],
    ] as const) {
      expect((await who.browser.patch(`/api/projects/${project.id}`, { description: 'new' })).statusCode).toBe(status);
    }
    expect((await admin.browser.patch(`/api/projects/${project.id}`, { deletedAt: '2020-01-01T00:00:00Z' })).statusCode).toBe(
      400,
    );
  });
});

test('invitations are seen and withdrawn by managers only, and never show their token', async () => {
  const { owner, admin, member, project, stranger } = await team();
  const invited = (await owner.browser.post(`/api/projects/${project.id}/invitations`, { email: 'x@example.com' })).json().data;
  const url = `/api/invitations/${invited.id}`;
  const seen = await admin.browser.get(url);
  expect(seen.json().data.email).toBe('x@example.com');
  expect(seen.body).not.toContain(invited.token);
  for (const who of [member, stranger]) {
    expect((await who.browser.get(url)).statusCode).toBe(404);
    expect((await who.browser.delete(url)).statusCode).toBe(404);
  }
  expect((await admin.browser.delete(url)).statusCode).toBe(204);
  expect(code(await stranger.browser.post('/api/invitations/accept', { token: invited.token }))).toEqual([
    404,
    'invitation_invalid',
  ]);
});

test('the log tells of invitations to managers only', async () => {
  const { owner, admin, member, viewer, project } = await team();
  const invite = await owner.browser.post(`/api/projects/${project.id}/invitations`, { email: 'secret@example.com' });
  await owner.browser.delete(`/api/invitations/${invite.json().data.id}`);
  const url = `/api/events?limit=-1&filter=${encodeURIComponent(JSON.stringify({ projectId: { _eq: project.id } }))}`;
  for (const who of [owner, admin]) expect((await who.browser.get(url)).body).toContain('secret@example.com');
  for (const who of [member, viewer]) {
    const { body } = await who.browser.get(url);
    expect(body).toContain('member.created');
    expect(body).not.toContain('secret@example.com');
  }
});
