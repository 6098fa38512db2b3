/** Custom roles: who makes them, who gives them to whom, and what becomes of them when they go. */
import { beforeAll, describe, expect, test } from 'vitest';
import { addMember, createProject, registerUser, type TestUser } from '../../../../test/accounts.ts';
import { until, useTestServer } from '../../../../test/harness.ts';
import { system } from '#platform/actor';
import { ctxFor } from '#platform/ctx';
import { applyActions } from './index.ts';

const server = useTestServer();
const people = {} as Record<'owner' | 'admin' | 'member' | 'viewer' | 'stranger', TestUser>;
let project: { id: string; slug: string };
let roles: string;
let customers: string;

beforeAll(async () => {
  for (const name of ['owner', 'admin', 'member', 'viewer', 'stranger'] as const) people[name] = await registerUser(server);
  project = await createProject(people.owner);
  roles = `/api/projects/${project.slug}/roles`;
  customers = `/api/projects/${project.slug}/items/customers`;
  for (const role of ['admin', 'member', 'viewer'] as const) await addMember(people.owner, project, people[role], role);
  await make({ key: 'sales', name: 'Sales' });
  await applyActions(ctxFor(server.deps, system, 'test'), project.id, [
    {
      do: 'create-model',
      model: {
        label: 'Customer',
        labelPlural: 'Customers',
        fields: [{ type: 'text', label: 'Name' }],
        rules: [
          { id: 'r1', action: 'read', roles: ['owner', 'viewer'], filter: {}, fields: '*' },
          { id: 'r2', action: 'create', roles: ['owner', 'sales'], filter: {}, fields: '*' },
          { id: 'r3', action: 'delete', roles: ['sales'], filter: {}, fields: '*' },
        ],
      },
    },
  ]);
});

const make = (body: object, who: TestUser = people.owner) => who.browser.post(roles, body);

async function memberId(user: TestUser): Promise<string> {
  const filter = encodeURIComponent(JSON.stringify({ projectId: { _eq: project.id }, userId: { _eq: user.user.id } }));
  return (await people.owner.browser.get(`/api/members?filter=${filter}`)).json<{ data: { id: string }[] }>().data[0]!.id;
}

describe('making roles', () => {
  test('a role gets its key from its name, and is read, changed and listed', async () => {
    const made = await make({ name: ' Größe & Co ', description: 'd' });
    expect([made.statusCode, made.json().data]).toMatchObject([201, { key: 'gro-e-co', name: 'Größe & Co', members: 0 }]);
    expect((await make({ name: 'Größe / Co' })).json().data.key).toBe('gro-e-co-2');
    expect((await make({ name: '🎉' })).json().data.key).toBe('role');
    expect((await make({ name: 'Owner!' })).json().data.key).toBe('owner-2');
    const changed = await people.admin.browser.patch(`${roles}/gro-e-co`, { name: 'Big' });
    expect(changed.json().data).toMatchObject({ name: 'Big', description: 'd', version: 2 });
    expect((await people.viewer.browser.get(`${roles}/${made.json().data.id}`)).json().data.name).toBe('Big');
    const listed = (await people.viewer.browser.get(roles)).json<{ data: { key: string }[] }>().data;
    expect(listed.map((role) => role.key)).toEqual(expect.arrayContaining(['gro-e-co', 'role']));
  });

  test('no two have the same name, nor one that of a built-in role', async () => {
    expect((await make({ name: 'Field  Staff' })).statusCode).toBe(201);
    for (const name of ['field staff', ' FIELD STAFF ', 'Owner', 'VIEWER']) {
      const refused = await make({ name });
      expect([refused.statusCode, refused.json().error]).toMatchObject([
        409,
        { code: 'already_exists', details: [{ path: 'name' }] },
      ]);
    }
    expect((await make({ name: 'Office' })).statusCode).toBe(201);
    for (const name of ['field staff', 'Admin'])
      expect((await people.owner.browser.patch(`${roles}/office`, { name })).statusCode).toBe(409);
    expect((await people.owner.browser.patch(`${roles}/office`, { name: 'OFFICE' })).statusCode).toBe(200);
  });

  test('keys are bounded, free, and no built-in ones', async () => {
    for (const key of ['owner', 'Sales', '1st', 'a_b', '', 'x'.repeat(41), 'MEMBER']) {
      expect([key, (await make({ name: 'x', key })).statusCode]).toEqual([key, key === 'owner' ? 409 : 400]);
    }
    expect((await make({ name: 'x', key: 'taken' })).statusCode).toBe(201);
    expect((await make({ name: 'x', key: 'taken' })).json().error.code).toBe('already_exists');
    expect((await people.owner.browser.patch(`${roles}/taken`, { key: 'other' })).statusCode).toBe(400);
  });

  test('only managers make, change and delete them; strangers know nothing of them', async () => {
    for (const [name, status] of [
      ['admin', 201],
      ['member', 403],
      ['viewer', 403],
      ['stranger', 404],
    ] as const) {
      expect([name, (await make({ name: `by ${name}` }, people[name])).statusCode]).toEqual([name, status]);
    }
    for (const [name, status] of [
      ['member', 403],
      ['stranger', 404],
    ] as const) {
      expect((await people[name].browser.patch(`${roles}/by-admin`, { name: 'x' })).statusCode).toBe(status);
      expect((await people[name].browser.delete(`${roles}/by-admin`)).statusCode).toBe(status);
    }
    expect((await people.stranger.browser.get(roles)).statusCode).toBe(404);
    expect((await people.admin.browser.delete(`${roles}/by-admin`)).statusCode).toBe(204);
    expect((await people.admin.browser.delete(`${roles}/by-admin`)).statusCode).toBe(404);
  });
});

describe('holding roles', () => {
  test('a viewer with a role that may create creates, and no longer once it is taken', async () => {
    const id = await memberId(people.viewer);
    expect((await people.viewer.browser.post(customers, { name: 'a' })).statusCode).toBe(403);
    const given = await people.admin.browser.patch(`/api/members/${id}`, { roles: ['sales'] });
    expect([given.statusCode, given.json().data.roles]).toEqual([200, ['sales']]);
    await until(async () => (await people.viewer.browser.post(customers, { name: 'a' })).statusCode === 200);
    const key = (await people.viewer.browser.post('/api/keys', { name: 'k', access: 'write' })).json().data;
    const headers = { authorization: `Bearer ${key.key}` };
    const byKey = await server.app.inject({ method: 'POST', url: customers, headers, payload: { name: 'b' } });
    expect(byKey.statusCode).toBe(200);
    await people.owner.browser.patch(`/api/members/${id}`, { roles: [] });
    await until(async () => (await people.viewer.browser.post(customers, { name: 'a' })).statusCode === 403);
  });

  test('only managers give roles, only such as there are, and only owners touch an owner', async () => {
    const [viewer, owner] = [await memberId(people.viewer), await memberId(people.owner)];
    const give = (who: TestUser, id: string, roles: unknown) => who.browser.patch(`/api/members/${id}`, { roles });
    expect((await give(people.member, viewer, ['sales'])).statusCode).toBe(403);
    expect((await give(people.viewer, viewer, ['sales'])).statusCode).toBe(403);
    expect((await give(people.stranger, viewer, ['sales'])).statusCode).toBe(404);
    expect((await give(people.admin, owner, ['sales'])).statusCode).toBe(403);
    expect((await give(people.owner, owner, ['sales'])).statusCode).toBe(200);
    for (const wrong of [['nobody'], ['owner'], 'sales', [1], ['sales', 'sales'], null])
      expect([wrong, (await give(people.admin, viewer, wrong)).statusCode]).toEqual([wrong, 400]);
    const added = { projectId: project.id, userId: people.stranger.user.id, role: 'viewer' };
    expect((await people.admin.browser.post('/api/members', { ...added, roles: ['nobody'] })).statusCode).toBe(400);
    const other = await createProject(people.owner);
    await people.owner.browser.post(`/api/projects/${other.id}/roles`, { key: 'elsewhere', name: 'x' });
    expect((await give(people.admin, viewer, ['elsewhere'])).statusCode).toBe(400);
    const filter = encodeURIComponent(JSON.stringify({ roles: { _contains: 'sales' } }));
    expect((await people.viewer.browser.get(`/api/members?filter=${filter}&fields=id`)).json().data).toEqual([{ id: owner }]);
  });
});

describe('deleting a role in use', () => {
  test('says what uses it; with detach it goes from members, rules and tests', async () => {
    const refused = await people.owner.browser.delete(`${roles}/sales`);
    expect([refused.statusCode, refused.json().error]).toMatchObject([
      409,
      { code: 'still_referenced', details: { members: 1, rules: [{ rule: 'r2' }, { rule: 'r3' }], permissionTests: [] } },
    ]);
    expect(refused.json().error.message).toContain('1 member holds, 2 rules name it');
    expect((await people.owner.browser.delete(`${roles}/sales?detach=true`)).statusCode).toBe(204);
    const owner = (await people.owner.browser.get(`/api/members/${await memberId(people.owner)}`)).json().data;
    expect(owner.roles).toEqual([]);
    const { rows } = await server.deps.pool.query<{ definition: { rules: { id: string; roles: string[] }[] } }>(
      `select definition from piper.data_models where key = 'customers'`,
    );
    expect(rows[0]!.definition.rules.map(({ id, roles: named }) => [id, named])).toEqual([
      ['r1', ['owner', 'viewer']],
      ['r2', ['owner']],
    ]);
    const { rows: events } = await server.deps.pool.query<{ data: object }>(
      `select data from piper.events where type = 'member.updated' order by position desc limit 1`,
    );
    expect(events[0]!.data).toMatchObject({ before: { roles: ['sales'] }, after: { roles: [] } });
  });
});

describe('deleting a role that something in the bin or a test names', () => {
  const rulesFor = (...named: string[]) => [
    { action: 'read', roles: ['owner', ...named], filter: {}, fields: '*' },
    { action: 'delete', roles: named, filter: {}, fields: '*' },
    { action: 'create', roles: ['owner'], filter: {}, fields: '*' },
  ];
  const place = async () => {
    const { owner } = people;
    const { id } = await createProject(owner);
    const base = `/api/projects/${id}`;
    await owner.browser.post(`${base}/roles`, { key: 'sales', name: 'Sales' });
    const fields = [{ type: 'text', label: 'Name' }];
    const made = await owner.browser.post('/api/models', { project: id, label: 'Order', fields, rules: rulesFor('sales') });
    const model = `/api/models/${made.json<{ data: { id: string } }>().data.id}`;
    const rules = async () =>
      (await owner.browser.get(`${model}/rules`)).json<{ data: { roles: string[] }[] }>().data.map(({ roles: named }) => named);
    return { base, model, rules, browser: owner.browser };
  };

  test('a model in the bin keeps no role; brought back, it names none that is gone', async () => {
    for (const back of ['restore', 'undo']) {
      const { base, model, rules, browser } = await place();
      const { meta } = (await browser.delete(model)).json<{ meta: { changeSet: string } }>();
      expect((await browser.delete(`${base}/roles/sales`)).statusCode).toBe(204);
      const url = back === 'undo' ? `${base}/change-sets/${meta.changeSet}/undo` : `${model}/restore`;
      const reply = await browser.post(url);
      expect(reply.statusCode, reply.body).toBe(200);
      expect(await rules()).toEqual([['owner'], ['owner']]);
    }
  });

  test('its own permission tests, which go with it, do not stand in the way; others do', async () => {
    const { base, rules, browser } = await place();
    expect((await browser.post(`${base}/items/order`, { name: 'a' })).statusCode).toBe(200);
    const record = { filter: {} };
    const may = { action: 'read', model: 'order', expect: 'allowed', record };
    await browser.post(`${base}/permission-tests`, { ...may, name: 'sales read', as: { roles: ['sales'] } });
    const kept = await browser.post(`${base}/permission-tests`, { ...may, name: 'owners read', as: { roles: ['owner'] } });
    expect(kept.statusCode, kept.body).toBe(201);
    const gone = await browser.delete(`${base}/roles/sales?detach=true`);
    expect(gone.statusCode, gone.body).toBe(204);
    expect(await rules()).toEqual([['owner'], ['owner']]);
    const left = (await browser.get(`${base}/permission-tests`)).json<{ data: { name: string }[] }>().data;
    expect(left.map(({ name }) => name)).toEqual(['owners read']);
  });
});
