import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ChangeSetDetail, ChangeSetPreview } from '@piper/shared/change-sets';
import type { ModelAction } from '@piper/shared/data-models';
import { actionSchemas } from '@piper/shared/model-actions';
import { addMember, createProject, registerUser, type TestUser } from '../../../../test/accounts.ts';
import { useTestServer } from '../../../../test/harness.ts';
import { loadDefinitions } from './definitions.repo.ts';
import { schemaOf } from './names.ts';

const server = useTestServer();
let owner: TestUser;

beforeAll(async () => {
  owner = await registerUser(server);
});

interface Place {
  id: string;
  base: string;
  items: string;
}

async function newProject(): Promise<Place> {
  const { id } = await createProject(owner);
  return { id, base: `/api/projects/${id}`, items: `/api/projects/${id}/items` };
}

async function apply(place: Place, actions: ModelAction[], rest: Record<string, unknown> = { acceptLoss: true }) {
  return owner.browser.post(`${place.base}/change-sets`, { actions: actions as unknown as object[], ...rest });
}

async function applied(place: Place, actions: ModelAction[]): Promise<ChangeSetDetail> {
  const reply = await apply(place, actions);
  expect(reply.statusCode, reply.body).toBe(200);
  const { data } = reply.json<{ data: ChangeSetDetail }>();
  expect(data.status).toBe('applied');
  return data;
}

test('what the documentation shows is what is taken, and every action stands there', async () => {
  const page = await readFile(new URL('../../../../docs/change-sets.md', import.meta.url), 'utf8');
  for (const name of Object.keys(actionSchemas)) expect(page).toMatch(new RegExp(`^\\|.*\`${name}\`.* \\|`, 'm'));
  const [made, changed] = [...page.matchAll(/```json\n([^]*?)```/g)].map(
    ([, body]) => JSON.parse(body!) as { actions: object[] },
  );
  const place = await newProject();
  expect((await owner.browser.post(`${place.base}/change-sets`, made!)).statusCode).toBe(200);
  const deals = ['12.50', 'about 5', null].map((amount, i) => ({ title: String(i), amount }));
  expect((await owner.browser.post(`${place.items}/companies`, { name: 'Acme', deals })).statusCode).toBe(200);
  const preview = await owner.browser.post(`${place.base}/change-sets/preview`, { actions: changed!.actions });
  expect(preview.json()).toMatchObject({ data: { version: 1, risk: 'loses-data', problems: [{ count: 1 }] } });
  expect((await owner.browser.post(`${place.base}/change-sets`, changed!)).statusCode).toBe(200);
  const [acme] = (await owner.browser.get(`${place.items}/companies?fields=sold`)).json<{ data: unknown[] }>().data;
  expect(acme).toEqual({ sold: '12.50' });
});

const customers: ModelAction = {
  do: 'create-model',
  model: {
    label: 'Customer',
    key: 'customers',
    fields: [
      { type: 'text', label: 'Name', required: true },
      { type: 'text', label: 'Age' },
    ],
  },
};

async function records(place: Place, query = ''): Promise<Record<string, unknown>[]> {
  const reply = await owner.browser.get(`${place.items}/customers?sort=name&${query}`);
  expect(reply.statusCode, reply.body).toBe(200);
  return reply.json<{ data: Record<string, unknown>[] }>().data;
}

async function withCustomers(values: Record<string, unknown>[]): Promise<Place> {
  const place = await newProject();
  await applied(place, [customers]);
  for (const value of values) {
    const reply = await owner.browser.post(`${place.items}/customers`, value as object);
    expect(reply.statusCode, reply.body).toBe(200);
  }
  return place;
}

async function column(place: Place, key: string): Promise<Record<string, unknown> | undefined> {
  const { models } = await loadDefinitions(server.deps.db, place.id);
  const model = models.find((one) => one.key === 'customers')!;
  const field = model.fields.find((one) => one.key === key)!;
  const { rows } = await server.deps.pool.query(
    `select data_type, is_nullable, collation_name from information_schema.columns where table_schema = $1 and table_name = $2 and column_name = $3`,
    [schemaOf(place.id), model.table.split('.')[1], field.column],
  );
  return rows[0];
}

describe('applying', () => {
  test('a new model and its fields are there, with a table as they say', async () => {
    const place = await withCustomers([{ name: 'Ada', age: '36' }]);
    expect(await records(place, 'fields=name,age')).toEqual([{ name: 'Ada', age: '36' }]);
    expect(await column(place, 'name')).toEqual({ data_type: 'text', is_nullable: 'NO', collation_name: 'C' });
    expect((await loadDefinitions(server.deps.db, place.id)).version).toBe(1);
  });

  test('a field more takes little time, and its run is recorded', async () => {
    const place = await withCustomers([{ name: 'Ada' }]);
    const from = performance.now();
    const { runId } = await applied(place, [
      { do: 'create-field', model: 'customers', field: { type: 'integer', label: 'Size' } },
    ]);
    expect(performance.now() - from).toBeLessThan(1_000);
    const { rows } = await server.deps.pool.query(`select kind, status from piper.runs where id = $1`, [runId]);
    expect(rows).toEqual([{ kind: 'change-set', status: expect.stringMatching(/running|done/) }]);
    expect(await records(place, 'fields=name,size')).toEqual([{ name: 'Ada', size: null }]);
  });

  test('two fields swap their names and no value moves', async () => {
    const place = await withCustomers([{ name: 'Ada', age: '36' }]);
    await applied(place, [
      { do: 'update-field', model: 'customers', field: 'name', changes: { key: 'spare' } },
      { do: 'update-field', model: 'customers', field: 'age', changes: { key: 'name' } },
      { do: 'update-field', model: 'customers', field: 'spare', changes: { key: 'age' } },
    ]);
    expect(await records(place, 'fields=name,age')).toEqual([{ name: '36', age: 'Ada' }]);
    expect((await owner.browser.post(`${place.items}/customers`, { name: '7', age: 'Bo' })).statusCode).toBe(200);
    expect(await records(place, 'fields=name,age&filter[age][_eq]=Bo')).toEqual([{ name: '7', age: 'Bo' }]);
  });

  test('a change of type converts what converts, lists before what does not, and keeps the old values', async () => {
    const place = await withCustomers([
      { name: 'Ada', age: '36' },
      { name: 'Bo', age: 'old' },
      { name: 'Cy', age: null },
    ]);
    const change: ModelAction = { do: 'update-field', model: 'customers', field: 'age', changes: { type: 'integer' } };
    const preview = await owner.browser.post(`${place.base}/change-sets/preview`, { actions: [change] as unknown as object[] });
    const { data } = preview.json<{ data: ChangeSetPreview }>();
    expect(data).toMatchObject({
      version: 1,
      risk: 'loses-data',
      problems: [{ kind: 'unconvertible', count: 1, isEstimate: false, examples: [{ value: 'old' }] }],
    });
    expect(data.steps.map((step) => step.sql).join('\n')).toContain('add column');
    expect(await records(place, 'fields=age')).toEqual([{ age: '36' }, { age: 'old' }, { age: null }]);
    expect((await apply(place, [change], {})).json()).toMatchObject({ error: { code: 'change_set_refused' } });
    const { id } = await applied(place, [change]);
    expect(await records(place, 'fields=age')).toEqual([{ age: 36 }, { age: null }, { age: null }]);

    // Back again: what was not changed since is what it was, the rest is converted.
    const bo = (await records(place, 'filter[name][_eq]=Ada'))[0]!;
    await owner.browser.patch(`${place.items}/customers/${String(bo['id'])}`, { age: 37 });
    expect((await owner.browser.post(`${place.base}/change-sets/${id}/undo`)).statusCode).toBe(200);
    expect(await records(place, 'fields=age')).toEqual([{ age: '37' }, { age: 'old' }, { age: null }]);
    expect((await owner.browser.post(`${place.base}/change-sets/${id}/redo`)).statusCode).toBe(200);
    expect(await records(place, 'fields=age')).toEqual([{ age: 37 }, { age: null }, { age: null }]);
  });

  test('required and unique are refused while records stand in the way, and name them', async () => {
    const place = await withCustomers([
      { name: 'Ada', age: '36' },
      { name: 'Bo', age: '36' },
      { name: 'Cy', age: null },
    ]);
    const update = (changes: object) => apply(place, [{ do: 'update-field', model: 'customers', field: 'age', changes }]);
    const missing = await update({ required: true });
    expect(missing.statusCode).toBe(422);
    expect(missing.json()).toMatchObject({ error: { details: { problems: [{ kind: 'missing', count: 1 }] } } });
    expect((await update({ unique: true })).json()).toMatchObject({
      error: {
        code: 'change_set_refused',
        details: { problems: [{ kind: 'duplicate', count: 1, examples: [{ value: '36' }, { value: '36' }] }] },
      },
    });
    expect((await update({ required: true, fill: 'unknown' })).statusCode).toBe(200);
    expect(await records(place, 'fields=age')).toEqual([{ age: '36' }, { age: '36' }, { age: 'unknown' }]);
    expect(await column(place, 'age')).toMatchObject({ is_nullable: 'NO' });
  });

  test('an old version is refused with what was changed meanwhile', async () => {
    const place = await withCustomers([]);
    const add = (label: string): ModelAction => ({ do: 'create-field', model: 'customers', field: { type: 'text', label } });
    expect((await apply(place, [add('One')], { baseVersion: 1 })).statusCode).toBe(200);
    const second = await apply(place, [add('Two')], { baseVersion: 1 });
    expect(second.statusCode).toBe(409);
    expect(second.json()).toMatchObject({
      error: {
        code: 'conflict',
        message: expect.stringContaining('Somebody: Add "One"'),
        details: { version: 2, changes: [{ number: 2 }] },
      },
    });
  });

  test('of two people at once one changes the model, the other is told', async () => {
    const place = await withCustomers([]);
    const add = (label: string): ModelAction => ({ do: 'create-field', model: 'customers', field: { type: 'text', label } });
    const replies = await Promise.all([
      apply(place, [add('One')], { baseVersion: 1 }),
      apply(place, [add('Two')], { baseVersion: 1 }),
    ]);
    expect(replies.map((reply) => reply.statusCode).toSorted()).toEqual([200, 409]);
    const { models, version } = await loadDefinitions(server.deps.db, place.id);
    expect(version).toBe(2);
    expect(models[0]!.fields.filter((field) => ['one', 'two'].includes(field.key))).toHaveLength(1);
  });

  test('what changes nothing makes no version and no line of the history', async () => {
    const place = await withCustomers([]);
    const { models, version } = await loadDefinitions(server.deps.db, place.id);
    const [{ id, rules, fields }] = models as [(typeof models)[0]];
    const age = fields.find(({ key }) => key === 'age')!;
    const same = await apply(place, [
      { do: 'update-model', model: 'customers', changes: { label: 'Customer' } },
      { do: 'update-field', model: 'customers', field: 'age', changes: { label: 'Age', required: false } },
      { do: 'set-rules', model: 'customers', rules },
    ]);
    expect([same.statusCode, same.json()]).toEqual([200, { data: null }]);
    const patched = await owner.browser.patch(`/api/models/${id}/fields/${age.id}`, { label: 'Age' });
    expect([patched.statusCode, patched.json()]).toMatchObject([200, { data: { key: 'age' }, meta: { version } }]);
    expect((await loadDefinitions(server.deps.db, place.id)).version).toBe(version);
    expect((await owner.browser.get(`${place.base}/change-sets`)).json().data).toHaveLength(1);
  });

  test('a refusal names the place in the action', async () => {
    const place = await withCustomers([]);
    const label: ModelAction = { do: 'update-model', model: 'customers', changes: { label: 'Client' } };
    const change = { required: true, fill: 5 };
    for (const [status, path, action] of [
      [400, 'actions[1].changes.fill', { do: 'update-field', model: 'customers', field: 'age', changes: change }],
      [404, 'actions[1].field', { do: 'update-field', model: 'customers', field: 'nose', changes: change }],
      [404, 'actions[1].field', { do: 'delete-field', model: 'customers', field: 'nose' }],
      [404, 'actions[1].model', { do: 'set-rules', model: 'nothing', rules: [] }],
    ] as [number, string, ModelAction][]) {
      const refused = await apply(place, [label, action]);
      expect([refused.statusCode, refused.json().error.details]).toMatchObject([status, [{ path }]]);
    }
  });

  test('only those who manage the project may, and foreign change sets are not found', async () => {
    const place = await withCustomers([]);
    const stranger = await registerUser(server);
    const other = await createProject(stranger);
    const viewer = await registerUser(server);
    await addMember(owner, place, viewer, 'member');
    const { id } = await applied(place, [{ do: 'create-field', model: 'customers', field: { type: 'text', label: 'More' } }]);
    const bodies: [string, object?][] = [
      ['/change-sets/preview', { actions: [customers] }],
      ['/change-sets', { actions: [customers] }],
      [`/change-sets/${id}/undo`],
      [`/change-sets/${id}/redo`],
      ['/bin/empty'],
    ];
    for (const [path, body] of bodies) {
      expect((await viewer.browser.post(`${place.base}${path}`, body)).statusCode, path).toBe(403);
      expect((await stranger.browser.post(`${place.base}${path}`, body)).statusCode, path).toBe(404);
    }
    expect((await stranger.browser.get(`/api/projects/${other.id}/change-sets/${id}`)).statusCode).toBe(404);
    expect((await stranger.browser.post(`/api/projects/${other.id}/change-sets/${id}/undo`)).statusCode).toBe(404);
    expect((await viewer.browser.get(`${place.base}/change-sets`)).statusCode).toBe(403);
  });
});

describe('history', () => {
  test('deleted fields and models come back with their values, created ones go to the bin', async () => {
    const place = await withCustomers([{ name: 'Ada', age: '36' }]);
    const gone = await applied(place, [{ do: 'delete-field', model: 'customers', field: 'age' }]);
    expect((await owner.browser.get(`${place.items}/customers?fields=age`)).statusCode).toBe(400);
    expect((await owner.browser.post(`${place.base}/change-sets/${gone.id}/undo`)).statusCode).toBe(200);
    expect(await records(place, 'fields=name,age')).toEqual([{ name: 'Ada', age: '36' }]);
    const model = await applied(place, [{ do: 'delete-model', model: 'customers' }]);
    expect((await owner.browser.get(`${place.items}/customers`)).statusCode).toBe(404);
    const blocked = await owner.browser.post(`${place.base}/change-sets/${gone.id}/undo`);
    expect(blocked.statusCode).toBe(409);
    expect((await owner.browser.post(`${place.base}/change-sets/${model.id}/undo`)).statusCode).toBe(200);
    expect(await records(place, 'fields=name,age')).toEqual([{ name: 'Ada', age: '36' }]);
    const more = await applied(place, [{ do: 'create-field', model: 'customers', field: { type: 'text', label: 'More' } }]);
    await owner.browser.patch(`${place.items}/customers/${String((await records(place))[0]!['id'])}`, { more: 'kept' });
    expect((await owner.browser.post(`${place.base}/change-sets/${more.id}/undo`)).statusCode).toBe(200);
    expect((await owner.browser.get(`${place.items}/customers?fields=more`)).statusCode).toBe(400);
    expect((await owner.browser.post(`${place.base}/change-sets/${more.id}/redo`)).statusCode).toBe(200);
    expect(await records(place, 'fields=more')).toEqual([{ more: 'kept' }]);

    const list = await owner.browser.get(`${place.base}/change-sets?limit=3`);
    expect(list.json()).toMatchObject({
      data: [
        { kind: 'redo', summary: `Redo: ${more.summary}` },
        { kind: 'undo', summary: `Undo: ${more.summary}` },
        { id: more.id, isUndone: false },
      ],
      meta: { hasMore: true },
    });
  });

  test('a later change to the same model stands in the way of an undo, and is named', async () => {
    const place = await withCustomers([]);
    const first = await applied(place, [{ do: 'create-field', model: 'customers', field: { type: 'text', label: 'One' } }]);
    const second = await applied(place, [{ do: 'create-field', model: 'customers', field: { type: 'text', label: 'Two' } }]);
    const refused = await owner.browser.post(`${place.base}/change-sets/${first.id}/undo`);
    expect(refused.json()).toMatchObject({ error: { code: 'conflict', details: { changeSetId: second.id, number: 3 } } });
    expect((await owner.browser.post(`${place.base}/change-sets/${second.id}/undo`)).statusCode).toBe(200);
    expect((await owner.browser.post(`${place.base}/change-sets/${second.id}/undo`)).statusCode).toBe(409);
    expect((await owner.browser.post(`${place.base}/change-sets/${first.id}/undo`)).statusCode).toBe(200);
    const { models } = await loadDefinitions(server.deps.db, place.id);
    expect(models[0]!.fields.map((field) => field.key)).not.toContain('one');
  });

  test('an emptied bin is gone for good', async () => {
    const place = await withCustomers([{ name: 'Ada', age: '36' }]);
    const gone = await applied(place, [{ do: 'delete-field', model: 'customers', field: 'age' }]);
    expect((await owner.browser.post(`${place.base}/bin/empty`)).statusCode).toBe(200);
    expect((await owner.browser.post(`${place.base}/bin/empty`)).statusCode).toBe(404);
    expect((await owner.browser.post(`${place.base}/change-sets/${gone.id}/undo`)).statusCode).toBe(409);
    const { rows } = await server.deps.pool.query(
      `select column_name from information_schema.columns where table_schema = $1 and column_name like '\\_%'`,
      [schemaOf(place.id)],
    );
    expect(rows).toEqual([]);
  });
});
