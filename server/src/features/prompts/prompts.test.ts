import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import { limits } from '@piper/shared/limits';
import { actorsFeature, addProject, addUser, eventsOf, keyOf, type TestActor } from '../../../../test/actors.ts';
import { useTestServer } from '../../../../test/harness.ts';
import { prompts } from './index.ts';

const server = useTestServer({ features: [actorsFeature, prompts] });
let owner: TestActor;
let member: TestActor;
let viewer: TestActor;
let stranger: TestActor;
let project: { id: string; slug: string };

beforeAll(async () => {
  const { db } = server.deps;
  [owner, member, viewer, stranger] = (await Promise.all([1, 2, 3, 4].map(() => addUser(db)))) as [
    TestActor,
    TestActor,
    TestActor,
    TestActor,
  ];
  project = await newProject();
});

const newProject = () =>
  addProject(server.deps.db, { [owner.userId]: 'owner', [member.userId]: 'member', [viewer.userId]: 'viewer' });

type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
async function call(actor: TestActor, method: Method, path: string, payload?: object) {
  const reply = await server.app.inject({
    method,
    url: `/api/prompts${path}`,
    headers: actor.headers,
    ...(payload ? { payload } : {}),
  });
  return { status: reply.statusCode, body: reply.body === '' ? undefined : reply.json(), text: reply.body };
}

/** The member, believing the record to have this version. */
const matching = (headers: Record<string, string>): TestActor => ({ ...member, headers: { ...member.headers, ...headers } });

async function create(values: Record<string, unknown> = {}) {
  const reply = await call(member, 'POST', '', { projectId: project.id, title: 'Helper', content: 'Hi {{name}}', ...values });
  expect(reply).toMatchObject({ status: 201 });
  return reply.body.data;
}

async function activeOf(projectId: string): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`select id from piper.prompts where project_id = ${projectId} and active`.execute(
    server.deps.db,
  );
  return rows.map((row) => row.id);
}

describe('a prompt', () => {
  test('is created with its version 1, the variables of its content, and an event', async () => {
    const own = await newProject();
    const variables = [{ name: 'tone', type: 'select', options: ['calm', 'bold'], default: 'calm' }];
    const settings = { aiModel: 'openai/gpt-5', temperature: 0.5, maxTokens: 100 };
    const content = 'Hi {{name}}, be {{tone}}';
    const data = await create({ projectId: own.slug, content, variables, settings });
    expect(data).toMatchObject({
      projectId: own.id,
      title: 'Helper',
      content,
      role: 'system',
      settings,
      active: true,
      latestVersion: 1,
      labels: [],
    });
    expect(data.variables).toEqual([...variables, { name: 'name', type: 'text' }]);
    expect([data.createdBy, data.version]).toEqual([member.userId, 1]);
    const read = await call(viewer, 'GET', `/${data.id}`);
    expect(read.body.data).toEqual(data);
    expect(await eventsOf(server.deps.db, data.id)).toMatchObject([
      {
        type: 'prompt.created',
        topic: `project:${own.id}:model:prompts`,
        actor: `user:${member.userId}`,
        data: { before: null, after: { active: true } },
      },
    ]);
  });

  test('keeps SQL, HTML and every script of text exactly', async () => {
    const content = `'; drop table piper.prompts; -- <script>alert(1)</script> "\\u0000" 𝔘 \u202e {{{{x}}`;
    const data = await create({ title: `<img src=x onerror=alert(1)>'"; --`, content });
    const read = await call(member, 'GET', `/${data.id}`);
    expect(read.body.data).toMatchObject({ title: `<img src=x onerror=alert(1)>'"; --`, content });
  });

  test('gets a new version when its content, variables or settings change, and none otherwise', async () => {
    const { id } = await create({ variables: [{ name: 'name', type: 'number', default: 1 }] });
    const title = await call(member, 'PATCH', `/${id}`, { title: 'Renamed' });
    expect(title.body.data).toMatchObject({ title: 'Renamed', latestVersion: 1 });
    const same = await call(member, 'PATCH', `/${id}`, { content: 'Hi {{name}}', title: 'Renamed' });
    expect(same.body.data).toEqual(title.body.data);
    const changed = await call(member, 'PUT', `/${id}`, { content: 'Ho {{name}} {{more}}', note: 'More' });
    expect(changed.body.data).toMatchObject({ latestVersion: 2, content: 'Ho {{name}} {{more}}' });
    expect(changed.body.data.variables).toEqual([
      { name: 'name', type: 'number', default: 1 },
      { name: 'more', type: 'text' },
    ]);
    expect(changed.body.data.version).toBe(title.body.data.version + 1);
    const settings = await call(member, 'PATCH', `/${id}`, { settings: { temperature: 1 } });
    expect(settings.body.data).toMatchObject({ latestVersion: 3, content: 'Ho {{name}} {{more}}', settings: { temperature: 1 } });
    const first = await call(viewer, 'GET', `/${id}/versions/1`);
    expect(first.body.data).toMatchObject({ number: 1, content: 'Hi {{name}}', settings: {} });
    const types = (await eventsOf(server.deps.db, id)).map((e) => [e.type, e.data]);
    expect(types.slice(1)).toEqual([
      ['prompt.updated', { before: { title: 'Helper' }, after: { title: 'Renamed' } }],
      ['prompt.updated', { before: { latestVersion: 1 }, after: { latestVersion: 2 } }],
      ['prompt.updated', { before: { latestVersion: 2 }, after: { latestVersion: 3 } }],
    ]);
  });

  test('is read in the records’ dialect too, and listed by it', async () => {
    const { id } = await create({ title: 'Listed' });
    const read = await call(viewer, 'GET', `/${id}?fields=title,project.name&fields=allowedActions`);
    expect(read).toMatchObject({
      status: 200,
      body: { data: { title: 'Listed', project: { name: 'Test' }, allowedActions: ['read'] } },
    });
    expect(read.body.data.id).toBeUndefined();
    expect(await call(viewer, 'GET', `/${id}?fields=nothing`)).toMatchObject({
      status: 400,
      body: { error: { code: 'unknown_field' } },
    });
    expect(await call(stranger, 'GET', `/${id}?fields=*`)).toMatchObject({ status: 404 });
    const filter = encodeURIComponent(JSON.stringify({ id: { _eq: id } }));
    expect((await call(viewer, 'GET', `?filter=${filter}`)).body.data).toMatchObject([{ id, latestVersion: 1 }]);
    expect((await call(stranger, 'GET', `?filter=${filter}`)).body.data).toEqual([]);
  });

  test('half a character is refused or replaced, and never breaks anything', async () => {
    const reply = await call(member, 'POST', '', {
      projectId: project.id,
      title: 'T',
      content: 'C',
      variables: [{ name: 'a', type: 'select', options: ['\ud800'] }],
    });
    expect(reply).toMatchObject({ status: 400, body: { error: { code: 'validation_failed' } } });
  });

  test('is changed and deleted only under the version If-Match names', async () => {
    const { id, version } = await create();
    const stale = { 'if-match': `"${version + 7}"` };
    expect(await call(matching(stale), 'PATCH', `/${id}`, { title: 'x' })).toMatchObject({
      status: 412,
      body: { error: { code: 'version_mismatch', details: { version } } },
    });
    expect(await call(matching(stale), 'DELETE', `/${id}`)).toMatchObject({ status: 412 });
    expect(await call(matching({ 'if-match': 'yesterday' }), 'PATCH', `/${id}`, { title: 'x' })).toMatchObject({ status: 400 });
    expect(await call(matching({ 'if-match': `W/"${version}"` }), 'PATCH', `/${id}`, { title: 'x' })).toMatchObject({
      status: 200,
    });
  });

  const refused: [object, string][] = [
    [{ title: '' }, 'validation_failed'],
    [{ title: '   ' }, 'validation_failed'],
    [{ title: 'x'.repeat(limits.title + 1) }, 'validation_failed'],
    [{ title: 'a\0b' }, 'validation_failed'],
    [{ content: 'a\0b' }, 'validation_failed'],
    [{ content: 'x'.repeat(limits.promptContent + 1) }, 'validation_failed'],
    [{ content: 7 }, 'validation_failed'],
    [{ content: null }, 'validation_failed'],
    [{ extra: 1 }, 'validation_failed'],
    [{ settings: { temperature: 2.1 } }, 'validation_failed'],
    [{ settings: { temperature: '1' } }, 'validation_failed'],
    [{ settings: { maxTokens: 0 } }, 'validation_failed'],
    [{ settings: { apiKey: 'x' } }, 'validation_failed'],
    [{ variables: [{ name: 'a', type: 'code' }] }, 'validation_failed'],
    [{ variables: [{ name: 'a b' }] }, 'prompt_variable_invalid'],
    [{ variables: [{ name: 'a' }, { name: 'a' }] }, 'prompt_variable_invalid'],
    [{ variables: [{ name: 'a', type: 'date', default: 'soon' }] }, 'prompt_variable_invalid'],
    [{ variables: [{ name: 'a', type: 'select' }] }, 'prompt_variable_invalid'],
    [{ content: '{{first name}}' }, 'prompt_content_invalid'],
  ];
  test.each(refused.map(([values, code]) => ({ name: JSON.stringify(values).slice(0, 70), values, code })))(
    'refuses $name',
    async ({ values, code }) => {
      const before = await create();
      const created = await call(member, 'POST', '', { projectId: project.id, title: 'T', content: 'C', ...values });
      expect(created).toMatchObject({ status: 400, body: { error: { code } } });
      expect(await call(member, 'PATCH', `/${before.id}`, values)).toMatchObject({ status: 400, body: { error: { code } } });
      expect((await call(member, 'GET', `/${before.id}`)).body.data).toEqual(before);
    },
  );

  test('a body over the limit is 413, an empty change 400', async () => {
    const { id } = await create();
    expect(await call(member, 'PATCH', `/${id}`, { content: 'x'.repeat(limits.body) })).toMatchObject({ status: 413 });
    expect(await call(member, 'PATCH', `/${id}`, {})).toMatchObject({ status: 400 });
  });
});

describe('rights', () => {
  const writes = (id: string): [Method, string, object | undefined][] => [
    ['PATCH', `/${id}`, { title: 'x' }],
    ['PUT', `/${id}`, { content: 'x' }],
    ['DELETE', `/${id}`, undefined],
    ['POST', `/${id}/activate`, undefined],
    ['POST', `/${id}/versions`, { content: 'x' }],
    ['POST', `/${id}/versions/1/restore`, undefined],
    ['PUT', `/${id}/labels/live`, { number: 1 }],
    ['DELETE', `/${id}/labels/live`, undefined],
  ];
  const reads = (id: string): [Method, string, object | undefined][] => [
    ['GET', `/${id}`, undefined],
    ['GET', `/${id}/versions`, undefined],
    ['GET', `/${id}/versions/1`, undefined],
    ['POST', `/${id}/render`, { values: { name: 'x' } }],
  ];

  test('what a stranger asks for does not exist, and looks like what was never there', async () => {
    const { id } = await create();
    for (const [method, path, body] of [...reads(id), ...writes(id)]) {
      const foreign = await call(stranger, method, path, body);
      const missing = await call(stranger, method, path.replace(id, crypto.randomUUID()), body);
      expect([method, path, foreign.status, foreign.body.error.code]).toEqual([method, path, 404, 'not_found']);
      expect({ ...foreign.body.error, requestId: '' }).toEqual({ ...missing.body.error, requestId: '' });
    }
    expect(await call(stranger, 'POST', '', { projectId: project.id, title: 'T', content: 'C' })).toMatchObject({ status: 404 });
  });

  test('a viewer reads and may not write', async () => {
    const { id } = await create();
    for (const [method, path, body] of reads(id))
      expect([path, (await call(viewer, method, path, body)).status]).toEqual([path, 200]);
    for (const [method, path, body] of writes(id)) {
      expect([path, (await call(viewer, method, path, body)).body.error.code]).toEqual([path, 'forbidden']);
    }
    expect(await call(viewer, 'POST', '', { projectId: project.id, title: 'T', content: 'C' })).toMatchObject({ status: 403 });
  });

  test('a key is held to its project and its access', async () => {
    const { id } = await create();
    const other = keyOf(member, { projectId: (await newProject()).id });
    expect(await call(other, 'GET', `/${id}`)).toMatchObject({ status: 404 });
    const reader = keyOf(member, { projectId: project.id, access: 'read' });
    expect(await call(reader, 'GET', `/${id}`)).toMatchObject({ status: 200 });
    for (const [method, path, body] of writes(id)) {
      expect([path, (await call(reader, method, path, body)).body.error.code]).toEqual([path, 'scope_insufficient']);
    }
  });

  test('without an actor it is 401, with no id at all 400', async () => {
    const nobody = { userId: '', headers: {} };
    expect(await call(nobody, 'GET', `/${crypto.randomUUID()}`)).toMatchObject({ status: 401 });
    expect(await call(member, 'GET', `/1'%20or%201=1`)).toMatchObject({ status: 400 });
    expect(await call(member, 'GET', `/%00`)).toMatchObject({ status: 400 });
  });

  test('prompts of a deleted project are gone', async () => {
    const own = await newProject();
    const { id } = await create({ projectId: own.id });
    await sql`update piper.projects set deleted_at = now() where id = ${own.id}`.execute(server.deps.db);
    expect(await call(owner, 'GET', `/${id}`)).toMatchObject({ status: 404 });
    expect(await call(owner, 'POST', '', { projectId: own.id, title: 'T', content: 'C' })).toMatchObject({ status: 404 });
  });
});

describe('versions', () => {
  test('20 at once get 20 numbers without a gap, each with its own content', async () => {
    const { id } = await create();
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, i) => call(member, 'POST', `/${id}/versions`, { content: `c${i}` })),
    );
    expect(replies.map((r) => r.status)).toEqual(Array(20).fill(201));
    const numbers = replies.map((r) => r.body.data.number as number).toSorted((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 20 }, (_, i) => i + 2));
    const stored = await call(member, 'GET', `/${id}/versions?limit=100`);
    for (const [i, reply] of replies.entries()) {
      expect(stored.body.data.find((v: { number: number }) => v.number === reply.body.data.number).content).toBe(`c${i}`);
    }
    expect((await call(member, 'GET', `/${id}`)).body.data.latestVersion).toBe(21);
  });

  test('are paged, newest first', async () => {
    const { id } = await create();
    for (const content of ['b', 'c', 'd']) await call(member, 'POST', `/${id}/versions`, { content });
    const first = await call(viewer, 'GET', `/${id}/versions?limit=3`);
    expect(first.body.data.map((v: { number: number }) => v.number)).toEqual([4, 3, 2]);
    const second = await call(viewer, 'GET', `/${id}/versions?limit=3&before=${first.body.meta.before}`);
    expect(second.body.data.map((v: { number: number }) => v.number)).toEqual([1]);
    expect(second.body.meta.before).toBeNull();
    expect(await call(viewer, 'GET', `/${id}/versions?limit=101`)).toMatchObject({ status: 400 });
  });

  test('an old one is restored as a new one, and cannot be changed', async () => {
    const { id } = await create({ content: 'first', settings: { temperature: 0 } });
    await call(member, 'PATCH', `/${id}`, { content: 'second', settings: {} });
    const restored = await call(member, 'POST', `/${id}/versions/1/restore`);
    expect(restored).toMatchObject({
      status: 201,
      body: { data: { number: 3, content: 'first', settings: { temperature: 0 } } },
    });
    expect(await call(member, 'POST', `/${id}/versions/9/restore`)).toMatchObject({ status: 404 });
    expect(await call(member, 'PATCH', `/${id}/versions/1`, { content: 'x' })).toMatchObject({ status: 404 });
    expect(await call(member, 'GET', `/${id}/versions/99999999999`)).toMatchObject({ status: 400 });
  });

  test('labels sit on one version and move', async () => {
    const { id } = await create();
    await call(member, 'POST', `/${id}/versions`, { content: 'two' });
    expect(await call(member, 'PUT', `/${id}/labels/live`, { number: 1 })).toMatchObject({
      status: 200,
      body: { data: { label: 'live', number: 1 } },
    });
    const moves = await Promise.all([1, 2, 1, 2].map((number) => call(member, 'PUT', `/${id}/labels/live`, { number })));
    expect(moves.map((m) => m.status)).toEqual([200, 200, 200, 200]);
    await call(member, 'PUT', `/${id}/labels/live`, { number: 2 });
    expect((await call(viewer, 'GET', `/${id}`)).body.data.labels).toEqual([{ label: 'live', number: 2 }]);
    expect((await call(viewer, 'GET', `/${id}/versions/2`)).body.data.labels).toEqual(['live']);
    expect(await call(member, 'PUT', `/${id}/labels/live`, { number: 3 })).toMatchObject({ status: 404 });
    expect(await call(member, 'PUT', `/${id}/labels/Not%20a%20label`, { number: 1 })).toMatchObject({ status: 400 });
    expect(await call(member, 'DELETE', `/${id}/labels/live`)).toMatchObject({ status: 204 });
    expect(await call(member, 'DELETE', `/${id}/labels/live`)).toMatchObject({ status: 404 });
  });

  test('are rendered with values, or every mistake is listed', async () => {
    const { id } = await create({ content: '{{a}} {{b}}', variables: [{ name: 'b', type: 'number' }] });
    const good = await call(viewer, 'POST', `/${id}/render`, { values: { a: '{{b}}', b: 2 } });
    expect(good.body).toEqual({ data: { text: '{{b}} 2', number: 1 } });
    const bad = await call(viewer, 'POST', `/${id}/render`, { values: { b: '2' } });
    expect(bad).toMatchObject({
      status: 422,
      body: {
        error: {
          code: 'prompt_values_invalid',
          details: [
            { variable: 'a', problem: 'missing' },
            { variable: 'b', problem: 'wrong_type' },
          ],
        },
      },
    });
  });
});

describe('the active prompt', () => {
  test('is the first, passes on request, and to the newest left on deletion, with events', async () => {
    const own = await newProject();
    const [a, b, c] = [
      await create({ projectId: own.id }),
      await create({ projectId: own.id, active: true }),
      await create({ projectId: own.id }),
    ];
    expect([a.active, b.active, c.active]).toEqual([true, true, false]);
    expect(await activeOf(own.id)).toEqual([b.id]);
    expect((await call(member, 'POST', `/${a.id}/activate`)).body.data.active).toBe(true);
    expect(await activeOf(own.id)).toEqual([a.id]);
    expect(await call(member, 'PATCH', `/${a.id}`, { active: false })).toMatchObject({
      status: 422,
      body: { error: { code: 'rule_violated' } },
    });
    expect(await call(member, 'DELETE', `/${a.id}`)).toMatchObject({ status: 204, text: '' });
    expect(await activeOf(own.id)).toEqual([c.id]);
    expect((await eventsOf(server.deps.db, c.id)).at(-1)).toMatchObject({
      type: 'prompt.updated',
      data: { before: { active: false }, after: { active: true } },
    });
    expect((await eventsOf(server.deps.db, b.id)).at(-1)).toMatchObject({
      data: { before: { active: true }, after: { active: false } },
    });
    await call(member, 'DELETE', `/${c.id}`);
    await call(member, 'DELETE', `/${b.id}`);
    expect(await activeOf(own.id)).toEqual([]);
    expect((await create({ projectId: own.id })).active).toBe(true);
  });

  test('is one, whatever happens at once', async () => {
    const own = await newProject();
    const first = await Promise.all(Array.from({ length: 6 }, () => create({ projectId: own.id })));
    expect(first.filter((p) => p.active)).toHaveLength(1);
    for (let round = 0; round < 5; round++) {
      const ids = first.map((p) => p.id as string);
      const replies = await Promise.all([
        ...ids.map((id) => call(member, 'POST', `/${id}/activate`)),
        ...ids.map((id) => call(member, 'PATCH', `/${id}`, { content: `round ${round}`, active: true })),
        ...ids.map((id) => call(member, 'POST', `/${id}/versions`, { content: `v ${round}` })),
        create({ projectId: own.id, active: true }),
      ]);
      expect(replies.filter((r) => 'status' in r && r.status >= 400)).toEqual([]);
      expect(await activeOf(own.id)).toHaveLength(1);
    }
  });

  test('survives deletions racing with activations', async () => {
    const own = await newProject();
    const prompts = await Promise.all(Array.from({ length: 5 }, () => create({ projectId: own.id })));
    const [keep, ...rest] = prompts;
    const replies = await Promise.all(
      rest.flatMap(({ id }) => [call(member, 'POST', `/${id}/activate`), call(member, 'DELETE', `/${id}`)]),
    );
    expect(replies.every((r) => [200, 204, 404].includes(r.status))).toBe(true);
    expect(await activeOf(own.id)).toEqual([keep.id]);
  });
});
