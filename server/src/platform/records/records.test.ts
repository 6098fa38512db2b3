import { describe, expect, test } from 'vitest';
import { actorsFeature, addProject, addUser } from '../../../../test/actors.ts';
import { useTestServer } from '../../../../test/harness.ts';

const server = useTestServer({ features: [actorsFeature] });

const get = async (url: string, headers: Record<string, string>) => {
  const reply = await server.app.inject({ url, headers });
  return { status: reply.statusCode, body: reply.json() as { data: never; meta?: never; error?: { code: string } } };
};

describe('reading', () => {
  test('members see their projects, nobody else does', async () => {
    const [ann, ben] = [await addUser(server.deps.db), await addUser(server.deps.db)];
    const project = await addProject(server.deps.db, { [ann.userId]: 'owner' });
    const list = await get('/api/projects', ann.headers);
    expect(list).toMatchObject({ status: 200, body: { data: [{ id: project.id, name: 'Test' }], meta: { nextCursor: null } } });
    expect((await get('/api/projects', ben.headers)).body.data).toEqual([]);
    expect((await get(`/api/projects/${project.id}`, ann.headers)).status).toBe(200);
    expect((await get(`/api/projects/${project.id}`, ben.headers)).status).toBe(404);
    expect((await get('/api/projects/nonsense', ben.headers)).status).toBe(404);
    const nested = await get(
      '/api/members?fields=role,project.name,user.name,user.email,allowedActions&filter={"project":{"name":{"_eq":"Test"}}}',
      ann.headers,
    );
    expect(nested.body.data).toEqual([
      {
        role: 'owner',
        project: { name: 'Test' },
        user: { name: 'Test', email: `${ann.userId}@example.com` },
        allowedActions: ['read', 'update', 'delete'],
      },
    ]);
    expect((await get('/api/models', ann.headers)).status).toBe(200);
    const all = await get('/api/models/users', ann.headers);
    expect(all.body).toMatchObject({ data: { key: 'users' } });
    for (const { key } of (await get('/api/models', ann.headers)).body.data as { key: string }[])
      expect([key, (await get(`/api/${key}`, ann.headers)).status]).toEqual([key, 200]);
  });
});
