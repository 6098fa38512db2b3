import { beforeAll, expect, test } from 'vitest';
import { createProject, registerUser, type TestUser } from '../../../../test/accounts.ts';
import { useTestServer } from '../../../../test/harness.ts';
import { applyActions } from '#features/data-models';
import { system } from '#platform/actor';
import { ctxFor } from '#platform/ctx';

const server = useTestServer();
let owner: TestUser;
let items: string;

beforeAll(async () => {
  owner = await registerUser(server);
  const project = await createProject(owner);
  items = `/api/projects/${project.slug}/items/figures`;
  await applyActions(ctxFor(server.deps, system, 'test'), project.id, [
    {
      do: 'create-model',
      model: { label: 'Figure', labelPlural: 'Figures', verbs: ['list', 'read'], fields: [{ type: 'text', label: 'Name' }] },
    },
  ]);
});

test('a model without the verbs to write is read and not written, whatever its rules say', async () => {
  expect((await owner.browser.get(items)).statusCode).toBe(200);
  expect((await owner.browser.post(items, { name: 'x' })).statusCode).toBe(403);
  expect((await owner.browser.post(items, [{ name: 'x' }])).statusCode).toBe(403);
  expect((await owner.browser.get(`${items}?aggregate[count]=*`)).json()).toMatchObject({ data: [{ count: 0 }] });
});
