/**
 * Which route answers whom with what: all routes of a project's data models, records, change sets, roles and rules × everybody
 * who may come × their own and a foreign project, pinned in routes.matrix.md (`vitest -u` writes it anew). A route that is
 * missing here fails the test.
 */
import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import type { Rule } from '@piper/shared/data-model';
import { actorsFeature, addProject, addUser, keyOf, type TestActor } from '../../../../../test/actors.ts';
import { listRoutes } from '../../../../../test/api-routes.ts';
import { useTestServer } from '../../../../../test/harness.ts';
import { features } from '../../../features.ts';
import { system } from '#platform/actor';
import { ctxFor } from '#platform/ctx';
import { newId } from '#platform/ids';
import { applyActions } from '../index.ts';

const server = useTestServer({ features: [...features, actorsFeature] });

/** One of everything a project has. */
interface Things {
  project: string;
  owner: TestActor;
  model: string;
  binned: string;
  relation: string;
  index: string;
  role: string;
  test: string;
  changeSet: string;
  database: string;
  record: string;
  revision: string;
  comment: string;
}
interface Ask {
  url: string;
  body?: object;
  headers?: Record<string, string>;
}

const stale = { 'if-match': '"99999"' };
const api = (t: Things, path: string): string => `/api/projects/${t.project}/${path}`;
const item = (t: Things, path = ''): string => api(t, `items/things/${t.record}${path}`);
const model = (t: Things, path = ''): string => `/api/models/${t.model}${path}`;
const rights = { action: 'read', model: 'things', expect: 'allowed' };

/** What is asked of each route; where it would change what others need, with a version that is not the newest: 412 says that it may. */
const asks: Record<string, (t: Things) => Ask | Promise<Ask>> = {
  'GET /api/field-types': () => ({ url: '/api/field-types' }),
  'GET /api/models': (t) => ({ url: `/api/models?project=${t.project}` }),
  'POST /api/models': (t) => ({ url: '/api/models', body: { project: t.project, label: 'New' } }),
  'GET /api/models/{id}': (t) => ({ url: model(t) }),
  'PATCH /api/models/{id}': (t) => ({ url: model(t), body: { label: 'Thing' } }),
  'PUT /api/models/{id}': (t) => ({ url: model(t), body: { label: 'Thing' } }),
  'DELETE /api/models/{id}': (t) => ({ url: model(t), headers: stale }),
  'POST /api/models/{id}/restore': (t) => ({ url: `/api/models/${t.binned}/restore`, headers: stale }),
  'POST /api/models/{id}/advice': (t) => ({ url: model(t, '/advice'), body: {} }),
  'GET /api/models/{id}/fields': (t) => ({ url: model(t, '/fields') }),
  'POST /api/models/{id}/fields': (t) => ({ url: model(t, '/fields'), body: { type: 'text', label: 'New' } }),
  'POST /api/models/{id}/fields/order': (t) => ({ url: model(t, '/fields/order'), body: { fields: ['name'] }, headers: stale }),
  'GET /api/models/{id}/fields/{field}': (t) => ({ url: model(t, '/fields/name') }),
  'PATCH /api/models/{id}/fields/{field}': (t) => ({ url: model(t, '/fields/name'), body: { help: 'x' } }),
  'PUT /api/models/{id}/fields/{field}': (t) => ({ url: model(t, '/fields/name'), body: { help: 'x' } }),
  'DELETE /api/models/{id}/fields/{field}': (t) => ({ url: model(t, '/fields/name'), headers: stale }),
  'POST /api/models/{id}/fields/{field}/restore': (t) => ({ url: model(t, '/fields/gone/restore'), headers: stale }),
  'GET /api/models/{id}/relations': (t) => ({ url: model(t, '/relations') }),
  'POST /api/models/{id}/relations': (t) => ({
    url: model(t, '/relations'),
    body: { type: 'relation', label: 'New', relation: { kind: 'many-to-one', target: t.model } },
    headers: stale,
  }),
  'GET /api/models/{id}/relations/{field}': (t) => ({ url: model(t, `/relations/${t.relation}`) }),
  'PATCH /api/models/{id}/relations/{field}': (t) => ({ url: model(t, `/relations/${t.relation}`), body: { help: 'x' } }),
  'PUT /api/models/{id}/relations/{field}': (t) => ({ url: model(t, `/relations/${t.relation}`), body: { help: 'x' } }),
  'DELETE /api/models/{id}/relations/{field}': (t) => ({ url: model(t, `/relations/${t.relation}`), headers: stale }),
  'GET /api/models/{id}/indexes': (t) => ({ url: model(t, '/indexes') }),
  'POST /api/models/{id}/indexes': (t) => ({ url: model(t, '/indexes'), body: { fields: ['name', 'code'] }, headers: stale }),
  'GET /api/models/{id}/indexes/{index}': (t) => ({ url: model(t, `/indexes/${t.index}`) }),
  'PATCH /api/models/{id}/indexes/{index}': (t) => ({
    url: model(t, `/indexes/${t.index}`),
    body: { unique: true },
    headers: stale,
  }),
  'PUT /api/models/{id}/indexes/{index}': (t) => ({
    url: model(t, `/indexes/${t.index}`),
    body: { unique: true },
    headers: stale,
  }),
  'DELETE /api/models/{id}/indexes/{index}': (t) => ({ url: model(t, `/indexes/${t.index}`), headers: stale }),
  'GET /api/models/{id}/rules': (t) => ({ url: model(t, '/rules') }),
  'PUT /api/models/{id}/rules': (t) => ({ url: model(t, '/rules'), body: { rules: [] }, headers: stale }),
  'GET /api/projects/{project}/roles': (t) => ({ url: api(t, 'roles') }),
  'POST /api/projects/{project}/roles': (t) => ({ url: api(t, 'roles'), body: { name: newId() } }),
  'GET /api/projects/{project}/roles/{role}': (t) => ({ url: api(t, `roles/${t.role}`) }),
  'PATCH /api/projects/{project}/roles/{role}': (t) => ({ url: api(t, `roles/${t.role}`), body: { description: 'x' } }),
  'PUT /api/projects/{project}/roles/{role}': (t) => ({ url: api(t, `roles/${t.role}`), body: { description: 'x' } }),
  // It is in use: 409 says that one may.
  'DELETE /api/projects/{project}/roles/{role}': (t) => ({ url: api(t, `roles/${t.role}`) }),
  'POST /api/projects/{project}/view-as': (t) => ({ url: api(t, 'view-as'), body: { roles: ['viewer'], model: 'things' } }),
  'POST /api/projects/{project}/why': (t) => ({
    url: api(t, 'why'),
    body: { me: true, model: 'things', action: 'read', id: t.record },
  }),
  'GET /api/projects/{project}/openapi.json': (t) => ({ url: api(t, 'openapi.json') }),
  'GET /api/projects/{project}/client.ts': (t) => ({ url: api(t, 'client.ts') }),
  'GET /api/projects/{project}/docs': (t) => ({ url: api(t, 'docs') }),
  'GET /api/projects/{project}/permission-tests': (t) => ({ url: api(t, 'permission-tests') }),
  'POST /api/projects/{project}/permission-tests': (t) => ({
    url: api(t, 'permission-tests'),
    body: { ...rights, name: 'New', as: { roles: ['owner'] }, record: { id: t.record } },
  }),
  'POST /api/projects/{project}/permission-tests/run': (t) => ({ url: api(t, 'permission-tests/run') }),
  'GET /api/projects/{project}/permission-tests/{test}': (t) => ({ url: api(t, `permission-tests/${t.test}`) }),
  'PATCH /api/projects/{project}/permission-tests/{test}': (t) => ({ url: api(t, `permission-tests/${t.test}`), body: {} }),
  'PUT /api/projects/{project}/permission-tests/{test}': (t) => ({ url: api(t, `permission-tests/${t.test}`), body: {} }),
  'DELETE /api/projects/{project}/permission-tests/{test}': async (t) => ({
    url: api(t, `permission-tests/${await addTest(t)}`),
  }),
  'GET /api/projects/{project}/change-sets': (t) => ({ url: api(t, 'change-sets') }),
  'GET /api/projects/{project}/change-sets/{id}': (t) => ({ url: api(t, `change-sets/${t.changeSet}`) }),
  'POST /api/projects/{project}/change-sets/preview': (t) => ({
    url: api(t, 'change-sets/preview'),
    body: { actions: actions(t) },
  }),
  // 409 says that one may, but not from version 0.
  'POST /api/projects/{project}/change-sets': (t) => ({
    url: api(t, 'change-sets'),
    body: { actions: actions(t), baseVersion: 0 },
  }),
  // Others build on it, and it was not undone.
  'POST /api/projects/{project}/change-sets/{id}/undo': (t) => ({ url: api(t, `change-sets/${t.changeSet}/undo`) }),
  'POST /api/projects/{project}/change-sets/{id}/redo': (t) => ({ url: api(t, `change-sets/${t.changeSet}/redo`) }),
  'GET /api/projects/{project}/databases': (t) => ({ url: api(t, 'databases') }),
  'GET /api/projects/{project}/databases/{id}': (t) => ({ url: api(t, `databases/${t.database}`) }),
  'POST /api/projects/{project}/databases': (t) => ({ url: api(t, 'databases'), body: nowhere }),
  'POST /api/projects/{project}/databases/preview': (t) => ({ url: api(t, 'databases/preview'), body: nowhere }),
  'POST /api/projects/{project}/databases/{id}/resume': (t) => ({
    url: api(t, `databases/${t.database}/resume`),
    body: { password: 'x' },
  }),
  'DELETE /api/projects/{project}/databases/{id}': async (t) => ({ url: api(t, `databases/${await addDatabase(t.project)}`) }),
  'GET /api/projects/{project}/items/{model}': (t) => ({ url: api(t, 'items/things') }),
  'POST /api/projects/{project}/items/{model}': (t) => ({ url: api(t, 'items/things'), body: { name: 'x' } }),
  'PUT /api/projects/{project}/items/{model}': (t) => ({
    url: api(t, 'items/things?upsert=code'),
    body: { code: 'c', name: 'x' },
  }),
  'PATCH /api/projects/{project}/items/{model}': (t) => ({
    url: api(t, 'items/things'),
    body: { keys: [t.record], data: { name: 'y' } },
  }),
  'DELETE /api/projects/{project}/items/{model}': async (t) => ({
    url: api(t, 'items/things'),
    body: { keys: [await addRecord(t)] },
  }),
  'GET /api/projects/{project}/items/{model}/{id}': (t) => ({ url: item(t) }),
  'PATCH /api/projects/{project}/items/{model}/{id}': (t) => ({ url: item(t), body: { name: 'z' } }),
  'PUT /api/projects/{project}/items/{model}/{id}': (t) => ({ url: item(t), body: { name: 'z' } }),
  'DELETE /api/projects/{project}/items/{model}/{id}': async (t) => ({ url: item({ ...t, record: await addRecord(t) }) }),
  'POST /api/projects/{project}/items/{model}/{id}/restore': async (t) => ({
    url: item({ ...t, record: await addRecord(t, true) }, '/restore'),
  }),
  'GET /api/projects/{project}/items/{model}/{id}/revisions': (t) => ({ url: item(t, '/revisions') }),
  'GET /api/projects/{project}/items/{model}/{id}/revisions/{revision}': (t) => ({ url: item(t, `/revisions/${t.revision}`) }),
  'POST /api/projects/{project}/items/{model}/{id}/revert': (t) => ({ url: item(t, '/revert'), body: { revision: t.revision } }),
  'GET /api/projects/{project}/items/{model}/{id}/comments': (t) => ({ url: item(t, '/comments') }),
  'POST /api/projects/{project}/items/{model}/{id}/comments': (t) => ({ url: item(t, '/comments'), body: { text: 'x' } }),
  'PATCH /api/projects/{project}/items/{model}/{id}/comments/{comment}': (t) => ({
    url: item(t, `/comments/${t.comment}`),
    body: { text: 'y' },
  }),
  'DELETE /api/projects/{project}/items/{model}/{id}/comments/{comment}': async (t) => ({
    url: item(t, `/comments/${await addComment(t)}`),
  }),
  'POST /api/projects/{project}/batch': (t) => ({
    url: api(t, 'batch'),
    body: { operations: [{ op: 'update', model: 'things', id: t.record, data: { name: 'b' } }] },
  }),
  // Last: what lies in the bin is asked for above.
  'POST /api/projects/{project}/bin/empty': async (t) => {
    await fillBin(t);
    return { url: api(t, 'bin/empty') };
  },
};

const nowhere = { host: '127.0.0.1', port: 1, database: 'x', username: 'x', password: 'x' };
const actions = (t: Things): object[] => [{ do: 'update-model', model: t.model, changes: { label: 'Other' } }];

interface Reply {
  status: number;
  body: { data?: never; error?: { code: string } };
}
async function send(actor: TestActor | undefined, method: string, { url, body, headers }: Ask): Promise<Reply> {
  const reply = await server.app.inject({
    method: method as 'GET',
    url,
    headers: { ...actor?.headers, ...headers },
    ...(body === undefined ? {} : { payload: body }),
  });
  // A page, or the client's TypeScript, is no JSON.
  const isJson = reply.body !== '' && String(reply.headers['content-type']).includes('json');
  return { status: reply.statusCode, body: isJson ? (reply.json() as Reply['body']) : {} };
}

async function made(owner: TestActor, method: string, ask: Ask): Promise<{ id: string }> {
  const { status, body } = await send(owner, method, ask);
  expect([ask.url, status, body]).toEqual([ask.url, status < 300 ? status : 'success', expect.anything()]);
  return body.data ?? { id: '' };
}

async function addRecord(t: Pick<Things, 'project' | 'owner'>, deleted = false): Promise<string> {
  const url = `/api/projects/${t.project}/items/things`;
  const { id } = await made(t.owner, 'POST', { url, body: { name: 'fresh' } });
  if (deleted) await made(t.owner, 'DELETE', { url: `${url}/${id}` });
  return id;
}
const addTest = async (t: Pick<Things, 'project' | 'owner' | 'record'>): Promise<string> =>
  (await made(t.owner, 'POST', await asks['POST /api/projects/{project}/permission-tests']!(t as Things))).id;
const addComment = async (t: Pick<Things, 'project' | 'owner' | 'record'>): Promise<string> =>
  (await made(t.owner, 'POST', { url: item(t as Things, '/comments'), body: { text: 'x' } })).id;

async function fillBin(t: Things): Promise<void> {
  const field = await made(t.owner, 'POST', { url: model(t, '/fields'), body: { type: 'text', label: 'Waste' } });
  await made(t.owner, 'DELETE', { url: model(t, `/fields/${field.id}?acceptLoss=true`) });
}

async function addDatabase(project: string): Promise<string> {
  const id = newId();
  await sql`insert into piper.attached_databases (id, project_id, host, port, database, username, tls, public_only, status)
    values (${id}, ${project}, 'x', 1, 'x', 'x', 'off', false, 'done')`.execute(server.deps.db);
  return id;
}

const rule = (action: Rule['action'], roles: string[]): Rule => ({ id: newId(), action, roles, filter: {}, fields: '*' });

/** A project with one of everything; `clerk` is a role whose holders may create and update. */
async function furnish(owner: TestActor, project: string): Promise<Things> {
  const role = await made(owner, 'POST', { url: `/api/projects/${project}/roles`, body: { key: 'clerk', name: 'Clerk' } });
  const relation = newId();
  const editors = ['owner', 'admin', 'member'];
  await applyActions(ctxFor(server.deps, system, 'test'), project, [
    {
      do: 'create-model',
      model: {
        label: 'Thing',
        key: 'things',
        fields: [
          { type: 'text', label: 'Name', key: 'name' },
          { type: 'text', label: 'Code', key: 'code', unique: true },
          { type: 'text', label: 'Gone', key: 'gone' },
          { id: relation, type: 'relation', label: 'Parent', key: 'parent', relation: { kind: 'many-to-one', target: 'things' } },
        ],
        indexes: [{ fields: ['code', 'name'] }],
        rules: [
          rule('read', [...editors, 'viewer']),
          rule('create', [...editors, 'clerk']),
          rule('update', [...editors, 'clerk']),
          rule('delete', editors),
        ],
      },
    },
    { do: 'create-model', model: { label: 'Binned', key: 'binned' } },
  ]);
  const { body } = await send(owner, 'GET', { url: `/api/models?project=${project}` });
  const models = body.data! as { id: string; key: string }[];
  const [things, binned] = ['things', 'binned'].map((key) => models.find((each) => each.key === key)!.id);
  await made(owner, 'DELETE', { url: `/api/models/${binned!}?acceptLoss=true` });
  await made(owner, 'DELETE', { url: `/api/models/${things!}/fields/gone?acceptLoss=true` });
  const record = await addRecord({ project, owner });
  const place = { project, owner, record };
  const first = async (url: string): Promise<string> =>
    ((await send(owner, 'GET', { url })).body.data! as { id: string }[]).at(-1)!.id;
  return {
    ...place,
    model: things!,
    binned: binned!,
    relation,
    role: role.id,
    index: await first(`/api/models/${things!}/indexes`),
    changeSet: await first(`/api/projects/${project}/change-sets`),
    revision: await first(`/api/projects/${project}/items/things/${record}/revisions`),
    test: await addTest(place),
    comment: await addComment(place),
    database: await addDatabase(project),
  };
}

const actors: Record<string, TestActor | undefined> = {};
let own: Things;
let foreign: Things;

beforeAll(async () => {
  const { db } = server.deps;
  for (const name of ['owner', 'admin', 'member', 'viewer', 'clerk', 'stranger']) actors[name] = await addUser(db);
  actors['instance owner'] = await addUser(db, 'OWNER');
  const { owner, admin, member, viewer, clerk } = actors as Record<string, TestActor>;
  const project = await addProject(db, {
    [owner!.userId]: 'owner',
    [admin!.userId]: 'admin',
    [member!.userId]: 'member',
    [viewer!.userId]: 'viewer',
    [clerk!.userId]: 'viewer',
  });
  own = await furnish(owner!, project.id);
  await sql`update piper.members set roles = '{clerk}' where project_id = ${project.id} and user_id = ${clerk!.userId}`.execute(
    db,
  );
  const somebody = await addUser(db);
  foreign = await furnish(somebody, (await addProject(db, { [somebody.userId]: 'owner' })).id);
  actors['reading key'] = keyOf(owner!, { access: 'read', projectId: project.id });
  actors['key of another'] = keyOf(owner!, { projectId: (await addProject(db, { [owner!.userId]: 'owner' })).id });
  actors['nobody'] = undefined;
}, 60_000);

const methodOf = (route: string): string => route.split(' ')[0]!;

test('every route of models, records, change sets, roles and rules is asked', async () => {
  const routes = (await listRoutes(server)).filter(({ path }) =>
    /^\/api\/(?:projects\/\{project\}\/|models(?:\/|$)|field-types$)/.test(path),
  );
  expect(Object.keys(asks).toSorted()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).toSorted());
});

test('each answers everybody as pinned; in a foreign project there is nothing', { timeout: 240_000 }, async () => {
  const names = Object.keys(actors);
  const lines = [`| route | ${names.join(' | ')} |`, `|---${'|---'.repeat(names.length)}|`];
  const wrong: string[] = [];
  for (const [route, ask] of Object.entries(asks)) {
    const cells: number[] = [];
    for (const name of names) {
      const { status } = await send(actors[name], methodOf(route), await ask(own));
      cells.push(status);
      // The same everywhere.
      if (route === 'GET /api/field-types') continue;
      const { status: abroad } = await send(actors[name], methodOf(route), await ask(foreign));
      // A key that may only read is told so before anything is looked at.
      const isTold = name === 'reading key' && abroad === 403 && status === 403;
      if (abroad !== (name === 'nobody' ? 401 : 404) && !isTold) wrong.push(`${route} ${name} ${abroad}`);
    }
    lines.push(`| ${route.replace('/api/projects/{project}', '…')} | ${cells.join(' | ')} |`);
  }
  expect(wrong).toEqual([]);
  const intro = [
    'What each route answers whom in their own project; in a foreign project all of them answer 404 (401 without credentials).',
    'A clerk is a viewer with a custom role that may create and update. 409 and 412 mean that it would be allowed, but was asked',
    'of a version that is not the newest, or of something in use. Written by routes.matrix.test.ts.',
  ].join('\n');
  await expect(`${intro}\n\n${lines.join('\n')}\n`).toMatchFileSnapshot('./routes.matrix.md');
});

test('ids of a foreign project do not exist within one’s own', { timeout: 60_000 }, async () => {
  const { project: _project, owner: _owner, ...named } = own;
  const wrong: string[] = [];
  let tried = 0;
  for (const [route, ask] of Object.entries(asks).filter(([key]) => !key.includes('/api/models'))) {
    const plain = await ask(own);
    for (const [key, mine] of Object.entries(named)) {
      const theirs = foreign[key as keyof typeof named];
      const text = JSON.stringify(plain);
      const mixedText = text.replaceAll(new RegExp(`(?<=[/"])${mine}(?=[/"?])`, 'g'), theirs);
      if (mixedText === text) continue;
      const mixed = JSON.parse(mixedText) as Ask;
      tried++;
      const { status } = await send(actors['owner'], methodOf(route), mixed);
      // What a body names is called invalid or said not to be there, by "why" in its answer; a test may name what is to come.
      const inBody = !mixed.url.includes(theirs);
      if (status !== 404 && !(inBody && [200, 201, 400, 409].includes(status))) wrong.push(`${route} ${key} ${status}`);
    }
  }
  expect(tried).toBeGreaterThan(25);
  expect(wrong).toEqual([]);
});
