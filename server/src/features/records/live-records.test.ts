import { afterAll, beforeAll, expect, test } from 'vitest';
import { addMember, createProject, registerUser, type TestUser } from '../../../../test/accounts.ts';
import { until, useTestServer } from '../../../../test/harness.ts';
import { connectLive, enterLive, eventsOf, subscribeLive, type LiveClient, type Subscribe } from '../../../../test/live.ts';
import { applyActions, catalogueOfProject } from '#features/data-models';
import { system } from '#platform/actor';
import { ctxFor } from '#platform/ctx';

const server = useTestServer({ listen: true });
const open: LiveClient[] = [];
let owner: TestUser;
let viewer: TestUser;
let project: { id: string; slug: string };
let items: string;
let topic: string;

beforeAll(async () => {
  await registerUser(server);
  owner = await registerUser(server);
  viewer = await registerUser(server);
  project = await createProject(owner);
  await addMember(owner, project, viewer, 'viewer');
  items = `/api/projects/${project.id}/items`;
  const own = { createdBy: { _eq: '$CURRENT_USER' } };
  await applyActions(ctxFor(server.deps, system, 'test'), project.id, [
    { do: 'create-model', model: { label: 'Team', labelPlural: 'Teams', fields: [{ type: 'text', label: 'Name' }] } },
    {
      do: 'create-model',
      model: {
        label: 'Task',
        labelPlural: 'Tasks',
        fields: [
          { type: 'text', label: 'Title' },
          { type: 'text', label: 'Status' },
          { type: 'text', label: 'Secret' },
          { type: 'decimal', label: 'Price' },
          { type: 'relation', label: 'Team', relation: { kind: 'many-to-one', target: 'teams' } },
        ],
        rules: [
          ...(['read', 'create', 'update', 'delete'] as const).map((action) => ({
            action,
            roles: ['owner'],
            filter: {},
            fields: '*' as const,
          })),
          {
            action: 'read',
            roles: ['viewer'],
            filter: { _or: [{ status: { _neq: 'private' } }, own] },
            fields: ['title', 'status', 'team', 'price'],
          },
        ],
      },
    },
  ]);
  const { catalogue } = await catalogueOfProject(server, project.id);
  topic = `project:${project.id}:model:${catalogue.find('tasks')!.id}`;
});
afterAll(() => open.forEach(({ socket }) => socket.terminate()));

async function enter(user: TestUser, sub: Subscribe): Promise<LiveClient> {
  const client = await enterLive(server, user, sub);
  open.push(client);
  return client;
}
const make = async (values: object, model = 'tasks'): Promise<string> =>
  (await owner.browser.post(`${items}/${model}`, values)).json<{ data: { id: string } }>().data.id;
const change = (id: string, values: object) => owner.browser.patch(`${items}/tasks/${id}`, values);
const told = (client: LiveClient, id: string, name?: string) =>
  eventsOf(client, name)
    .filter(({ subject }) => subject === id)
    .map(({ event }) => event);

test('records enter and leave a filter, also by deletion and restoration', async () => {
  const client = await enter(owner, { topic, filter: { status: { _eq: 'open' } } });
  const id = await make({ title: 'a', status: 'draft' });
  await change(id, { status: 'open' });
  await change(id, { title: 'b' });
  await change(id, { status: 'done' });
  await change(id, { title: 'unheard' });
  await change(id, { status: 'open' });
  await owner.browser.delete(`${items}/tasks/${id}`);
  const expected = ['record.entered', 'record.updated', 'record.left', 'record.entered', 'record.deleted'];
  await until(() => told(client, id).length >= expected.length);
  expect(told(client, id)).toEqual(expected);
  const [entered, updated, left] = eventsOf(client).filter(({ subject }) => subject === id);
  expect(entered!.data).toMatchObject({ before: null, after: { title: 'a', status: 'open' } });
  expect(updated!.data).toMatchObject({ before: { title: 'a' }, after: { title: 'b' } });
  expect(left!.data).toEqual({ before: null, after: null });
});

test('a reader hears only what the rules show, and learns nothing of the rest', async () => {
  const client = await enter(viewer, { topic });
  const hidden = await make({ title: 'hidden', status: 'private', secret: 's' });
  const shown = await make({ title: 'shown', status: 'open', secret: 's' });
  await change(hidden, { title: 'still hidden' });
  await change(shown, { status: 'private' });
  await change(hidden, { status: 'open' });
  await until(() => told(client, hidden).length === 1 && told(client, shown).length === 2);
  expect(told(client, hidden)).toEqual(['record.entered']);
  expect(told(client, shown)).toEqual(['record.created', 'record.left']);
  expect(JSON.stringify(client.frames)).not.toContain('"secret"');
});

test('filters that only SQL decides agree: exact decimals, folded case, relations', async () => {
  const team = await make({ name: 'Blue' }, 'teams');
  const client = await enter(owner, {
    topic,
    filter: { _and: [{ price: { _gte: '10.10' } }, { title: { _icontains: 'ROCKET' } }, { team: { name: { _eq: 'Blue' } } }] },
  });
  const id = await make({ title: 'A rocket', price: '10.09', team });
  await change(id, { price: '10.10' });
  await change(id, { team: null });
  await until(() => told(client, id).length === 2);
  expect(told(client, id)).toEqual(['record.entered', 'record.left']);
});

test('several named subscriptions share a topic; one may end alone', async () => {
  const client = await enter(owner, { topic, name: 'open', filter: { status: { _eq: 'open' } } });
  await subscribeLive(client, { topic, name: 'all' });
  const id = await make({ title: 'x', status: 'draft' });
  await until(() => told(client, id, 'all').length === 1);
  expect(told(client, id, 'open')).toEqual([]);
  client.send({ type: 'unsub', topic, name: 'all' });
  await change(id, { status: 'open' });
  await until(() => told(client, id, 'open').length === 1);
  expect(told(client, id, 'all')).toEqual(['record.created']);
});

test('who hears a topic under names only may say that they type, and hears it of others once', async () => {
  const client = await enter(owner, { topic, name: 'open', filter: { status: { _eq: 'open' } } });
  await subscribeLive(client, { topic, name: 'all' });
  const other = await enter(viewer, { topic, name: 'any' });
  other.send({ type: 'typing', topic });
  const isTyping = ({ type }: { type: string }) => type === 'ephemeral';
  await client.next(isTyping);
  client.send({ type: 'ping' });
  await client.next(({ type }) => type === 'pong');
  expect(client.frames.filter(isTyping)).toHaveLength(1);
  expect(other.frames.filter(({ type }) => type === 'error')).toEqual([]);
});

test('a cursor brings what was missed, through the same filter', async () => {
  const first = await enter(owner, { topic, filter: { status: { _eq: 'open' } } });
  const seen = await make({ title: 'seen', status: 'open' });
  await until(() => told(first, seen).length === 1);
  const { cursor } = eventsOf(first).find(({ subject }) => subject === seen)!;
  first.socket.terminate();
  const [wanted, unwanted] = [await make({ title: 'missed', status: 'open' }), await make({ title: 'no', status: 'draft' })];
  const second = await enter(owner, { topic, cursor, filter: { status: { _eq: 'open' } } });
  expect(told(second, wanted)).toEqual(['record.created']);
  expect([...told(second, seen), ...told(second, unwanted)]).toEqual([]);
});

test('filters over hidden fields, strangers and foreign models are refused', async () => {
  const client = connectLive(server, { headers: viewer.headers });
  open.push(client);
  await client.next(({ type }) => type === 'hello');
  client.send({ type: 'sub', topic, filter: { secret: { _eq: 's' } } });
  expect(await client.next(({ type }) => type === 'error')).toMatchObject({ code: 'unknown_field', topic });
  const stranger = connectLive(server, { headers: (await registerUser(server)).headers });
  open.push(stranger);
  await stranger.next(({ type }) => type === 'hello');
  stranger.send({ type: 'sub', topic });
  expect(await stranger.next(({ type }) => type === 'error')).toMatchObject({ code: 'not_found', topic });
});

test('what only managers may know of a project is told to them alone', async () => {
  const both = [viewer, owner].map((who) => enter(who, { topic: `project:${project.id}` }));
  const [ofViewer, ofOwner] = await Promise.all(both);
  const made = await owner.browser.post(`/api/projects/${project.id}/permission-tests`, {
    name: 'No secrets',
    as: { roles: ['viewer'] },
    action: 'read',
    model: 'tasks',
    record: { filter: {} },
    fields: ['secret'],
    expect: 'refused',
  });
  expect(made.statusCode).toBe(201);
  await owner.browser.post(`/api/projects/${project.id}/roles`, { name: 'Clerk' });
  await until(() => [ofViewer!, ofOwner!].every((client) => eventsOf(client).some(({ event }) => event === 'role.created')));
  expect(eventsOf(ofOwner!).map(({ event }) => event)).toContain('permission-test.created');
  expect(eventsOf(ofViewer!).map(({ event }) => event)).not.toContain('permission-test.created');
});

test('when the definitions change, subscribers are told to read again', async () => {
  const client = await enter(owner, { topic });
  await applyActions(ctxFor(server.deps, system, 'test'), project.id, [
    { do: 'create-field', model: 'tasks', field: { type: 'text', label: 'Note' } },
  ]);
  expect(await client.next(({ type }) => type === 'snapshot_required')).toMatchObject({ topic });
  const id = await make({ title: 'later', note: 'n' });
  await until(() => told(client, id).length === 1);
  expect(eventsOf(client).find(({ subject }) => subject === id)!.data).toMatchObject({ after: { note: 'n' } });
});

test('what was said before fields were called otherwise is not told again', async () => {
  const ctx = ctxFor(server.deps, system, 'test');
  const client = await enter(viewer, { topic });
  const id = await make({ title: 'then', status: 'open', secret: 'classified' });
  await until(() => told(client, id).length === 1);
  const { cursor } = (await client.next(({ type }) => type === 'subscribed')) as { cursor: string };
  const rename = (field: string, key: string) => ({ do: 'update-field' as const, model: 'tasks', field, changes: { key } });
  // A swap: today's readable name is the name of the secret then.
  await applyActions(ctx, project.id, [rename('secret', 'other'), rename('price', 'secret'), rename('other', 'price')]);
  const again = await enter(viewer, { topic, cursor });
  expect(again.frames.map(({ type }) => type)).toContain('snapshot_required');
  expect(told(again, id)).toEqual([]);
  await applyActions(ctx, project.id, [rename('secret', 'other'), rename('price', 'secret'), rename('other', 'price')]);
  const whole = await enter(owner, { topic });
  await change(id, { title: 'now', price: '3' });
  await until(() => told(whole, id).length === 1 && told(again, id).length === 1);
  expect(eventsOf(again).find(({ subject }) => subject === id)!.data).toMatchObject({ after: { title: 'now' } });
  expect(JSON.stringify([client.frames, again.frames])).not.toContain('classified');
});

test('a change of roles is heard at once: other records show, or none any more', async () => {
  const client = await enter(viewer, { topic });
  const members = await owner.browser.get(
    `/api/members?filter[projectId][_eq]=${project.id}&filter[userId][_eq]=${viewer.user.id}`,
  );
  const { id } = members.json<{ data: { id: string }[] }>().data[0]!;
  await owner.browser.patch(`/api/members/${id}`, { role: 'member' });
  expect(await client.next(({ type }) => type === 'error')).toMatchObject({ code: 'not_found', topic });
  const later = await make({ title: 'later', status: 'open' });
  await owner.browser.patch(`/api/members/${id}`, { role: 'viewer' });
  await until(async () => (await viewer.browser.get(`${items}/tasks`)).statusCode === 200);
  await subscribeLive(client, { topic, name: 'again' });
  const last = await make({ title: 'last', status: 'open' });
  await until(() => told(client, last, 'again').length === 1);
  expect(told(client, later)).toEqual([]);
});
