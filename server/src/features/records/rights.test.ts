/** Every route of records × who may not: found in the OpenAPI document, so that a new one can't be forgotten. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Action, Rule } from '@piper/shared/data-model';
import { addMember, createProject, registerUser, type TestUser } from '../../../../test/accounts.ts';
import { listRoutes, type Route } from '../../../../test/api-routes.ts';
import { useTestServer } from '../../../../test/harness.ts';
import { addModels, createRecordsProject, model, text, type RecordsProject } from '../../../../test/records.ts';

const server = useTestServer();
let place: RecordsProject;
let viewer: TestUser;
let routes: Route[];
let ids: { id: string; revision: string; comment: string };

const bodies: Record<string, object> = {
  'POST /': { name: 'x' },
  'PUT /': { name: 'x' },
  'PATCH /': { keys: [], data: { name: 'x' } },
  'DELETE /': { keys: [] },
  'POST /batch': { operations: [] },
  'POST /revert': { revision: '1' },
  'POST /comments': { text: 'x' },
  'PATCH /comments': { text: 'x' },
};

beforeAll(async () => {
  await registerUser(server);
  place = await createRecordsProject(server, [model('notes', [text('name', { unique: true })])]);
  viewer = await registerUser(server);
  await addMember(place.owner, place.project, viewer, 'viewer');
  const { id } = (await place.owner.browser.post(place.at('notes'), { name: 'n' })).json().data;
  const comment = (await place.owner.browser.post(place.at('notes', `/${id}/comments`), { text: 'c' })).json().data.id;
  const revision = (await place.owner.browser.get(place.at('notes', `/${id}/revisions`))).json().data[0].id;
  ids = { id, comment, revision };
  routes = (await listRoutes(server)).filter(({ path }) => /^\/api\/projects\/\{project\}\/(items|batch)/.test(path));
});

/** A request that would succeed for whoever may make it. */
function requestOf({ method, path }: Route, project: string, modelKey = 'notes') {
  const tail = path.split('/').findLast((part) => !part.startsWith('{')) ?? '';
  const word = tail === 'items' ? '/' : `/${tail}`;
  const url = path
    .replace('{project}', project)
    .replace('{model}', modelKey)
    .replace('{id}', ids.id)
    .replace('{revision}', ids.revision)
    .replace('{comment}', ids.comment);
  const payload =
    word === '/' && path.endsWith('{id}')
      ? { name: 'x' }
      : { ...bodies[`${method} ${word}`], ...(word === '/revert' && { revision: ids.revision }) };
  const query = method === 'PUT' && !path.endsWith('{id}') ? '?upsert=name' : '';
  return { method, url: url + query, ...(method === 'GET' || Object.keys(payload).length === 0 ? {} : { payload }) };
}

test('all routes of records are known here', () => {
  expect(routes.map(({ method, path }) => `${method} ${path.slice('/api/projects/{project}'.length)}`).toSorted())
    .toMatchInlineSnapshot(`
    [
      "DELETE /items/{model}",
      "DELETE /items/{model}/{id}",
      "DELETE /items/{model}/{id}/comments/{comment}",
      "GET /items/{model}",
      "GET /items/{model}/{id}",
      "GET /items/{model}/{id}/comments",
      "GET /items/{model}/{id}/revisions",
      "GET /items/{model}/{id}/revisions/{revision}",
      "PATCH /items/{model}",
      "PATCH /items/{model}/{id}",
      "PATCH /items/{model}/{id}/comments/{comment}",
      "POST /batch",
      "POST /items/{model}",
      "POST /items/{model}/{id}/comments",
      "POST /items/{model}/{id}/restore",
      "POST /items/{model}/{id}/revert",
      "PUT /items/{model}",
      "PUT /items/{model}/{id}",
    ]
  `);
});

test('somebody outside the project finds nothing, by id or slug, and no key of another project does', async () => {
  const stranger = await registerUser(server);
  const elsewhere = await createProject(place.owner);
  const { key } = (await place.owner.browser.post('/api/keys', { name: 'k', projectId: elsewhere.id })).json().data;
  for (const route of routes) {
    for (const project of [place.project.id, place.project.slug]) {
      const request = requestOf(route, project);
      const replies = [
        await stranger.browser.send(request),
        await server.app.inject({ ...request, headers: { authorization: `Bearer ${key}` } }),
      ];
      for (const reply of replies) expect([route.method, route.path, reply.statusCode]).toEqual([route.method, route.path, 404]);
    }
  }
  const search = { method: 'SEARCH' as never, url: place.at('notes'), payload: { query: {} } };
  expect((await stranger.browser.send(search)).statusCode).toBe(404);
});

test('the record of another project is not there in one’s own', async () => {
  const own = await createRecordsProject(server, [model('notes', [text('name', { unique: true })])]);
  for (const route of routes.filter(({ path }) => path.includes('{id}'))) {
    const reply = await own.owner.browser.send(requestOf(route, own.project.id));
    expect([route.method, route.path, reply.statusCode]).toEqual([route.method, route.path, 404]);
  }
  const linked = await own.owner.browser.post(`/api/projects/${own.project.id}/batch`, {
    operations: [{ op: 'update', model: 'notes', id: ids.id, data: { name: 'x' } }],
  });
  expect(linked.statusCode).toBe(404);
});

test('a viewer reads and changes nothing; a key for reading neither', async () => {
  const { key } = (await place.owner.browser.post('/api/keys', { name: 'r', access: 'read', projectId: place.project.id })).json()
    .data;
  const status = (route: Route): number => (route.method === 'GET' ? 200 : 403);
  for (const route of routes) {
    const request = { ...requestOf(route, place.project.id), headers: { authorization: `Bearer ${key}` } };
    expect([route.method, route.path, (await server.app.inject(request)).statusCode]).toEqual([
      route.method,
      route.path,
      status(route),
    ]);
  }
  // Nothing to do is nothing to refuse; what was never deleted can't be restored.
  const isEmpty = (route: Route): boolean => /"(?:keys|operations)":\[\]/.test(JSON.stringify(requestOf(route, '')));
  for (const route of routes.filter((each) => !isEmpty(each) && !each.path.endsWith('/restore'))) {
    const reply = await viewer.browser.send(requestOf(route, place.project.id));
    expect([route.method, route.path, reply.statusCode]).toEqual([route.method, route.path, status(route)]);
  }
  const search = { method: 'SEARCH' as never, url: place.at('notes'), payload: { query: { fields: ['name'] } } };
  const found = await server.app.inject({ ...search, headers: { authorization: `Bearer ${key}` } });
  expect([found.statusCode, found.json().data]).toEqual([200, [{ name: 'n' }]]);
});

test('Piper’s own models and unknown ones are not served here', async () => {
  for (const name of ['users', 'projects', 'nothing', '__proto__'])
    expect([name, (await place.owner.browser.get(place.at(name))).statusCode]).toEqual([name, 404]);
});

describe('a model of which one has no rule', () => {
  const rule = (action: Action, roles: string[]): Rule => ({
    id: `${action} ${roles[0]}`,
    action,
    roles,
    filter: {},
    fields: '*',
  });
  const ofOwner = (['read', 'create', 'update', 'delete'] as const).map((action) => rule(action, ['owner']));
  let closed: string;

  beforeAll(async () => {
    await addModels(server, place.project.id, [
      model('closed', [text('name', { unique: true })], { rules: ofOwner }),
      model('inbox', [text('name')], { rules: [...ofOwner, rule('create', ['viewer'])] }),
      model('links', [{ type: 'any-relation', key: 'about', relation: { kind: 'any', targets: ['notes', 'closed'] } }]),
    ]);
    closed = (await place.owner.browser.post(place.at('closed'), { name: 'c' })).json().data.id;
  });

  test('is not there, on any route', async () => {
    const inModel = routes.filter(({ path }) => path.includes('{model}'));
    for (const route of inModel) {
      const refusals = await Promise.all(
        ['closed', 'nothing'].map(async (key) => {
          const reply = await viewer.browser.send(requestOf(route, place.project.id, key));
          return [reply.statusCode, reply.json().error.message];
        }),
      );
      expect([route.method, route.path, ...refusals]).toEqual([route.method, route.path, [404, expect.any(String)], refusals[0]]);
    }
    const operations = [{ op: 'create', model: 'closed', data: { name: 'x' } }];
    expect((await viewer.browser.post(`/api/projects/${place.project.id}/batch`, { operations })).statusCode).toBe(404);
    const counted = await viewer.browser.get(`${place.at('closed')}?aggregate=${encodeURIComponent('{"count":"*"}')}`);
    expect(counted.statusCode).toBe(404);
  });

  test('is there for who may only create', async () => {
    const made = await viewer.browser.post(place.at('inbox'), { name: 'x' });
    expect([made.statusCode, made.json().data]).toEqual([200, { id: expect.any(String) }]);
    expect((await viewer.browser.get(place.at('inbox'))).json().data).toEqual([]);
    expect((await viewer.browser.get(place.at('inbox', `/${made.json().data.id}`))).statusCode).toBe(404);
  });

  test('is named by no relation to several models', async () => {
    const note = { model: 'notes', id: ids.id };
    const [open, hidden] = [await link(note), await link({ model: 'closed', id: closed })];
    const read = async (id: string, query = '') =>
      (await viewer.browser.get(place.at('links', `/${id}${query}`))).json().data.about;
    expect([await read(open), await read(hidden), await read(hidden, '?fields=about.name')]).toEqual([note, null, null]);
    const history = await viewer.browser.get(place.at('links', `/${hidden}/revisions`));
    expect([history.statusCode, history.body]).toEqual([200, expect.not.stringContaining(closed)]);
    const changed = await place.owner.browser.get(place.at('links', `/${hidden}`));
    expect(changed.json().data.about).toEqual({ model: 'closed', id: closed });
  });

  const link = async (about: object): Promise<string> =>
    (await place.owner.browser.post(place.at('links'), { about })).json().data.id;
});
