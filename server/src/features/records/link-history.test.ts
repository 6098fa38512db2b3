/** Changes of many-to-many lists are changes of the record: versions guard them, subscribers hear them, history keeps them. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addMember, registerUser, type TestUser } from '../../../../test/accounts.ts';
import { until, useTestServer } from '../../../../test/harness.ts';
import { enterLive, eventsOf, type LiveClient } from '../../../../test/live.ts';
import { createRecordsProject, model, text, toMany, type RecordsProject } from '../../../../test/records.ts';
import { applyActions, catalogueOfProject } from '#features/data-models';
import { system } from '#platform/actor';
import { ctxFor } from '#platform/ctx';

const server = useTestServer({ listen: true });
const open: LiveClient[] = [];
let place: RecordsProject;
let viewer: TestUser;
let topic: string;
const tags: Record<string, string> = {};

beforeAll(async () => {
  const all = { filter: {}, fields: '*' as const };
  const whole = (roles: string[]) =>
    (['read', 'create', 'update', 'delete'] as const).map((action) => ({ action, roles, ...all }));
  place = await createRecordsProject(server, [
    model('tags', [text('name'), text('kind')], {
      rules: [...whole(['owner']), { action: 'read', roles: ['viewer'], filter: { kind: { _neq: 'secret' } }, fields: '*' }],
    }),
    model('posts', [text('title'), toMany('tags', 'tags', 'posts')], { rules: whole(['owner', 'viewer']) }),
  ]);
  viewer = await registerUser(server);
  await addMember(place.owner, place.project, viewer, 'viewer');
  for (const name of ['a', 'b', 'secret']) tags[name] = (await send('POST', place.at('tags'), { name, kind: name })).data.id;
  const { catalogue } = await catalogueOfProject(server, place.project.id);
  topic = `project:${place.project.id}:model:${catalogue.find('posts')!.id}`;
});
afterAll(() => open.forEach(({ socket }) => socket.terminate()));

interface Reply {
  status: number;
  etag: unknown;
  data: ReturnType<typeof JSON.parse>;
  meta: { skipped: string[] };
}
async function send(method: 'GET' | 'POST' | 'PATCH', url: string, payload?: object, version?: number): Promise<Reply> {
  const headers = version === undefined ? {} : { 'if-match': `"${version}"` };
  const reply = await place.owner.browser.send({ method, url, headers, ...(payload && { payload }) });
  return { status: reply.statusCode, etag: reply.headers['etag'], ...reply.json<Pick<Reply, 'data' | 'meta'>>() };
}
const make = async (values: object): Promise<string> => {
  const made = await send('POST', place.at('posts'), values);
  expect(made).toMatchObject({ status: 200, data: { version: 1 } });
  return made.data.id;
};
const change = (id: string, values: object, version?: number) => send('PATCH', place.at('posts', `/${id}`), values, version);
const tagsOf = async (id: string): Promise<string[]> =>
  (await send('GET', place.at('posts', `/${id}?fields=tags.name&deep[tags][_sort]=name`))).data.tags.map(
    ({ name }: { name: string }) => name,
  );
const ids = (...names: string[]) => names.map((name) => tags[name]!);

test('a version guards lists: of two who change one the second is told', async () => {
  const id = await make({ title: 'guarded', tags: ids('a') });
  const first = await change(id, { tags: ids('a', 'b') }, 1);
  expect(first).toMatchObject({ status: 200, etag: '"2"', data: { version: 2, updatedBy: place.owner.user.id } });
  expect((await change(id, { tags: [] }, 1)).status).toBe(412);
  const both = await Promise.all([change(id, { tags: ids('a') }, 2), change(id, { tags: ids('b') }, 2)]);
  expect(both.map(({ status }) => status).toSorted()).toEqual([200, 412]);
  const [kept] = await tagsOf(id);
  // Nothing comes or goes: nothing is written.
  expect((await change(id, { tags: ids(kept!) }, 3)).data).toMatchObject({ version: 3 });
  expect((await change(id, { tags: { update: [{ id: tags[kept!], name: kept }] } }, 3)).data).toMatchObject({ version: 3 });
});

test('who listens, and who reads history, learns of links to what they may read', async () => {
  const [ofOwner, ofViewer] = [await enterLive(server, place.owner, { topic }), await enterLive(server, viewer, { topic })];
  open.push(ofOwner, ofViewer);
  const id = await make({ title: 'told', tags: ids('a') });
  await change(id, { tags: { create: ids('b', 'secret'), delete: ids('a') } });
  await change(id, { tags: { delete: ids('secret') } });
  const linksOf = (client: LiveClient) =>
    eventsOf(client)
      .filter(({ subject, event }) => subject === id && event === 'record.updated')
      .map(({ data }) => data['links']);
  await until(() => linksOf(ofOwner).length === 2 && linksOf(ofViewer).length === 2);
  expect(linksOf(ofOwner)).toEqual([
    { tags: { added: ids('b', 'secret'), removed: ids('a') } },
    { tags: { added: [], removed: ids('secret') } },
  ]);
  expect(linksOf(ofViewer)).toEqual([{ tags: { added: ids('b'), removed: ids('a') } }, undefined]);
  const url = place.at('posts', `/${id}/revisions`);
  expect((await send('GET', url)).data.map(({ changes }: { changes: object[] }) => changes)).toEqual([
    [{ field: 'tags', before: ids('secret'), after: [] }],
    [{ field: 'tags', before: ids('a'), after: ids('b', 'secret') }],
    [{ field: 'title', before: null, after: 'told' }],
  ]);
  const seen = await viewer.browser.get(url);
  expect(seen.json().data[1].changes).toEqual([{ field: 'tags', before: ids('a'), after: ids('b') }]);
  expect(JSON.stringify([seen.body, ofViewer.frames])).not.toContain(tags['secret']);
});

test('going back to a revision gives its lists back, over renamings, as far as one may', async () => {
  const id = await make({ title: 'first', tags: ids('a') });
  const url = place.at('posts', `/${id}`);
  const [created] = (await send('GET', `${url}/revisions`)).data;
  await change(id, { title: 'second', tags: ids('b', 'secret') });
  const between = (await send('GET', `${url}/revisions`)).data[0].id;
  await change(id, { tags: { create: ids('a'), delete: ids('b') } });
  await applyActions(ctxFor(server.deps, system, 'test'), place.project.id, [
    { do: 'update-field', model: 'posts', field: 'tags', changes: { key: 'labels' } },
  ]);
  const namesOf = async (): Promise<string[]> =>
    (await send('GET', `${url}?fields=labels.name&deep[labels][_sort]=name`)).data.labels.map(
      ({ name }: { name: string }) => name,
    );
  const revert = (revision: string) => send('POST', `${url}/revert`, { revision });
  expect(await namesOf()).toEqual(['a', 'secret']);
  expect((await revert(between)).meta).toEqual({ skipped: [] });
  expect(await namesOf()).toEqual(['b', 'secret']);
  // A viewer knows nothing of the secret one: it stays.
  const back = await viewer.browser.post(`${url}/revert`, { revision: created.id });
  expect([back.statusCode, back.json().data.title, await namesOf()]).toEqual([200, 'first', ['a', 'secret']]);
  const { version } = back.json().data;
  expect((await revert(created.id)).data).toMatchObject({ version: version + 1 });
  expect(await namesOf()).toEqual(['a']);
  expect((await revert(created.id)).data).toMatchObject({ version: version + 1 });
});
