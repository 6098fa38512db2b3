/** `$CURRENT_USER.<field>` in filters, rules and presets; and what is shown on some rows only. */
import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import { parseFilter } from '@piper/shared/filter/parse';
import { compilePredicate } from '@piper/shared/filter/predicate';
import { actorsFeature, addUser, type TestActor } from '../../../../test/actors.ts';
import { useTestServer } from '../../../../test/harness.ts';
import { fillLibrary, libraryFeature } from '../../../../test/library.ts';

const server = useTestServer({ features: [actorsFeature, libraryFeature] });
let owner: TestActor;
let member: TestActor;

beforeAll(async () => {
  owner = await addUser(server.deps.db, 'OWNER');
  member = await addUser(server.deps.db);
  await fillLibrary(server.deps.db);
  await sql`update piper.users set name = 'desk 2' where id = ${member.userId}`.execute(server.deps.db);
  await sql`update piper.users set name = '50%_\\' where id = ${owner.userId}`.execute(server.deps.db);
});

interface Reply {
  status: number;
  data: Record<string, unknown>[];
  error?: { code: string };
}

async function list(model: string, query: Record<string, unknown>, actor = member): Promise<Reply> {
  const text = Object.entries(query).map(
    ([key, value]) => `${key}=${encodeURIComponent(typeof value === 'string' ? value : JSON.stringify(value))}`,
  );
  const reply = await server.app.inject({ url: `/api/${model}?${text.join('&')}`, headers: actor.headers });
  return { status: reply.statusCode, ...(reply.json() as Omit<Reply, 'status'>) };
}
const names = async (filter: object, actor = member): Promise<unknown> => {
  const reply = await list('desks', { filter, fields: 'name', sort: 'name' }, actor);
  return reply.error ?? reply.data.map((record) => record['name']);
};

describe('a field of the user', () => {
  test('is compared with, alone and among others', async () => {
    expect(await names({ name: { _eq: '$CURRENT_USER.name' } })).toEqual(['desk 2']);
    expect(await names({ name: { _neq: '$CURRENT_USER.name' } })).toEqual(['desk 1', 'desk 3', 'desk 4']);
    expect(await names({ name: { _in: ['$CURRENT_USER.name', 'desk 4'] } })).toEqual(['desk 2', 'desk 4']);
    expect(await names({ name: { _nin: ['desk 4', '$CURRENT_USER.name'] } })).toEqual(['desk 1', 'desk 3']);
    expect(await names({ name: { _between: ['$CURRENT_USER.name', 'desk 3'] } })).toEqual(['desk 2', 'desk 3']);
    expect(await names({ name: { _nbetween: ['desk 2', '$CURRENT_USER.name'] } })).toEqual(['desk 1', 'desk 3', 'desk 4']);
    expect(await names({ name: { _icontains: '$CURRENT_USER.name' } })).toEqual(['desk 2']);
    expect(await names({ drawers: { desk: { name: { _eq: '$CURRENT_USER.name' } } } })).toEqual(['desk 2']);
  });

  test('keeps its signs in a pattern', async () => {
    await sql`insert into library.desks values (gen_random_uuid(), 'at 50%_\\.'), (gen_random_uuid(), 'at 50xy')`.execute(
      server.deps.db,
    );
    expect(await names({ name: { _contains: '$CURRENT_USER.name' } }, owner)).toEqual(['at 50%_\\.']);
    await sql`delete from library.desks where name like 'at %'`.execute(server.deps.db);
  });

  test.each([
    '$CURRENT_USER.passwordHash',
    '$CURRENT_USER.nothing',
    '$CURRENT_USER.memberships',
    '$CURRENT_USER.createdAt',
    '$CURRENT_USER.a.b',
    '$CURRENT_USER.__proto__',
  ])('%s is refused', async (text) => {
    expect(await names({ name: { _eq: text } })).toMatchObject({ code: 'bad_filter' });
    expect(await names({ name: { _in: ['x', text] } })).toMatchObject({ code: 'bad_filter' });
  });

  test('is not where it does not fit', async () => {
    expect(await names({ id: { _eq: '$CURRENT_USER.name' } })).toMatchObject({ code: 'bad_filter' });
    expect(await names({ name: { _in: '$CURRENT_USER.name' } })).toMatchObject({ code: 'bad_filter' });
    expect(await names({ name: { _regex: '$CURRENT_USER.name' } })).toMatchObject({ code: 'bad_filter' });
  });

  test('is nothing a predicate can tell', () => {
    const { catalogue } = server.deps;
    const parse = (filter: object) => parseFilter(filter, catalogue.find('desks')!, { models: catalogue });
    expect(compilePredicate(parse({ name: { _eq: '$CURRENT_USER.name' } }))).toMatchObject({ exact: false });
    expect(compilePredicate(parse({ name: { _in: ['$CURRENT_USER.name', 'x'] } }))).toMatchObject({ exact: false });
    expect(compilePredicate(parse({ 'count(drawers)': { _eq: 1 } }))).toMatchObject({ exact: false });
    expect(compilePredicate(parse({ name: { _eq: 'x' } }))).toMatchObject({ exact: true });
  });

  test('presets a value', async () => {
    const reply = await server.app.inject({ method: 'POST', url: '/api/desks', headers: member.headers, payload: {} });
    expect([reply.statusCode, reply.json()]).toMatchObject([201, { data: { name: 'desk 2' } }]);
    await sql`delete from library.desks where id = ${reply.json<{ data: { id: string } }>().data.id}`.execute(server.deps.db);
  });
});

describe('a relation shown on some rows only', () => {
  test('is empty and decides nothing on the others', async () => {
    const { data } = await list('desks', { fields: 'name,drawers.name,count(drawers)', sort: 'name' });
    expect(data).toEqual([
      { name: 'desk 1', drawers: [], drawers_count: null },
      { name: 'desk 2', drawers: [{ name: 'drawer 1' }, { name: 'drawer 4' }, { name: 'drawer 7' }], drawers_count: 3 },
      { name: 'desk 3', drawers: [], drawers_count: null },
      { name: 'desk 4', drawers: [], drawers_count: null },
    ]);
    expect(await names({ drawers: { name: { _nnull: true } } })).toEqual(['desk 2']);
    expect(await names({ drawers: { _none: {} } })).toEqual([]);
    expect(await names({ drawers: { _every: { name: { _eq: 'x' } } } })).toEqual([]);
    expect(await names({ drawers: { _none: {} } }, owner)).toEqual(['desk 4']);
    expect((await list('desks', { aggregate: { sum: 'count(drawers)' } })).data).toMatchObject([
      { sum: { 'count(drawers)': 3 } },
    ]);
  });

  test('leads nowhere when the field that points back is hidden', async () => {
    expect((await list('desks', { fields: 'papers.name,count(papers)', limit: 1 })).data).toEqual([
      { papers: [], papers_count: 0 },
    ]);
    expect(await names({ papers: { name: { _nnull: true } } })).toEqual([]);
    expect((await list('desks', { fields: 'papers.name', limit: 1, sort: 'name' }, owner)).data).toMatchObject([
      { papers: [{ name: 'paper 3' }, { name: 'paper 6' }, { name: 'paper 9' }] },
    ]);
  });
});
