/** "Why not?" and the routes say the same. */
import { beforeAll, expect, test } from 'vitest';
import type { Action, Rule } from '@piper/shared/data-model';
import { addMember, registerUser, type TestUser } from '../../../../../test/accounts.ts';
import { useTestServer } from '../../../../../test/harness.ts';
import { addModels, createRecordsProject, model, text, toOne, type RecordsProject } from '../../../../../test/records.ts';

const server = useTestServer();
let place: RecordsProject;
let ann: TestUser;

const allow = (action: Action, more: Partial<Rule> = {}): Rule => ({ id: action, action, filter: {}, fields: '*', ...more });
const ofAnyone = (['read', 'create', 'update', 'delete'] as const).map((action) => allow(action));

beforeAll(async () => {
  const touched = [text('title'), { type: 'user', key: 'touchedBy' }, text('region')];
  const rules = [
    allow('read'),
    allow('create', { check: { region: { _eq: '$CURRENT_USER.name' } }, presets: { region: '$CURRENT_USER.name' } }),
    allow('update', { check: { touchedBy: { _eq: '$CURRENT_USER' } }, presets: { touchedBy: '$CURRENT_USER' } }),
  ];
  place = await createRecordsProject(server, [
    model('tasks', touched, { rules }),
    model('figures', [text('title')], { verbs: ['list', 'read'], rules: ofAnyone }),
  ]);
  ann = await registerUser(server);
  await addMember(place.owner, place.project, ann);
});

const why = async (body: object) =>
  (await place.owner.browser.post(`/api/projects/${place.project.id}/why`, { member: ann.user.id, ...body })).json().data;

test('values are completed by presets, also by those of the user', async () => {
  const created = await ann.browser.post(place.at('tasks'), { title: 'a' });
  expect(created.statusCode).toBe(200);
  expect(await why({ model: 'tasks', action: 'create', values: { title: 'a' } })).toMatchObject({ allowed: true });
  expect(await why({ model: 'tasks', action: 'create', values: { region: 'x' } })).toMatchObject({ allowed: false });

  const { id } = created.json().data;
  expect((await ann.browser.patch(place.at('tasks', `/${id}`), { title: 'b' })).statusCode).toBe(200);
  expect(await why({ model: 'tasks', action: 'update', id, values: { title: 'c' } })).toMatchObject({ allowed: true });
  const another = { touchedBy: place.owner.user.id };
  expect((await ann.browser.patch(place.at('tasks', `/${id}`), another)).statusCode).toBe(403);
  expect(await why({ model: 'tasks', action: 'update', id, values: another })).toMatchObject({ allowed: false });
});

test('what a model does not offer no rule allows', async () => {
  expect((await ann.browser.post(place.at('figures'), { title: 'a' })).statusCode).toBe(403);
  expect(await why({ model: 'figures', action: 'create', values: { title: 'a' } })).toMatchObject({
    allowed: false,
    sentence: 'Nobody can create figures, whatever their rules say.',
    rules: [{ applies: false, sentence: 'It has no effect.' }],
  });
  expect(await why({ model: 'figures', action: 'read' })).toMatchObject({ allowed: true });
});

test('a list of records that can never be seen is refused, as it is by the route', async () => {
  const ofOwner = (['read', 'create'] as const).map((action) => allow(action, { roles: ['owner'] }));
  await addModels(server, place.project.id, [
    model('firms', [text('name')]),
    model('deals', [text('title'), toOne('firm', 'firms', { reverse: 'deals' })], { rules: ofOwner }),
  ]);
  const { id } = (await place.owner.browser.post(place.at('firms'), { name: 'f', deals: [{ title: 'd' }] })).json().data;
  expect((await ann.browser.get(place.at('firms', `/${id}?fields=deals`))).json().error.code).toBe('unknown_field');
  const asked = { model: 'firms', action: 'read', id };
  expect(await why({ ...asked, fields: ['name', 'deals'] })).toMatchObject({
    allowed: false,
    sentence: '"deals" leads to records of which they may read none.',
  });
  expect(await why({ ...asked, fields: ['name'] })).toMatchObject({ allowed: true });
});
