/** Every text that any route takes, filled with what should not hurt; the routes are found in the OpenAPI document. */
import type { InjectOptions } from 'fastify';
import { beforeAll, expect, test } from 'vitest';
import { createProject, registerUser, type TestUser } from './accounts.ts';
import { bodySchema, listRoutes, pathParameters, requestOf, sample, type Route, type Schema } from './api-routes.ts';
import { ask } from './chat.ts';
import { useTestServer } from './harness.ts';

const hostile: Record<string, string> = {
  SQL: `'); drop table piper.users cascade; --`,
  'SQL in quotes': `" or 1=1; select pg_sleep(10) --`,
  'half a character': 'a\ud800b',
  markup: '<script>alert(1)</script><img src=x onerror=alert(1)>',
  'a template': '{{constructor.constructor("x")()}} ${7*7}',
  'a prototype': '__proto__',
  'a path': '../../../../etc/passwd',
  'very long': 'x'.repeat(300_000),
};

const server = useTestServer();
let somebody: TestUser;
let routes: Route[];
/** What a route's id names, by the first word of its path. */
let own: Record<string, string>;

beforeAll(async () => {
  somebody = await registerUser(server);
  routes = await listRoutes(server);
  const project = await createProject(somebody);
  const prompt = await somebody.browser.post('/api/prompts', { projectId: project.id, title: 'x', content: 'x' });
  const { frame } = await ask(somebody, { projectId: project.id, text: 'hello' });
  own = {
    projects: project.id,
    prompts: prompt.json<{ data: { id: string } }>().data.id,
    threads: frame.threadId,
    messages: frame.messageId,
    runs: frame.runId,
    users: somebody.user.id,
    projectId: project.id,
  };
});

/** With the token of this person only, whatever the replies bring. */
const inject = (options: InjectOptions) => server.app.inject({ ...options, headers: somebody.headers });

const isText = (schema: Schema): boolean =>
  schema.anyOf ? schema.anyOf.some(isText) : schema.type === 'string' && schema.enum === undefined && schema.format !== 'uuid';

const idFor = (route: Route): string => own[route.path.split('/')[2] ?? ''] ?? 'openai';

function baseOf(route: Route): Record<string, unknown> {
  const schema = bodySchema(route)!;
  const base = { ...(sample(schema) as object) };
  return 'projectId' in (schema.properties ?? {}) ? { ...base, projectId: own['projectId'] } : base;
}

test('in every body they are taken as text or refused, and never break anything', { timeout: 60_000 }, async () => {
  const wrong: unknown[] = [];
  let tried = 0;
  // Trying out a key would leave this machine; provider-keys.test.ts does it with a provider of its own.
  for (const route of routes.filter((each) => bodySchema(each) && !each.path.endsWith('/check'))) {
    for (const [field, schema] of Object.entries(bodySchema(route)!.properties ?? {}).filter(([, each]) => isText(each))) {
      const send = (value: string) => inject(requestOf(route, idFor(route), { ...baseOf(route), [field]: value }));
      for (const [what, value] of Object.entries(hostile)) {
        const reply = await send(value);
        tried++;
        if (reply.statusCode >= 500)
          wrong.push([route.method, route.path, field, what, reply.statusCode, reply.body.slice(0, 200)]);
      }
      const nul = await send('a\0b');
      if (nul.statusCode !== 400) wrong.push([route.method, route.path, field, 'NUL', nul.statusCode, schema]);
    }
  }
  expect(tried).toBeGreaterThan(150);
  expect(wrong).toEqual([]);
});

test('in every parameter too', { timeout: 60_000 }, async () => {
  const wrong: unknown[] = [];
  const tried = routes.filter((each) => each.method === 'GET' && each.path !== '/api/live/events');
  for (const route of tried) {
    const inQuery = (route.parameters ?? []).filter((parameter) => parameter.in === 'query').map(({ name }) => name);
    const names = ['filter', 'sort', 'fields', 'search', 'cursor', 'limit', 'aggregate[count]', 'groupBy'];
    for (const value of Object.values(hostile).slice(0, -1)) {
      const text = encodeURIComponent(value.toWellFormed());
      const { url } = requestOf(route, idFor(route)) as { url: string };
      const urls = [...new Set([...inQuery, ...names])].map((name) => `${url}?${name}=${text}`);
      if (pathParameters(route).length > 0) urls.push((requestOf(route, text) as { url: string }).url);
      for (const each of urls) {
        const reply = await somebody.browser.get(each);
        if (reply.statusCode >= 500) wrong.push([each, reply.statusCode, reply.body.slice(0, 200)]);
      }
    }
  }
  expect(tried.length).toBeGreaterThan(30);
  expect(wrong).toEqual([]);
});

test('what was stored is what was sent, and told as data, never as a page', async () => {
  const { markup } = hostile as { markup: string };
  const prompt = await somebody.browser.post('/api/prompts', { projectId: own['projectId']!, title: markup, content: markup });
  const turn = await ask(somebody, { projectId: own['projectId']!, text: markup });
  for (const [url, field] of [
    [`/api/prompts/${prompt.json<{ data: { id: string } }>().data.id}`, 'title'],
    [`/api/messages/${turn.frame.userMessageId}`, 'text'],
    [`/api/threads/${turn.frame.threadId}`, 'title'],
  ] as const) {
    const reply = await somebody.browser.get(url);
    expect([url, reply.json().data[field]]).toEqual([url, markup]);
    expect(reply.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'x-content-type-options': 'nosniff',
    });
  }
  const { rows } = await server.deps.pool.query('select count(*)::int as n from piper.users');
  expect(rows[0].n).toBeGreaterThan(0);
});
