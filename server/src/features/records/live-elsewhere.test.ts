/** Changes of other records that a filter or a rule looks at, and changes of what a reader may see of a record. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addMember, registerUser, type TestUser } from '../../../../test/accounts.ts';
import { until, useTestServer } from '../../../../test/harness.ts';
import { enterLive, eventsOf, subscribeLive, type LiveClient, type Subscribe } from '../../../../test/live.ts';
import { createRecordsProject, model, text, toMany, toOne, type RecordsProject } from '../../../../test/records.ts';
import type { Rule } from '@piper/shared/data-model';
import { catalogueOfProject } from '#features/data-models';

const server = useTestServer({ listen: true });
const open: LiveClient[] = [];
let place: RecordsProject;
let viewer: TestUser;
let topic: string;

beforeAll(async () => {
  const all = { filter: {}, fields: '*' as const };
  const owners = (['read', 'create', 'update', 'delete'] as const).map((action) => ({ action, roles: ['owner'], ...all }));
  const rules = (...ofViewer: Pick<Rule, 'filter' | 'fields'>[]): Rule[] => [
    ...owners,
    ...ofViewer.map((rule) => ({ action: 'read' as const, roles: ['viewer'], ...rule })),
  ];
  const north = { company: { region: { _eq: 'north' } } };
  place = await createRecordsProject(server, [
    model('companies', [text('name'), text('region'), text('note')], { rules: rules({ filter: {}, fields: ['name'] }) }),
    model('tags', [text('word')], { rules: rules(all) }),
    model(
      'deals',
      [
        text('title'),
        text('stage'),
        text('secret'),
        { type: 'integer', key: 'cost' },
        toOne('company', 'companies', { reverse: 'deals' }),
        toMany('tags', 'tags', 'deals'),
        { type: 'lookup', key: 'company_name', options: { relation: 'company', field: 'name' } },
        { type: 'formula', key: 'double', options: { formula: '{cost} * 2' } },
      ],
      {
        rules: rules(
          { filter: { stage: { _eq: 'open' } }, fields: ['title', 'stage', 'company', 'double'] },
          { filter: north, fields: ['title', 'stage', 'company', 'secret'] },
        ),
      },
    ),
    model('visits', [text('at'), toOne('deal', 'deals', { reverse: 'visits' })], { rules: rules(all) }),
  ]);
  viewer = await registerUser(server);
  await addMember(place.owner, place.project, viewer, 'viewer');
  const { catalogue } = await catalogueOfProject(server, place.project.id);
  topic = `project:${place.project.id}:model:${catalogue.find('deals')!.id}`;
});
afterAll(() => open.forEach(({ socket }) => socket.terminate()));

async function enter(user: TestUser, sub: Partial<Subscribe> = {}): Promise<LiveClient> {
  const client = await enterLive(server, user, { topic, ...sub });
  open.push(client);
  return client;
}
async function make(modelKey: string, values: object): Promise<string> {
  const reply = await place.owner.browser.post(place.at(modelKey), values);
  expect([reply.statusCode, reply.body]).toEqual([200, expect.any(String)]);
  return reply.json<{ data: { id: string } }>().data.id;
}
async function change(modelKey: string, id: string, values: object): Promise<void> {
  const reply = await place.owner.browser.patch(place.at(modelKey, `/${id}`), values);
  expect([reply.statusCode, reply.body]).toEqual([200, expect.any(String)]);
}
const told = (client: LiveClient, id: string, name?: string) => eventsOf(client, name).filter(({ subject }) => subject === id);
const asked = ({ frames }: LiveClient): number => frames.filter(({ type }) => type === 'snapshot_required').length;
/** Waits until everything of before has been told: events come in order. */
async function settle(...clients: LiveClient[]): Promise<void> {
  for (const client of clients) await subscribeLive(client, { topic, name: 'settle' });
  const id = await make('deals', { title: 'settle', stage: 'open' });
  await until(() => clients.every((client) => told(client, id, 'settle').length === 1));
}

test('a filter over a relation asks to read again when what it reads of the other records changes, and for nothing else', async () => {
  const company = await make('companies', { name: 'Acme', region: 'south' });
  await make('deals', { title: 'one', company });
  const [one, lookup] = [
    await enter(place.owner, { name: 'acme', filter: { company: { name: { _eq: 'Acme' } } } }),
    await enter(place.owner, { filter: { company_name: { _eq: 'Acme' } } }),
  ];
  const plain = await enter(place.owner, { filter: { title: { _eq: 'one' } } });
  await change('companies', company, { note: 'unread' });
  await make('companies', { name: 'Acme' });
  await settle(one);
  expect([one, lookup, plain].map(asked)).toEqual([0, 0, 0]);
  await change('companies', company, { name: 'Acme Renamed' });
  await until(() => asked(one) === 1 && asked(lookup) === 1);
  expect(one.frames).toContainEqual({ type: 'snapshot_required', topic, name: 'acme' });
  expect(asked(plain)).toBe(0);
});

test('many changes ask at once, and once more for all that came within two seconds', async () => {
  const companies = await Promise.all(Array.from({ length: 6 }, (_, i) => make('companies', { name: `Busy ${i}` })));
  const client = await enter(place.owner, { filter: { company: { name: { _starts_with: 'Busy' } } } });
  const from = performance.now();
  await place.owner.browser.patch(place.at('companies'), { keys: companies, data: { name: 'Idle' } });
  await until(() => asked(client) === 2);
  expect(performance.now() - from).toBeGreaterThan(1_900);
  await settle(client);
  expect(asked(client)).toBe(2);
});

test('a record whose relation was changed enters and leaves the filter', async () => {
  const [acme, other] = [await make('companies', { name: 'In' }), await make('companies', { name: 'Out' })];
  const client = await enter(place.owner, { filter: { company: { name: { _eq: 'In' } } } });
  const id = await make('deals', { title: 'moving', company: other });
  await change('deals', id, { company: acme });
  await change('deals', id, { company: other });
  await until(() => told(client, id).length === 2);
  expect(told(client, id).map(({ event }) => event)).toEqual(['record.entered', 'record.left']);
  expect(asked(client)).toBe(0);
});

test('lists: members that come, go, change or are deleted ask to read again', async () => {
  const tag = await make('tags', { word: 'hot' });
  const id = await make('deals', { title: 'tagged' });
  const filters = [
    { tags: { _some: { word: { _eq: 'hot' } } } },
    { visits: { _none: { at: { _eq: 'noon' } } } },
    { 'count(visits)': { _gt: 0 } },
  ];
  const steps: [string, number[], () => Promise<unknown>][] = [
    ['a link from this side', [0], () => change('deals', id, { tags: [tag] })],
    ['a rename', [0], () => change('tags', tag, { word: 'cold' })],
    ['a link gone from the other side', [0], () => change('tags', tag, { deals: [] })],
    ['a link from the other side', [0], () => change('tags', tag, { deals: [id] })],
    ['the record deleted for good', [0], () => place.owner.browser.delete(place.at('deals', `/${id}?permanent=true`))],
    ['a member of nothing', [], () => make('visits', { at: 'noon' })],
    ['a member', [1, 2], async () => make('visits', { at: 'dawn', deal: await make('deals', {}) })],
    ['the members of another record', [1, 2], () => make('deals', { visits: [{ at: 'noon' }] })],
  ];
  for (const [what, whom, act] of steps) {
    const clients = await Promise.all(filters.map((filter) => enter(place.owner, { filter })));
    await act();
    await settle(...clients);
    expect([what, ...clients.map((client) => asked(client) > 0)]).toEqual([what, ...filters.map((_, n) => whom.includes(n))]);
    clients.forEach(({ socket }) => socket.terminate());
  }
});

test('a rule over a relation asks too, and its readers hear nothing of the record they may not see', async () => {
  const company = await make('companies', { name: 'North', region: 'south' });
  const id = await make('deals', { title: 'theirs', stage: 'closed', secret: 's', company });
  const client = await enter(viewer);
  await change('companies', company, { region: 'north' });
  await until(() => asked(client) === 1);
  expect((await viewer.browser.get(place.at('deals', `/${id}`))).json()).toMatchObject({ data: { secret: 's' } });
  expect(told(client, id)).toEqual([]);
});

test('filters over people, and over who asks, follow their accounts', async () => {
  const [maker, asker] = [
    await enter(place.owner, { filter: { createdBy: { name: { _eq: 'Ada' } } } }),
    await enter(viewer, { filter: { title: { _eq: '$CURRENT_USER.name' } } }),
  ];
  await viewer.browser.patch('/api/auth/profile', { name: 'Ada' });
  await until(() => asked(maker) === 1 && asked(asker) === 1);
  await place.owner.browser.patch('/api/auth/profile', { name: 'Bob' });
  await until(() => asked(maker) === 2);
  await settle(asker);
  expect(asked(asker)).toBe(1);
});

test('a cursor from before such a change can not go on; one from after it can', async () => {
  const company = await make('companies', { name: 'Later' });
  const filter = { company: { name: { _eq: 'Later' } } };
  const first = await enter(place.owner, { filter });
  const { cursor } = (await first.next(({ type }) => type === 'subscribed')) as { cursor: string };
  const id = await make('deals', { title: 'made', company });
  await until(() => told(first, id).length === 1);
  expect(asked(await enter(place.owner, { filter, cursor }))).toBe(0);
  await change('companies', company, { name: 'Sooner' });
  await until(() => asked(first) === 1);
  const again = await enter(place.owner, { filter, cursor });
  expect(asked(again)).toBe(1);
  const since = (await again.next(({ type }) => type === 'subscribed')) as { cursor: string };
  expect(asked(await enter(place.owner, { filter, cursor: since.cursor }))).toBe(0);
});

test('what becomes readable by a change comes with it, and what is hidden by it goes', async () => {
  const [north, south] = [await make('companies', { region: 'north' }), await make('companies', { region: 'south' })];
  const client = await enter(viewer);
  const id = await make('deals', { title: 'moved', stage: 'open', secret: 's', company: south });
  await change('deals', id, { company: north });
  await change('deals', id, { company: south, title: 'back' });
  await until(() => told(client, id).length === 3);
  const [, came, went] = told(client, id).map(({ data }) => data);
  expect(came).toEqual({ before: { company: south, secret: null }, after: { company: north, secret: 's' } });
  expect(went).toEqual({
    before: { company: north, title: 'moved', secret: 's' },
    after: { company: south, title: 'back', secret: null },
  });
});

test('a change of what the reader may not see is not told, unless something they see is computed from it', async () => {
  const client = await enter(viewer);
  const id = await make('deals', { title: 'quiet', stage: 'open', cost: 1 });
  await change('deals', id, { secret: 'unheard' });
  await change('deals', id, { cost: 2 });
  await change('deals', id, { title: 'heard' });
  await until(() => told(client, id).length === 3);
  const [, computed, title] = told(client, id).map(({ data }) => data);
  expect([computed, title]).toEqual([
    { before: {}, after: {} },
    { before: { title: 'quiet' }, after: { title: 'heard' } },
  ]);
});
