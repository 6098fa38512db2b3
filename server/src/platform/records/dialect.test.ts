import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import { limits } from '@piper/shared/limits';
import { systemModels } from '@piper/shared/system-models/index';
import { actorsFeature, addProject, addUser, type TestActor } from '../../../../test/actors.ts';
import { useTestServer } from '../../../../test/harness.ts';
import { newId } from '../ids.ts';

const server = useTestServer({ features: [actorsFeature] });
let ann: TestActor;
let ben: TestActor;
let project: { id: string };

type Reply = {
  data: Record<string, unknown>[];
  meta: Record<string, unknown>;
  error: { code: string; message: string; details: { path: string }[] };
};

async function get(url: string, actor = ann): Promise<Reply & { status: number }> {
  const reply = await server.app.inject({ url, headers: actor.headers });
  return { status: reply.statusCode, ...(reply.json() as Reply) };
}
const list = (query: Record<string, unknown>, actor = ann, model = 'prompts') => {
  const text = Object.entries(query).map(
    ([key, value]) =>
      `${encodeURIComponent(key)}=${encodeURIComponent(typeof value === 'string' ? value : JSON.stringify(value))}`,
  );
  return get(`/api/${model}?${text.join('&')}`, actor);
};
const titles = (reply: Reply) => reply.data.map((record) => record['title']);

async function addPrompt(title: string, inProject = project.id): Promise<string> {
  const id = newId();
  await sql`insert into piper.prompts (id, project_id, title) values (${id}, ${inProject}, ${title})`.execute(server.deps.db);
  return id;
}

beforeAll(async () => {
  ann = await addUser(server.deps.db);
  ben = await addUser(server.deps.db);
  project = await addProject(server.deps.db, { [ann.userId]: 'owner' });
  for (const title of ['beta', 'Alpha', 'gamma 100%', "it's", 'a_b']) await addPrompt(title);
});

describe('filter', () => {
  test('comes as JSON, as brackets, with variables and over relations', async () => {
    expect(titles(await list({ filter: { title: { _in: ['beta', 'Alpha'] } }, sort: 'title' }))).toEqual(['Alpha', 'beta']);
    expect(titles(await get('/api/prompts?filter[title][_in][]=beta&filter[title][_in][]=Alpha&sort=-title'))).toEqual([
      'beta',
      'Alpha',
    ]);
    expect(titles(await get('/api/prompts?filter[_and][0][title][_eq]=beta&filter[_and][1][active][_eq]=false'))).toEqual([
      'beta',
    ]);
    expect(titles(await list({ filter: { title: { _contains: '%' } } }))).toEqual(['gamma 100%']);
    expect(titles(await list({ filter: { title: { _icontains: 'ALPHA' } } }))).toEqual(['Alpha']);
    expect(
      titles(
        await list({
          filter: { project: { members: { _some: { userId: { _eq: '$CURRENT_USER' } } } }, title: { _starts_with: 'a' } },
        }),
      ),
    ).toEqual(['a_b']);
    expect(titles(await list({ filter: { createdAt: { _lt: '$NOW(-1 day)' } } }))).toEqual([]);
    expect((await list({ filter: { members: { _none: { userId: { _eq: ben.userId } } } } }, ann, 'projects')).data).toHaveLength(
      1,
    );
    expect((await list({ filter: { members: { _every: { role: { _eq: 'owner' } } } } }, ann, 'projects')).data).toHaveLength(1);
    expect((await list({ filter: { members: { role: { _neq: 'owner' } } } }, ann, 'projects')).data).toHaveLength(0);
  });

  test.each([
    [{ title: { _eq: { a: 1 } } }, 'title._eq'],
    [{ createdAt: { _gt: 'nonsense' } }, 'createdAt._gt'],
    [{ createdAt: { _gt: '2026-02-31T00:00:00Z' } }, 'createdAt._gt'],
    [{ version: { _eq: 1.5 } }, 'version._eq'],
    [{ title: { _eq: 'a\0b' } }, 'title._eq'],
    [{ title: { _contains: 'a\ud800' } }, 'title._contains'],
    [{ title: { _like: 'a' } }, 'title._like'],
    [{ active: { _gt: true } }, 'active._gt'],
    [{ id: { _eq: "' or 1=1 --" } }, 'id._eq'],
    [{ title: 'beta' }, 'title'],
    [{ _and: {} }, '_and'],
    [{ createdAt: { _gt: '$CURRENT_USER' } }, 'createdAt._gt'],
    [{ title: { _eq: '$CURRENT_USER.passwordHash' } }, 'title._eq'],
    [{ title: { _in: [null] } }, 'title._in[0]'],
    [{ createdAt: { _between: ['2026-01-01'] } }, 'createdAt._between'],
  ])('refuses %j, naming the place', async (filter, path) => {
    const reply = await list({ filter });
    expect(reply).toMatchObject({ status: 400, error: { code: 'bad_filter', details: [{ path }] } });
  });

  test('refuses 10^400, which is no number of ours', async () => {
    expect((await get(`/api/prompts?filter={"version":{"_gt":1e400}}`)).error.code).toBe('bad_filter');
  });

  test('is bounded in terms, values and depth', async () => {
    const terms = (count: number) => ({ _or: Array.from({ length: count }, () => ({ title: { _eq: 'beta' } })) });
    expect(titles(await list({ filter: terms(limits.filterTerms) }))).toEqual(['beta']);
    expect(await list({ filter: terms(limits.filterTerms + 1) })).toMatchObject({ status: 400, error: { code: 'bad_filter' } });
    const deep = Array.from({ length: 60 }).reduce<object>((inner) => ({ project: { prompts: { _some: inner } } }), {});
    expect(await list({ filter: deep })).toMatchObject({ status: 400, error: { code: 'bad_filter' } });
    const nested = Array.from({ length: 2_000 }).reduce<object>((inner) => ({ _and: [inner] }), {});
    expect(await list({ filter: nested })).toMatchObject({ status: 400, error: { code: 'bad_filter' } });
    const many = Array.from({ length: limits.filterValues + 1 }, (_, i) => `x${i}`);
    const reply = await server.app.inject({
      url: `/api/prompts?filter=${encodeURIComponent(JSON.stringify({ title: { _in: many } }))}`,
      headers: ann.headers,
    });
    expect(reply.statusCode).toBe(400);
    expect((await get(`/api/prompts?filter${'[a]'.repeat(3_000)}=1`)).status).toBe(400);
  });

  test('a key named __proto__ is an unknown field, not a way round the filter', async () => {
    expect(await get('/api/prompts?filter={"__proto__":{"title":{"_eq":"x"}}}')).toMatchObject({
      status: 400,
      error: { code: 'unknown_field' },
    });
  });
});

describe('SQL in every place that takes a text', () => {
  const evil = `x'); drop table piper.prompts; --"`;
  test.each([
    { filter: { title: { _eq: evil } } },
    { filter: { [evil]: { _eq: 1 } } },
    { filter: { title: { [evil]: 1 } } },
    { fields: evil },
    { fields: `project.${evil}` },
    { sort: evil },
    { sort: `-project.${evil}` },
    { search: evil },
    { cursor: evil },
    { cursor: Buffer.from(JSON.stringify(['prompts:-createdAt,-id', evil, evil])).toString('base64url') },
    { aggregate: { count: evil } },
    { aggregate: { [evil]: 'id' } },
    { aggregate: { count: '*' }, groupBy: evil },
    { meta: evil },
    { limit: evil },
    { [evil]: '1' },
  ])('%j', async (query) => {
    const reply = await list(query);
    expect(reply.status === 200 ? reply.data : reply.status).toEqual(reply.status === 200 ? [] : 400);
    expect(JSON.stringify(reply.error ?? {})).not.toContain('syntax');
    expect((await list({})).data.length).toBeGreaterThan(4);
  });
});

describe('fields', () => {
  test('what is hidden and what is not there answer alike', async () => {
    for (const [model, name] of [
      ['users', 'preferences'],
      ['users', 'passwordHash'],
      ['keys', 'hash'],
    ] as const) {
      const asAnn = await list({ fields: name }, ann, model);
      const hidden = name === 'preferences' ? await list({ fields: name }, { ...ben }, model) : asAnn;
      expect([hidden.status, asAnn.status]).toEqual(name === 'preferences' ? [200, 200] : [400, 400]);
    }
    for (const query of [
      { filter: { hash: { _null: false } } },
      { sort: 'hash' },
      { aggregate: { max: 'hash' } },
      { fields: 'hash' },
    ]) {
      expect(await list(query, ann, 'keys')).toMatchObject({ status: 400, error: { code: 'unknown_field' } });
    }
  });

  test('preferences of others are null', async () => {
    await sql`update piper.users set preferences = '{"theme":"dark"}' where id = ${ann.userId}`.execute(server.deps.db);
    const seen = (await list({ fields: 'id,preferences', filter: { id: { _eq: ann.userId } } }, ben, 'users')).data;
    expect(seen).toEqual([{ id: ann.userId, preferences: null }]);
  });

  test('cross relations, with the rules at each hop', async () => {
    const other = await addProject(server.deps.db, { [ann.userId]: 'viewer', [ben.userId]: 'owner' });
    await addPrompt('shared', other.id);
    const seen = (
      await list(
        { fields: 'title,project.name,project.members.user.name,project.prompts', filter: { projectId: { _eq: other.id } } },
        ben,
      )
    ).data;
    expect(seen).toMatchObject([
      { title: 'shared', project: { name: 'Test', members: [{ user: { name: 'Test' } }, { user: { name: 'Test' } }] } },
    ]);
    // Ann's other project is no concern of Ben's, whichever way he comes.
    const ways = (
      await list(
        { fields: 'memberships.projectId,memberships.project.prompts.title', filter: { id: { _eq: ann.userId } } },
        ben,
        'users',
      )
    ).data;
    expect(JSON.stringify(ways)).not.toContain(project.id);
    expect(
      (await list({ filter: { memberships: { project: { prompts: { title: { _eq: 'beta' } } } } } }, ben, 'users')).data,
    ).toEqual([]);
    expect(
      (await list({ filter: { memberships: { project: { prompts: { title: { _eq: 'shared' } } } } } }, ben, 'users')).data,
    ).toHaveLength(2);
  });

  test('bombs are refused', async () => {
    expect((await list({ fields: Array.from({ length: 9 }, () => 'project.prompts').join('.') })).status).toBe(400);
    expect((await list({ fields: Array.from({ length: 300 }, () => 'title').join(',') })).status).toBe(400);
    expect((await list({ fields: '*.*.*.*.*.*.*.*' })).status).toBe(400);
  });

  test('a list needs as many statements as it crosses relations, however long it is', async () => {
    const { pool } = server.deps;
    const query = pool.query.bind(pool);
    let count = 0;
    pool.query = ((...given: Parameters<typeof query>) => (count++, query(...given))) as typeof pool.query;
    await list({ fields: 'title,project.name,creator.name', limit: '100' });
    pool.query = query;
    // The creator is null everywhere, so there is nothing to fetch for it.
    expect(count).toBe(2);
  });
});

describe('pages', () => {
  test('limit, offset, page and counts', async () => {
    const own = { projectId: { _eq: project.id } };
    expect(titles(await list({ filter: own, sort: 'title', limit: '2', page: '2' }))).toEqual(['beta', 'gamma 100%']);
    expect(titles(await list({ filter: own, sort: 'title', limit: '1', offset: '4' }))).toEqual(["it's"]);
    expect((await list({ filter: own, limit: '-1' })).data).toHaveLength(5);
    expect((await list({ filter: { ...own, title: { _eq: 'beta' } }, meta: '*' })).meta).toMatchObject({ filter_count: 1 });
    for (const query of [{ limit: '-2' }, { page: '0' }, { limit: 'x' }, { offset: '-1' }])
      expect((await list(query)).status).toBe(400);
    expect(titles(await list({ search: '100%' }))).toEqual(['gamma 100%']);
    expect((await list({ search: '_' })).data).toHaveLength(1);
  });

  test.each([
    'title',
    '-title',
    '-createdAt',
    'createdBy,title',
    '-createdBy,-title',
    'project.name,-title',
    '-project.createdBy,title',
  ])('a cursor by %s visits every record once', async (sort) => {
    const seen: unknown[] = [];
    for (let cursor: unknown; ;) {
      const page = await list({ filter: { projectId: { _eq: project.id } }, sort, limit: '2', ...(cursor ? { cursor } : {}) });
      expect(page.status, JSON.stringify(page.error)).toBe(200);
      seen.push(...page.data.map((record) => record['id']));
      cursor = page.meta['nextCursor'];
      if (!cursor) break;
    }
    expect(new Set(seen).size).toBe(5);
    expect(seen).toEqual((await list({ filter: { projectId: { _eq: project.id } }, sort })).data.map((record) => record['id']));
  });

  test('a cursor misses and repeats nothing while others insert', async () => {
    const busy = await addProject(server.deps.db, { [ann.userId]: 'owner' });
    const before = await Promise.all(Array.from({ length: 60 }, (_, i) => addPrompt(`n ${i % 7}`, busy.id)));
    const seen: unknown[] = [];
    for (let cursor: unknown; ;) {
      const [page] = await Promise.all([
        list({ filter: { projectId: { _eq: busy.id } }, sort: 'title', limit: '7', ...(cursor ? { cursor } : {}) }),
        ...Array.from({ length: 5 }, (_, i) => addPrompt(`n ${i}`, busy.id)),
      ]);
      seen.push(...page.data.map((record) => record['id']));
      cursor = page.meta['nextCursor'];
      if (!cursor || seen.length > 1_000) break;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(before.filter((id) => !seen.includes(id))).toEqual([]);
  });

  test('a cursor of another list is refused', async () => {
    const page = await list({ sort: 'title', limit: '1' });
    expect(await list({ sort: '-title', cursor: page.meta['nextCursor'] })).toMatchObject({
      status: 400,
      error: { code: 'bad_cursor' },
    });
    const forged = Buffer.from(JSON.stringify(['prompts:-createdAt,-id', 'infinity-ish', 'x'])).toString('base64url');
    expect(await list({ cursor: forged })).toMatchObject({ status: 400, error: { code: 'bad_cursor' } });
  });
});

describe('aggregate', () => {
  test('in both forms, by groups, over what may be read', async () => {
    const own = { projectId: { _eq: project.id } };
    expect((await list({ aggregate: { count: '*' }, filter: own })).data).toEqual([{ count: 5 }]);
    expect((await get('/api/prompts?aggregate[count]=*&aggregate[max]=title&filter[title][_starts_with]=b')).data).toEqual([
      { count: 1, max: { title: 'beta' } },
    ]);
    const grouped = await list({
      aggregate: { count: '*', sum: ['version'], countDistinct: 'title' },
      groupBy: 'active',
      filter: own,
    });
    expect(grouped.data).toEqual([{ active: false, count: 5, sum: { version: 5 }, countDistinct: { title: 5 } }]);
    expect((await get('/api/prompts?aggregate[count]=*&groupBy[]=project.name')).data).toMatchObject([
      { 'project.name': 'Test' },
    ]);
    expect((await list({ aggregate: { count: '*' } }, ben)).data).not.toEqual([{ count: 6 }]);
    for (const query of [
      { aggregate: { sum: 'title' } },
      { aggregate: {} },
      { groupBy: 'title' },
      { aggregate: { median: 'version' } },
    ]) {
      expect((await list(query)).status, JSON.stringify(query)).toBe(400);
    }
  });
});

describe('definitions', () => {
  test('show only what the actor may read, and never where it is stored', async () => {
    const reply = await get('/api/models/users', ben);
    expect(JSON.stringify(reply.data)).not.toMatch(/piper\.|"column"|password/);
    const model = reply.data as unknown as {
      fields: { key: string; updatable: boolean; sortable: boolean }[];
      allowedActions: string[];
    };
    expect(model.allowedActions).toEqual(['read', 'update']);
    expect(model.fields.find((field) => field.key === 'name')).toMatchObject({ updatable: true, sortable: true });
    expect((await get('/api/models/nonsense', ben)).status).toBe(404);
    expect((await get('/api/models', ben)).data.map((entry) => entry['key'])).toEqual(systemModels.map((entry) => entry.key));
  });

  test('every model lists with every field it names, sorted by every field it can sort by', async () => {
    for (const { key, fields } of (await get('/api/models')).data as unknown as {
      key: string;
      fields: { key: string; sortable: boolean }[];
    }[]) {
      const all = await list(
        { fields: [...fields.map((field) => field.key), '*.*', 'allowedActions'].join(','), meta: '*' },
        ann,
        key,
      );
      expect([key, all.status, all.error]).toEqual([key, 200, undefined]);
      for (const { key: sort } of fields.filter((field) => field.sortable))
        expect([key, sort, (await list({ sort: `-${sort}` }, ann, key)).status]).toEqual([key, sort, 200]);
    }
  });
});

test('OpenAPI describes the routes from the definitions', async () => {
  const reply = await server.app.inject({ url: '/api/openapi.json' });
  const { paths } = reply.json() as { paths: Record<string, Record<string, { responses: Record<string, unknown> }>> };
  expect(Object.keys(paths['/api/prompts']!)).toEqual(expect.arrayContaining(['get', 'post']));
  expect(JSON.stringify(paths['/api/prompts']!['post'])).toContain('"title"');
});
