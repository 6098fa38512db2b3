/** Ids that somebody gives a new data model: it takes nobody's place, in no project. */
import { beforeAll, expect, test } from 'vitest';
import { registerUser, type TestUser } from '../../../../test/accounts.ts';
import { createDefinitions } from '../../../../test/definitions.ts';
import { useTestServer } from '../../../../test/harness.ts';
import { newId } from '#platform/ids';
import { rowIdOf } from './extensions/stored.ts';

const server = useTestServer();
let instanceOwner: TestUser;

beforeAll(async () => {
  instanceOwner = await registerUser(server);
});

const orders = { label: 'Order', key: 'orders', fields: [{ type: 'text', label: 'Name' }] };

test('the id of a model of another project is refused, and that model stays as it is', async () => {
  const [victim, other] = [await createDefinitions(server), await createDefinitions(server)];
  await victim.changed({ do: 'create-model', model: orders });
  await victim.add('orders', { name: 'mine' });
  const { id } = await victim.read('orders');
  for (const foreign of [id, id.toUpperCase()]) {
    const refused = await other.send('POST', '/api/models', { project: other.project.id, id: foreign, label: 'x' });
    expect([refused.status, refused.body.error.code]).toEqual([409, 'already_exists']);
  }
  expect((await other.change({ do: 'create-model', model: { id, label: 'x' } })).status).toBe(409);
  expect((await victim.read('orders')).label).toBe('Order');
  expect(await victim.list('orders', 'fields=name')).toEqual([{ name: 'mine' }]);
  await other.changed({ do: 'create-model', model: orders });
});

test('so is what stands for the fields added to a model of Piper', async () => {
  const place = await createDefinitions(server);
  const take = (model: string) =>
    place.send('POST', '/api/models', { project: place.project.id, id: rowIdOf(model), label: 'x' });
  const field = { type: 'text', label: 'Region', key: 'x_region' };
  expect((await take('users')).status).toBe(400);
  const added = await instanceOwner.browser.post('/api/models/users/fields', field);
  expect(added.statusCode, added.body).toBe(201);
  expect((await take('users')).status).toBe(400);
  const users = (await instanceOwner.browser.get('/api/models/users')).json<{ data: { fields: { key: string }[] } }>();
  expect(users.data.fields.map(({ key }) => key)).toContain('x_region');
});

test('an id in capital letters is the same id', async () => {
  const place = await createDefinitions(server);
  const id = newId();
  const post = (given: string, key: string) =>
    place.send('POST', '/api/models', { project: place.project.id, id: given, label: key, key });
  const made = await post(id.toUpperCase(), 'first');
  expect([made.status, made.body.data.id]).toEqual([201, id]);
  expect((await post(id.toUpperCase(), 'second')).status).toBe(400);
  expect((await place.change({ do: 'create-model', model: { id: id.toUpperCase(), label: 'x' } })).status).toBe(400);
  expect((await place.read(id)).key).toBe('first');
});
