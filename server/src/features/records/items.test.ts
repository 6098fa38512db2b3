import { beforeAll, expect, test } from 'vitest';
import { createProject, registerUser, type TestUser } from '../../../../test/accounts.ts';
import { useTestServer } from '../../../../test/harness.ts';
import { createRecordsProject, model, text } from '../../../../test/records.ts';
import { system } from '#platform/actor';
import { ctxFor } from '#platform/ctx';
import { applyActions } from '#features/data-models';

const server = useTestServer();
let owner: TestUser;
let items: string;

beforeAll(async () => {
  owner = await registerUser(server);
  const project = await createProject(owner);
  items = `/api/projects/${project.slug}/items`;
  await applyActions(ctxFor(server.deps, system, 'test'), project.id, [
    {
      do: 'create-model',
      model: {
        label: 'Customer',
        labelPlural: 'Customers',
        fields: [
          { type: 'text', label: 'Name', required: true },
          { type: 'integer', label: 'Age' },
        ],
      },
    },
  ]);
});

test('a record of a new data model is created, listed, changed and deleted', async () => {
  const created = await owner.browser.post(`${items}/customers`, { name: 'Ada', age: 36 });
  expect(created.statusCode).toBe(200);
  const { id } = created.json<{ data: { id: string } }>().data;
  expect((await owner.browser.get(`${items}/customers?filter[age][_gt]=30&fields=name`)).json()).toMatchObject({
    data: [{ name: 'Ada' }],
  });
  expect((await owner.browser.patch(`${items}/customers/${id}`, { age: 37 })).json()).toMatchObject({
    data: { age: 37, version: 2 },
  });
  expect((await owner.browser.delete(`${items}/customers/${id}`)).statusCode).toBe(204);
  expect((await owner.browser.get(`${items}/customers/${id}`)).statusCode).toBe(404);
});

test('defaults, presets and the database complete what is written; one or many, at once or later', async () => {
  const all = { filter: {}, fields: '*' as const };
  const place = await createRecordsProject(server, [
    model(
      'tickets',
      [
        text('title', { required: true }),
        text('state', { default: 'new' }),
        text('touched'),
        { type: 'auto-number', key: 'number' },
        { type: 'user', key: 'editor' },
      ],
      {
        rules: [
          { action: 'read', ...all },
          { action: 'delete', ...all },
          { action: 'create', ...all, presets: { touched: 'created' } },
          { action: 'update', ...all, presets: { touched: 'updated', editor: '$CURRENT_USER' } },
        ],
      },
    ),
  ]);
  const { browser, user } = place.owner;
  const made = await browser.post(`${place.at('tickets')}?fields=*,allowedActions`, { title: 'a' });
  expect(made.json().data).toMatchObject({
    state: 'new',
    touched: 'created',
    editor: null,
    createdBy: user.id,
    allowedActions: ['read', 'update', 'delete'],
  });
  const many = (await browser.post(place.at('tickets'), [{ title: 'b', state: 'old' }, { title: 'c' }])).json().data;
  expect(many).toMatchObject([
    { state: 'old', touched: 'created' },
    { state: 'new', touched: 'created' },
  ]);
  const numbers = [made.json().data, ...many].map(({ number }: { number: number | string }) => Number(number));
  expect(numbers.map((number) => number - numbers[0]!)).toEqual([0, 1, 2]);
  expect((await browser.post(place.at('tickets'), { title: 'd', number: 7 })).statusCode).toBe(400);
  expect((await browser.post(place.at('tickets'), { state: 'untitled' })).statusCode).toBe(400);
  const changed = await browser.patch(place.at('tickets', `/${made.json().data.id}`), { title: 'a2' });
  expect(changed.json().data).toMatchObject({ touched: 'updated', editor: user.id, updatedBy: user.id });
  const alike = await browser.patch(place.at('tickets'), {
    keys: many.map(({ id }: { id: string }) => id),
    data: { touched: 'by hand' },
  });
  expect(alike.json().data).toMatchObject([
    { touched: 'by hand', editor: user.id },
    { touched: 'by hand', editor: user.id },
  ]);
});
