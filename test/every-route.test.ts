/** What holds for every route there is, found in the OpenAPI document, so that a new route can't be forgotten. */
import { beforeAll, describe, expect, test } from 'vitest';
import { addMember, createProject, registerUser, type TestUser } from './accounts.ts';
import { bodySchema, listRoutes, pathParameters, requestOf, sample, type Route } from './api-routes.ts';
import { ask } from './chat.ts';
import { useTestServer } from './harness.ts';

const server = useTestServer({ listen: true });
let owner: TestUser;
let stranger: TestUser;
let routes: Route[];
/** Everything that is somebody else's, by what it is. */
let foreign: Record<string, string>;

beforeAll(async () => {
  // Whoever comes first owns the instance, and sees more than others.
  await registerUser(server);
  owner = await registerUser(server);
  stranger = await registerUser(server);
  foreign = await makeOneOfEach();
  routes = await listRoutes(server);
});

const idOf = (reply: { json(): unknown }): string => (reply.json() as { data: { id: string } }).data.id;
const firstOf = async (model: string): Promise<string> =>
  (await owner.browser.get(`/api/${model}?fields=id&limit=1`)).json<{ data: { id: string }[] }>().data[0]!.id;

async function upload(projectId?: string): Promise<string> {
  const form = new FormData();
  if (projectId !== undefined) form.set('projectId', projectId);
  form.set('file', new Blob(['text'], { type: 'text/plain' }), 'a.txt');
  const reply = await fetch(`${server.url}/api/files`, { method: 'POST', headers: owner.headers, body: form });
  return ((await reply.json()) as { data: { id: string } }).data.id;
}

async function makeOneOfEach(): Promise<Record<string, string>> {
  const project = await createProject(owner);
  const deleted = await createProject(owner);
  const [ownFile, projectFile] = [await upload(), await upload(project.id)];
  const prompt = idOf(await owner.browser.post('/api/prompts', { projectId: project.id, title: 'x', content: 'x' }));
  const { frame } = await ask(owner, { projectId: project.id, text: 'hello', fileIds: [ownFile] });
  const key = idOf(await owner.browser.post('/api/keys', { name: 'k', projectId: project.id }));
  const invitation = idOf(await owner.browser.post(`/api/projects/${project.id}/invitations`, { email: 'a@example.com' }));
  await addMember(owner, project, await registerUser(server));
  await owner.browser.delete(`/api/projects/${deleted.id}`);
  const made = {
    project: project.id,
    slug: project.slug,
    'deleted project': deleted.id,
    'own file': ownFile,
    'file of a project': projectFile,
    prompt,
    thread: frame.threadId,
    question: frame.userMessageId,
    answer: frame.messageId,
    run: frame.runId,
    key,
    invitation,
  };
  // A plain answer has no steps.
  await server.deps.pool.query(
    `insert into piper.run_steps (id, run_id, position, name, effect, status, attempts, started_at) values (gen_random_uuid(), $1, 1, 's', 'pure', 'done', 1, now())`,
    [frame.runId],
  );
  const models = ['sessions', 'members', 'prompt-versions', 'participants', 'attachments', 'run-steps', 'events'];
  const listed = await Promise.all(models.map(async (model) => [model, String(await firstOf(model))] as const));
  return { ...made, ...Object.fromEntries(listed) };
}

/** Parameters that name no thing of anybody's. */
const isThing = (route: Route): boolean => pathParameters(route)[0]?.name === 'id';

test('there are routes to try, and things to try them with', () => {
  expect(routes.length).toBeGreaterThan(80);
  expect(Object.values(foreign).every((id) => typeof id === 'string' && id !== 'undefined')).toBe(true);
});

test('without credentials every route that is not public answers 401, whatever is sent', async () => {
  const open = routes.filter((route) => route.security?.length === 0).map((route) => `${route.method} ${route.path}`);
  expect(open.toSorted()).toEqual([
    'GET /api/auth/methods',
    'GET /api/auth/oauth/{provider}',
    'GET /api/auth/oauth/{provider}/callback',
    'GET /api/csrf',
    'GET /health',
    'GET /ready',
    'POST /api/auth/external',
    'POST /api/auth/login',
    'POST /api/auth/logout',
    'POST /api/auth/refresh',
    'POST /api/auth/register',
    'POST /api/invitations/preview',
  ]);
  for (const route of routes.filter((each) => each.security?.length !== 0)) {
    for (const headers of [{}, { authorization: 'Bearer forged' }, { cookie: 'refresh_token=forged' }]) {
      const reply = await server.app.inject({ ...requestOf(route, foreign['project']!), headers });
      expect([route.method, route.path, reply.statusCode]).toEqual([route.method, route.path, 401]);
    }
  }
});

describe('what belongs to somebody else', () => {
  test('does not exist, on any route that takes an id', { timeout: 60_000 }, async () => {
    const tried = routes.filter((route) => isThing(route) && !route.path.startsWith('/api/users'));
    expect(tried.length).toBeGreaterThan(40);
    const wrong: unknown[] = [];
    for (const route of tried) {
      const takesUuid = pathParameters(route)[0]?.schema.format === 'uuid';
      for (const [what, id] of Object.entries(foreign)) {
        const reply = await stranger.browser.send(requestOf(route, id));
        const isNoId = takesUuid && !/^[0-9a-f-]{36}$/.test(id) && reply.statusCode === 400;
        if (reply.statusCode !== 404 && !isNoId) wrong.push([route.method, route.path, what, reply.statusCode, reply.body]);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('nor does it in a body, whichever field names it', async () => {
    const wrong: unknown[] = [];
    let tried = 0;
    const own = (await createProject(stranger)).id;
    for (const route of routes.filter((each) => !isThing(each))) {
      const schema = bodySchema(route);
      for (const field of Object.keys(schema?.properties ?? {}).filter((key) => /.Ids?$/.test(key) && key !== 'clientId')) {
        // In a project of one's own, so that nothing else is refused before.
        const base = {
          ...(sample(schema!) as object),
          ...('projectId' in schema!.properties! && { projectId: own }),
          ...completion(route),
        };
        for (const [what, id] of Object.entries(foreign).filter(([kind]) => kind !== 'slug' && kind !== 'events')) {
          const reply = await stranger.browser.send(
            requestOf(route, '', { ...base, [field]: field.endsWith('Ids') ? [id] : id }),
          );
          tried++;
          if (reply.statusCode !== 404) wrong.push([route.path, field, what, reply.statusCode, reply.body.slice(0, 300)]);
        }
      }
    }
    expect(tried).toBeGreaterThan(80);
    expect(wrong).toEqual([]);
  });

  test('is in no list, and not counted there', async () => {
    const lists = routes.filter(
      (route) => route.method === 'GET' && pathParameters(route).length === 0 && route.security?.length !== 0,
    );
    expect(lists.length).toBeGreaterThan(20);
    for (const { path } of lists.filter((route) => route.path !== '/api/live/events')) {
      const { body } = await stranger.browser.get(path);
      for (const [what, id] of Object.entries(foreign).filter(([kind]) => kind !== 'events' && kind !== 'slug'))
        expect([path, what, body.includes(id)]).toEqual([path, what, false]);
    }
  });

  test('is not heard, by any way to listen', async () => {
    const topics = [
      `thread:${foreign['thread']}`,
      `run:${foreign['run']}`,
      `user:${owner.user.id}`,
      `project:${foreign['project']}`,
    ];
    for (const topic of [...topics, `project:${foreign['project']}:model:files`]) {
      for (const options of [
        { method: 'GET', url: `/api/live/events?topic=${topic}` },
        { method: 'POST', url: '/api/live', payload: { type: 'typing', topic } },
      ] as const) {
        const reply = await stranger.browser.send(options);
        expect([topic, options.url, reply.statusCode]).toEqual([topic, options.url, 404]);
      }
    }
  });
});

test('a cookie alone changes nothing on any route: the CSRF token is missing', async () => {
  for (const route of routes.filter((each) => each.method !== 'GET' && each.security?.length !== 0)) {
    const reply = await owner.browser.send(requestOf(route, foreign['project']!), { bearer: false });
    expect([route.method, route.path, reply.statusCode, reply.json().error.message]).toEqual([
      route.method,
      route.path,
      403,
      'Invalid CSRF token',
    ]);
  }
});

/** What a route needs that its schema does not say. */
function completion(route: Route): object {
  if (route.path === '/api/chat') return { text: 'x', clientId: crypto.randomUUID() };
  if (route.path === '/api/members') return { userId: stranger.user.id };
  return {};
}
