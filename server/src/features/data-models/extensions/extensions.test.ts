/** Fields that the instance owner adds to Piper's own models, as everybody meets them over HTTP. */
import { beforeAll, describe, expect, test } from 'vitest';
import { addMember, createProject, registerUser, type TestUser } from '../../../../../test/accounts.ts';
import { openTestServer, until, useTestServer, type TestServer } from '../../../../../test/harness.ts';

const server = useTestServer();
let owner: TestUser;
let admin: TestUser;
let member: TestUser;

beforeAll(async () => {
  owner = await registerUser(server, { name: 'Olga' });
  admin = await registerUser(server, { name: 'Ada' });
  member = await registerUser(server, { name: 'Mo' });
  await done('PATCH', `/api/users/${admin.user.id}`, { role: 'ADMIN' });
});

type Json = Record<string, unknown>;
interface Body {
  data: Json & { id: string; key: string; fields: Json[]; bin: { field: Json }[] };
  meta: { version: number; changeSet: string };
  error: { code: string; message: string; details: { path: string; message: string }[] };
}
type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

async function call(method: Method, url: string, payload?: object, who = owner) {
  const reply = await who.browser.send({ method, url, ...(payload && { payload }) });
  return { status: reply.statusCode, text: reply.body, body: (reply.body === '' ? {} : reply.json()) as Body };
}

async function done(method: Method, url: string, payload?: object, who = owner): Promise<Body> {
  const reply = await call(method, url, payload, who);
  expect(reply.status, reply.text).toBeLessThan(300);
  return reply.body;
}

async function refused(method: Method, url: string, payload?: object, who = owner): Promise<unknown[]> {
  const { status, body } = await call(method, url, payload, who);
  return [status, body.error?.code];
}

const add = (model: string, field: object): Promise<Body> => done('POST', `/api/models/${model}/fields`, field);
const query = (words: Record<string, unknown>): string =>
  Object.entries(words)
    .map(([key, value]) => `${key}=${encodeURIComponent(typeof value === 'string' ? value : JSON.stringify(value))}`)
    .join('&');
const list = async (model: string, words: Record<string, unknown>, who = owner): Promise<Json[]> =>
  (await done('GET', `/api/${model}?${query(words)}`, undefined, who)).data as unknown as Json[];

async function columns(table: string): Promise<string[]> {
  const { rows } = await server.deps.pool.query<{ name: string }>(
    `select attname as name from pg_attribute where attrelid = $1::regclass and attname ~ '^(x_|_bin)' and not attisdropped order by 1`,
    [table],
  );
  return rows.map((row) => row.name);
}

describe('a field of projects', () => {
  test('is added, set, read, filtered, sorted, grouped and computed with', async () => {
    const { data } = await add('projects', { type: 'text', label: 'Customer number', unique: true });
    expect(data).toMatchObject({ key: 'x_customer_number', type: 'text', creatable: true, updatable: true });
    await add('projects', { type: 'decimal', label: 'Budget', key: 'x_budget', index: true });
    await add('projects', {
      type: 'formula',
      label: 'Name and number',
      options: { formula: '{name} & "/" & {x_customer_number}' },
    });
    expect(await columns('piper.projects')).toEqual(['x_budget', 'x_customer_number']);

    const made = await done('POST', '/api/projects', { name: 'North', x_customer_number: 'K1', x_budget: '10.50' });
    expect(made.data).toMatchObject({ name: 'North', x_customer_number: 'K1', x_budget: '10.50', x_name_and_number: 'North/K1' });
    const south = (await done('POST', '/api/projects', { name: 'South', x_budget: '99.00' })).data.id;
    await done('PATCH', `/api/projects/${south}`, { x_customer_number: 'K2' });
    expect((await done('GET', `/api/projects/${south}`)).data).toMatchObject({ name: 'South', x_customer_number: 'K2' });

    const names = async (words: Json): Promise<unknown[]> =>
      (await list('projects', { fields: 'name', ...words })).map((project) => project['name']);
    expect(await names({ filter: { x_customer_number: { _starts_with: 'K' } }, sort: '-x_budget' })).toEqual(['South', 'North']);
    expect(await names({ filter: { x_budget: { _lt: 20 } } })).toEqual(['North']);
    expect(await names({ filter: { x_name_and_number: { _eq: 'South/K2' } } })).toEqual(['South']);
    expect(
      await list('projects', { aggregate: { sum: 'x_budget' }, groupBy: 'x_customer_number', sort: 'x_customer_number' }),
    ).toEqual([
      { x_customer_number: 'K1', sum: { x_budget: '10.50' } },
      { x_customer_number: 'K2', sum: { x_budget: '99.00' } },
    ]);
    expect(await refused('PATCH', `/api/projects/${south}`, { x_customer_number: 'K1' })).toEqual([409, 'already_exists']);
    expect(await refused('PATCH', `/api/projects/${south}`, { x_budget: 'much' })).toEqual([400, 'validation_failed']);
    expect(await refused('PATCH', `/api/projects/${south}`, { x_nothing: 1 })).toEqual([400, 'unknown_field']);
  });

  test('is shown in the definition, in events and to whoever may read the record', async () => {
    const project = await createProject(owner);
    await addMember(owner, project, member);
    await done('PATCH', `/api/projects/${project.id}`, { x_customer_number: 'K9' });
    const { data } = await done('GET', '/api/models/projects', undefined, member);
    expect(data.fields.find(({ key }) => key === 'x_customer_number')).toMatchObject({
      label: 'Customer number',
      updatable: true,
    });
    expect(data.bin).toBeUndefined();
    expect((await done('GET', `/api/projects/${project.id}`, undefined, member)).data).toMatchObject({ x_customer_number: 'K9' });
    expect(await refused('PATCH', `/api/projects/${project.id}`, { x_customer_number: 'K8' }, member)).toEqual([
      403,
      'forbidden',
    ]);
    const { rows } = await server.deps.pool.query<{ data: Json }>(
      `select data from piper.events where type = 'project.updated' and subject = $1 order by position desc limit 1`,
      [project.id],
    );
    expect(rows[0]!.data).toMatchObject({ before: { x_customer_number: null }, after: { x_customer_number: 'K9' } });
  });

  test('is renamed, changed in type, deleted, restored and undone, with its values', async () => {
    const { id } = (await add('projects', { type: 'text', label: 'Area', key: 'x_area' })).data;
    const project = (await done('POST', '/api/projects', { name: 'Here', x_area: '12' })).data.id;
    const value = async (key: string): Promise<unknown> => (await done('GET', `/api/projects/${project}`)).data[key];
    const renamed = await done('PATCH', `/api/models/projects/fields/x_area`, { key: 'x_surface', label: 'Surface' });
    expect(renamed.data).toMatchObject({ id, key: 'x_surface' });
    expect([await value('x_surface'), await value('x_area')]).toEqual(['12', undefined]);
    const retyped = await done('PATCH', `/api/models/projects/fields/${id}`, { type: 'integer' });
    expect(await value('x_surface')).toBe(12);
    await done('POST', `/api/change-sets/${retyped.meta.changeSet}/undo`);
    expect(await value('x_surface')).toBe('12');
    await done('DELETE', '/api/models/projects/fields/x_surface');
    expect(await value('x_surface')).toBeUndefined();
    expect(await columns('piper.projects')).not.toContain('x_surface');
    const { data } = await done('GET', '/api/models/projects');
    expect(data.bin.map(({ field }) => field['key'])).toContain('x_surface');
    await done('POST', `/api/models/projects/fields/${id}/restore`);
    expect(await value('x_surface')).toBe('12');
    const made = await add('projects', { type: 'boolean', label: 'Paid' });
    await done('POST', `/api/change-sets/${made.meta.changeSet}/undo`);
    expect((await done('GET', '/api/models/projects')).data.fields.map(({ key }) => key)).not.toContain('x_paid');
    await done('POST', `/api/change-sets/${made.meta.changeSet}/redo`);
    expect((await done('GET', '/api/models/projects')).data.fields.map(({ key }) => key)).toContain('x_paid');
  });

  test('is previewed and listed in the history', async () => {
    const actions = [{ do: 'create-field', model: 'projects', field: { type: 'date', label: 'Due' } }];
    const preview = (await done('POST', '/api/change-sets/preview', { actions })).data;
    expect(preview).toMatchObject({ risk: 'safe', steps: [{ model: 'projects', sql: expect.stringContaining('"x_due" date') }] });
    await done('POST', '/api/change-sets', { actions, baseVersion: preview['version'] });
    expect(await refused('POST', '/api/change-sets', { actions, baseVersion: preview['version'] })).toEqual([409, 'conflict']);
    const [latest] = (await done('GET', '/api/change-sets')).data as unknown as Json[];
    expect(latest).toMatchObject({ status: 'applied', models: ['projects'] });
    expect((await done('GET', `/api/change-sets/${latest!['id'] as string}`)).data).toMatchObject({
      actions: [{ do: 'create-field' }],
    });
    await done('DELETE', '/api/models/projects/fields/x_due');
    await done('POST', '/api/bin/empty');
    expect(await columns('piper.projects')).not.toContainEqual(expect.stringMatching(/^_bin/));
    expect(await refused('POST', '/api/bin/empty')).toEqual([404, 'not_found']);
  });
});

describe('what an added field can be', () => {
  test("relations lead to Piper's own records only", async () => {
    const { data } = await add('threads', {
      type: 'relation',
      label: 'Belongs to',
      relation: { kind: 'many-to-one', target: 'projects' },
    });
    expect(data).toMatchObject({ key: 'x_belongs_to', relation: { kind: 'many-to-one', target: 'projects' } });
    await add('projects', { type: 'user', label: 'Contact' });
    const project = (await done('POST', '/api/projects', { name: 'Led', x_contact: admin.user.id })).data.id;
    const [found] = await list('projects', { fields: 'name,x_contact.name', filter: { x_contact: { name: { _eq: 'Ada' } } } });
    expect(found).toEqual({ name: 'Led', x_contact: { name: 'Ada' } });
    const place = await createProject(owner);
    const model = await done('POST', '/api/models', { project: place.id, label: 'Customers' });
    const leads = (target: string, kind = 'many-to-one') => ({ type: 'relation', label: 'To', relation: { kind, target } });
    expect(await refused('POST', '/api/models/projects/fields', leads(model.data.id))).toEqual([400, 'validation_failed']);
    expect(await refused('POST', '/api/models/projects/fields', leads('users', 'many-to-many'))).toEqual([
      400,
      'validation_failed',
    ]);
    await done('DELETE', `/api/projects/${project}`);
  });

  test.each([
    ['projects', { type: 'text', label: 'Needed', required: true }, 400],
    ['projects', { type: 'text', label: 'Plain', key: 'plain' }, 400],
    ['projects', { type: 'text', label: 'Hidden', secret: true }, 400],
    ['projects', { type: 'lookup', label: 'Looked up', options: { relation: 'members', field: 'role' } }, 400],
    ['users', { type: 'formula', label: 'Stolen', options: { formula: '{passwordHash}' } }, 400],
    ['projects', { type: 'text', label: 'Twice', key: 'x_customer_number' }, 409],
    ['nowhere', { type: 'text', label: 'Mood' }, 404],
  ])('of %s, %j is refused', async (model, field, status) => {
    const reply = await call('POST', `/api/models/${model}/fields`, field);
    expect(reply.status, reply.text).toBe(status);
  });

  test('what Piper keeps alone takes none, and says what does', async () => {
    const { status, body } = await call('POST', '/api/models/messages/fields', { type: 'text', label: 'Mood' });
    expect([status, body.error.code]).toEqual([403, 'forbidden']);
    expect(body.error.message).toContain('users, keys, projects, members, files, prompts, threads');
  });

  test("Piper's own fields, rules and models stay as they are", async () => {
    expect(await refused('PATCH', '/api/models/projects/fields/name', { label: 'Title' })).toEqual([403, 'forbidden']);
    expect(await refused('DELETE', '/api/models/projects/fields/name')).toEqual([403, 'forbidden']);
    expect(await refused('DELETE', '/api/models/projects/fields/createdAt')).toEqual([403, 'forbidden']);
    expect(await refused('PATCH', '/api/models/projects', { label: 'Space' })).toEqual([403, 'forbidden']);
    expect(await refused('DELETE', '/api/models/projects')).toEqual([403, 'forbidden']);
    expect(await refused('PUT', '/api/models/projects/rules', { rules: [] })).toEqual([403, 'forbidden']);
    const create = { do: 'create-model', model: { label: 'Mine' } };
    expect(await refused('POST', '/api/change-sets', { actions: [create] })).toEqual([403, 'forbidden']);
  });

  test('only the instance owner adds them', async () => {
    const field = { type: 'text', label: 'Mine' };
    const actions = [{ do: 'create-field', model: 'projects', field }];
    const [changeSet] = (await done('GET', '/api/change-sets')).data as unknown as { id: string }[];
    const latest = changeSet!.id;
    for (const who of [admin, member]) {
      expect(await refused('POST', '/api/models/projects/fields', field, who)).toEqual([403, 'forbidden']);
      expect(await refused('PATCH', '/api/models/projects/fields/x_budget', { label: 'B' }, who)).toEqual([403, 'forbidden']);
      expect(await refused('DELETE', '/api/models/projects/fields/x_budget', undefined, who)).toEqual([403, 'forbidden']);
      expect(await refused('POST', '/api/change-sets/preview', { actions }, who)).toEqual([403, 'forbidden']);
      expect(await refused('POST', '/api/change-sets', { actions }, who)).toEqual([403, 'forbidden']);
      expect(await refused('GET', '/api/change-sets', undefined, who)).toEqual([403, 'forbidden']);
      expect(await refused('GET', `/api/change-sets/${latest}`, undefined, who)).toEqual([404, 'not_found']);
      expect(await refused('POST', `/api/change-sets/${latest}/undo`, undefined, who)).toEqual([404, 'not_found']);
      expect(await refused('POST', '/api/bin/empty', undefined, who)).toEqual([403, 'forbidden']);
    }
  });
});

describe('a field of users', () => {
  test('decides in the rules of a project, so nobody sets their own', async () => {
    const { data } = await add('users', { type: 'text', label: 'Department' });
    expect(data.key).toBe('x_department');
    expect(await refused('PATCH', `/api/users/${member.user.id}`, { x_department: 'sales' }, member)).toEqual([403, 'forbidden']);
    await done('PATCH', `/api/users/${member.user.id}`, { x_department: 'sales' }, admin);
    expect((await done('GET', `/api/users/${member.user.id}`, undefined, member)).data).toMatchObject({ x_department: 'sales' });

    const project = await createProject(owner);
    await addMember(owner, project, member);
    const rules = [
      { action: 'read', roles: ['owner'], filter: {}, fields: '*' },
      { action: 'create', roles: ['owner'], filter: {}, fields: '*' },
      { action: 'read', roles: ['member'], filter: { department: { _eq: '$CURRENT_USER.x_department' } }, fields: '*' },
    ];
    const fields = [{ type: 'text', label: 'Department' }];
    await done('POST', '/api/models', { project: project.id, label: 'Task', key: 'tasks', fields, rules });
    const items = `/api/projects/${project.id}/items/tasks`;
    for (const department of ['sales', 'legal']) await done('POST', items, { department });
    const seen = async (): Promise<unknown> => (await done('GET', `${items}?fields=department`, undefined, member)).data;
    expect(await seen()).toEqual([{ department: 'sales' }]);
    await done('PATCH', `/api/users/${member.user.id}`, { x_department: 'legal' });
    expect(await seen()).toEqual([{ department: 'legal' }]);

    for (const [method, payload] of [['DELETE'], ['PATCH', { key: 'x_unit' }], ['PATCH', { type: 'long-text' }]] as const) {
      const { status, body } = await call(method, '/api/models/users/fields/x_department', payload);
      expect([status, body.error.code]).toEqual([409, 'still_used']);
      const action = { model: 'users', field: 'x_department', do: payload ? 'update-field' : 'delete-field' };
      const actions = [{ ...action, ...(payload && { changes: payload }) }];
      expect(await refused('POST', '/api/change-sets/preview', { actions })).toEqual([409, 'still_used']);
      expect(body.error.message).toContain('Task');
    }
    await done('DELETE', `/api/models/tasks?project=${project.id}`);
    await done('PATCH', '/api/models/users/fields/x_department', { key: 'x_unit' });
  });
});

describe('processes', () => {
  let other: TestServer;

  test('all see what one of them changes, and a restart keeps it', async () => {
    other = await openTestServer({ database: server.database });
    try {
      const at = async (method: Method, url: string, payload?: object) => {
        const reply = await other.app.inject({ method, url, headers: owner.headers, ...(payload && { payload }) });
        return { status: reply.statusCode, data: (reply.json() as Body).data };
      };
      // It opened after fields were added: as after a restart.
      const project = (await at('POST', '/api/projects', { name: 'There', x_budget: '1.00' })).data;
      expect(project).toMatchObject({ x_budget: '1.00' });
      await add('projects', { type: 'text', label: 'Fresh' });
      // At once, whether or not the event has been heard.
      const set = await at('PATCH', `/api/projects/${project.id}`, { x_fresh: 'now' });
      expect(set).toMatchObject({ status: 200, data: { x_fresh: 'now' } });
      await done('DELETE', '/api/models/projects/fields/x_fresh');
      const read = await at('GET', `/api/projects/${project.id}`);
      expect(read.status).toBe(200);
      expect(read.data).not.toHaveProperty('x_fresh');
      await until(async () => (await at('GET', '/api/models/projects')).data.fields.every(({ key }) => key !== 'x_fresh'));
    } finally {
      await other.close();
    }
  });
});
