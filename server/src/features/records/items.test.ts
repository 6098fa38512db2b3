import { beforeAll, expect, test } from 'vitest';
import { createProject, registerUser, type TestUser } from '../../../../test/accounts.ts';
import { useTestServer } from '../../../../test/harness.ts';
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
