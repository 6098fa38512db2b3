import { beforeAll, describe, expect, test } from 'vitest';
import { addMember, registerUser, type TestUser } from '../../../../test/accounts.ts';
import { until, useTestServer } from '../../../../test/harness.ts';
import { createRecordsProject, model, text, toOne, type RecordsProject } from '../../../../test/records.ts';
import { system } from '#platform/actor';
import { ctxFor } from '#platform/ctx';
import { applyActions } from '#features/data-models';

const server = useTestServer();
let place: RecordsProject;
let viewer: TestUser;

interface Revision {
  id: string;
  type: string;
  by: { id: string; name: string } | null;
  changes: { field: string; before: unknown; after: unknown }[];
}

beforeAll(async () => {
  place = await createRecordsProject(server, [
    model('people', [text('name', { required: true })]),
    model(
      'notes',
      [
        text('name', { required: true }),
        text('secret'),
        text('old'),
        { type: 'json', key: 'extra' },
        { type: 'decimal', key: 'price' },
        toOne('person', 'people'),
      ],
      {
        rules: [
          ...(['read', 'create', 'update', 'delete'] as const).map((action) => ({
            action,
            roles: ['owner'],
            filter: {},
            fields: '*' as const,
          })),
          { action: 'read', roles: ['viewer'], filter: {}, fields: ['name', 'old', 'extra', 'price', 'person', 'version'] },
        ],
      },
    ),
  ]);
  viewer = await registerUser(server);
  await addMember(place.owner, place.project, viewer, 'viewer');
});

async function make(values: object): Promise<string> {
  const reply = await place.owner.browser.post(place.at('notes'), values);
  return reply.json<{ data: { id: string } }>().data.id;
}
const change = (id: string, values: object) => place.owner.browser.patch(place.at('notes', `/${id}`), values);
const revisionsOf = async (id: string, { who = place.owner, query = '' }: { who?: TestUser; query?: string } = {}) =>
  (await who.browser.get(place.at('notes', `/${id}/revisions${query}`))).json<{
    data: Revision[];
    meta: { nextCursor: string | null };
  }>();
const revert = (id: string, revision: string, who = place.owner) =>
  who.browser.post(place.at('notes', `/${id}/revert`), { revision });

describe('revisions', () => {
  test('tell who changed what, the newest first, page by page', async () => {
    const id = await make({ name: 'one', price: '1.50' });
    await change(id, { name: 'two' });
    await change(id, { name: 'two', extra: { a: null } });
    await change(id, { name: 'two' });
    const { data } = await revisionsOf(id);
    expect(data.map(({ type, changes }) => [type, changes])).toEqual([
      ['updated', [{ field: 'extra', before: null, after: { a: null } }]],
      ['updated', [{ field: 'name', before: 'one', after: 'two' }]],
      [
        'created',
        expect.arrayContaining([
          { field: 'name', before: null, after: 'one' },
          { field: 'price', before: null, after: expect.stringMatching(/^1\.50*$/) },
        ]),
      ],
    ]);
    expect(data[0]!.by).toEqual({ id: place.owner.user.id, name: 'Somebody' });
    const first = await revisionsOf(id, { query: '?limit=2' });
    expect(first.data.map((revision) => revision.id)).toEqual(data.slice(0, 2).map((revision) => revision.id));
    const rest = await revisionsOf(id, { query: `?limit=2&cursor=${first.meta.nextCursor}` });
    expect([rest.data.map((revision) => revision.id), rest.meta.nextCursor]).toEqual([[data[2]!.id], null]);
  });

  test('stay in their order when the positions of the log get one digit more', async () => {
    const id = await make({ name: 'before' });
    const [created] = (await revisionsOf(id)).data;
    await server.deps.pool.query(`select setval('piper.event_position', $1)`, [10 ** created!.id.length - 1]);
    await change(id, { name: 'after' });
    expect((await revisionsOf(id, { query: '?limit=1' })).data.map(({ type }) => type)).toEqual(['updated']);
  });

  test('each holds the whole record as it was', async () => {
    const id = await make({ name: 'whole', secret: 's' });
    await change(id, { name: 'later', price: '2' });
    const { data } = await revisionsOf(id);
    const read = async (revision: string, who = place.owner) =>
      (await who.browser.get(place.at('notes', `/${id}/revisions/${revision}`))).json();
    expect((await read(data[0]!.id)).data.record).toMatchObject({ name: 'later', secret: 's', version: 2 });
    expect((await read(data[1]!.id)).data.record).toMatchObject({ name: 'whole', secret: 's', version: 1 });
    expect(await read('999999999')).toMatchObject({ error: { code: 'not_found' } });
    expect(await read('nonsense')).toMatchObject({ error: { code: 'not_found' } });
    const other = await make({ name: 'other' });
    const foreign = (await revisionsOf(other)).data[0]!.id;
    expect(await read(foreign)).toMatchObject({ error: { code: 'not_found' } });
  });

  test('show nobody what they may not read', async () => {
    const id = await make({ name: 'n', secret: 'hidden' });
    await change(id, { secret: 'hidden too', name: 'm' });
    const { data } = await revisionsOf(id, { who: viewer });
    expect(JSON.stringify(data)).not.toContain('hidden');
    const whole = await viewer.browser.get(place.at('notes', `/${id}/revisions/${data[0]!.id}`));
    expect([whole.statusCode, whole.body.includes('hidden')]).toEqual([200, false]);
    const stranger = await registerUser(server);
    expect((await stranger.browser.get(place.at('notes', `/${id}/revisions`))).statusCode).toBe(404);
    await place.owner.browser.delete(place.at('notes', `/${id}`));
    expect((await viewer.browser.get(place.at('notes', `/${id}/revisions`))).statusCode).toBe(404);
    expect((await revisionsOf(id)).data[0]).toMatchObject({ type: 'deleted', changes: [] });
  });
});

test('what is written while a renaming waits for its turn is read by the keys it was written with', async () => {
  const own = await createRecordsProject(server, [model('papers', [text('name'), text('draft')])]);
  const url = own.at(
    'papers',
    `/${(await own.owner.browser.post(own.at('papers'), { name: 'one', draft: 'a' })).json().data.id}`,
  );
  const table = `p_${own.project.id.replaceAll('-', '')}.papers`;
  const other = await server.deps.pool.connect();
  await other.query(`begin; lock table ${table} in share update exclusive mode`);
  const renaming = applyActions(ctxFor(server.deps, system, 'test'), own.project.id, [
    { do: 'update-field', model: 'papers', field: 'draft', changes: { key: 'final' } },
  ]);
  const waits = `select 1 from pg_locks where relation = '${table}'::regclass and not granted`;
  await until(async () => (await server.deps.pool.query(waits)).rows.length > 0);
  expect((await own.owner.browser.patch(url, { draft: 'b' })).statusCode).toBe(200);
  await other.query('commit');
  other.release();
  await renaming;
  const { data } = (await own.owner.browser.get(`${url}/revisions`)).json<{ data: Revision[] }>();
  expect(data[0]!.changes).toEqual([{ field: 'final', before: 'a', after: 'b' }]);
});

describe('reverting', () => {
  test('is a new change under the rules', async () => {
    const id = await make({ name: 'first', price: '1', extra: { n: [1, null] } });
    await change(id, { name: 'second', price: null, extra: null, old: 'x' });
    const [, created] = (await revisionsOf(id)).data;
    expect((await revert(id, created!.id, viewer)).statusCode).toBe(403);
    const back = await revert(id, created!.id);
    expect([back.statusCode, back.json()]).toMatchObject([
      200,
      { data: { name: 'first', extra: { n: [1, null] }, old: null, version: 3 }, meta: { skipped: [] } },
    ]);
    expect((await revisionsOf(id)).data).toHaveLength(3);
    expect((await revert(id, '1')).statusCode).toBe(404);
  });

  test('leaves alone what was out of sight then, and says so', async () => {
    const all = { filter: {}, fields: '*' as const };
    const own = await createRecordsProject(server, [
      model('cases', [text('title'), text('status'), text('notes')], {
        rules: [
          ...(['read', 'create', 'update', 'delete'] as const).map((action) => ({ action, roles: ['owner'], ...all })),
          { action: 'read', roles: ['viewer'], filter: { status: { _eq: 'open' } }, fields: ['title', 'status', 'notes'] },
          { action: 'read', roles: ['viewer'], filter: {}, fields: ['title', 'status'] },
          { action: 'update', roles: ['viewer'], ...all },
        ],
      }),
    ]);
    const clerk = await registerUser(server);
    await addMember(own.owner, own.project, clerk, 'viewer');
    for (const notes of ['a', null]) {
      const made = await own.owner.browser.post(own.at('cases'), { title: 'then', status: 'closed', notes });
      const url = own.at('cases', `/${made.json().data.id}`);
      await own.owner.browser.patch(url, { title: 'now', status: 'open', notes: 'b' });
      const { data } = (await clerk.browser.get(`${url}/revisions`)).json<{ data: Revision[] }>();
      const back = await clerk.browser.post(`${url}/revert`, { revision: data.at(-1)!.id });
      expect(back.json()).toMatchObject({ data: { title: 'then', status: 'closed' }, meta: { skipped: ['notes'] } });
      expect((await own.owner.browser.get(url)).json().data.notes).toBe('b');
    }
  });

  test('leaves out what is gone, and says so; a renamed field gets its value', async () => {
    const ctx = ctxFor(server.deps, system, 'test');
    const id = await make({ name: 'before', old: 'kept', secret: 's' });
    const person = (await place.owner.browser.post(place.at('people'), { name: 'P' })).json().data.id as string;
    await change(id, { person });
    const then = (await revisionsOf(id)).data[0]!.id;
    await change(id, { name: 'after', old: 'changed', secret: 't', person: null });
    await place.owner.browser.delete(place.at('people', `/${person}`));
    await applyActions(ctx, place.project.id, [
      { do: 'update-field', model: 'notes', field: 'old', changes: { key: 'renamed' } },
      { do: 'delete-field', model: 'notes', field: 'secret' },
    ]);
    const { data } = await revisionsOf(id);
    expect(data[0]!.changes).toContainEqual({ field: 'renamed', before: 'kept', after: 'changed' });
    const back = (await revert(id, then)).json<{ data: Record<string, unknown>; meta: { skipped: string[] } }>();
    expect(back.data).toMatchObject({ name: 'before', renamed: 'kept', person: null });
    expect(back.meta.skipped.toSorted()).toEqual(['person', 'secret']);
  });
});
