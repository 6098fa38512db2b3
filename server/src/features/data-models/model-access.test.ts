/** Who may see and change definitions; and how long that takes. */
import { describe, expect, test } from 'vitest';
import type { ModelDefinition } from '@piper/shared/data-models';
import { addMember, createProject } from '../../../../test/accounts.ts';
import { useTestServer } from '../../../../test/harness.ts';
import { useShop } from '../../../../test/shop.ts';

const server = useTestServer();
const { people, call, done, shop, shopOnce } = useShop(server);

describe('who may', () => {
  test('roles: managers change and see rules, the others see what rules let them', async () => {
    const { project, orders } = await shop();
    for (const role of ['admin', 'member', 'viewer'] as const) await addMember(people.owner, project, people[role], role);
    const rules = [
      { action: 'read', roles: ['owner', 'admin', 'member'], filter: {}, fields: '*' },
      { action: 'read', roles: ['viewer'], filter: {}, fields: ['price'] },
    ];
    await done('PUT', `/api/models/${orders}/rules`, { rules });
    const outcomes: Record<string, unknown> = {};
    for (const role of ['admin', 'member', 'viewer', 'owner'] as const) {
      const who = people[role];
      const read = await call('GET', `/api/models/${orders}`, undefined, who);
      outcomes[role] = {
        sees: read.body.data.fields.length,
        rules: 'rules' in read.body.data,
        bin: (await call('GET', `/api/models?project=${project.id}&deleted=true`, undefined, who)).status,
        askRules: (await call('GET', `/api/models/${orders}/rules`, undefined, who)).status,
        change: (await call('PATCH', `/api/models/${orders}`, { label: 'Order' }, who)).status,
        addField: (await call('POST', `/api/models/${orders}/fields`, { type: 'text', label: role }, who)).status,
        create: (await call('POST', '/api/models', { project: project.id, label: role }, who)).status,
      };
    }
    const manager = { rules: true, bin: 200, askRules: 200, change: 200, addField: 201, create: 201 };
    const other = { rules: false, bin: 403, askRules: 403, change: 403, addField: 403, create: 403 };
    expect(outcomes).toEqual({
      admin: { sees: 11, ...manager },
      member: { sees: 12, ...other },
      viewer: { sees: 2, ...other },
      owner: { sees: 12, ...manager },
    });
  });

  test('what one may not see at all is not there', async () => {
    const { project, orders } = await shop();
    await addMember(people.owner, project, people.viewer, 'viewer');
    await done('PUT', `/api/models/${orders}/rules`, { rules: [] });
    const viewer = people.viewer;
    expect((await call('GET', `/api/models/${orders}`, undefined, viewer)).status).toBe(404);
    expect((await call('PATCH', `/api/models/${orders}`, { label: 'x' }, viewer)).status).toBe(404);
    expect((await call('GET', `/api/models/${orders}/rules`, undefined, viewer)).status).toBe(404);
    expect((await done('GET', `/api/models?project=${project.id}`, undefined, viewer)).data).toMatchObject([
      { key: 'customers' },
    ]);
    // Whoever manages the definitions sees them, whatever the rules say of records.
    expect((await done('GET', `/api/models/${orders}`)).data).toMatchObject({ rules: [], allowedActions: [] });
  });

  test('who may not change a model does not learn what parts it has', async () => {
    const { project, orders } = await shop();
    await addMember(people.owner, project, people.member);
    for (const path of ['fields/price', 'fields/nose', 'relations/nose', `indexes/${orders}`])
      expect([path, (await call('DELETE', `/api/models/${orders}/${path}`, undefined, people.member)).status]).toEqual([
        path,
        403,
      ]);
  });

  test('strangers find nothing, by id or by key', async () => {
    const { project, orders } = await shopOnce();
    const tried: unknown[] = [];
    for (const url of [`/api/models/${orders}`, `/api/models/orders?project=${project.slug}`])
      for (const [method, path, body] of [
        ['GET', '', undefined],
        ['PATCH', '', { label: 'x' }],
        ['DELETE', '', undefined],
        ['POST', '/restore', undefined],
        ['GET', '/fields', undefined],
        ['POST', '/fields', { type: 'text', label: 'x' }],
        ['PATCH', '/fields/price', { label: 'x' }],
        ['DELETE', '/fields/price', undefined],
        ['GET', '/relations', undefined],
        ['GET', '/indexes', undefined],
        ['PUT', '/rules', { rules: [] }],
      ] as const) {
        const [base = '', query = ''] = url.split('?');
        tried.push((await call(method, `${base}${path}${query && `?${query}`}`, body, people.stranger)).status);
      }
    expect(new Set(tried)).toEqual(new Set([404]));
    expect((await call('GET', `/api/models?project=${project.id}`, undefined, people.stranger)).status).toBe(404);
    expect((await call('POST', '/api/models', { project: project.id, label: 'x' }, people.stranger)).status).toBe(404);
  });

  test("a model of another project is not found beside one's own", async () => {
    const [{ orders }, other] = [await shop(), await shopOnce()];
    expect((await call('GET', `/api/models/${orders}?project=${other.project.id}`)).status).toBe(404);
    const relation = { kind: 'many-to-one', target: orders };
    const { body } = await call('POST', `/api/models/${other.customers}/fields`, { type: 'relation', label: 'x', relation });
    expect(body.error.details).toMatchObject([{ path: 'relation.target' }]);
  });
});

test('opening the definitions of a large project costs little more than of a small one', { timeout: 60_000 }, async () => {
  const projects = { small: await createProject(people.owner), large: await createProject(people.owner) };
  const fill = async (project: { id: string }, models: number, fields: number): Promise<string> => {
    for (let i = 0; i < models; i++) {
      const wide = i === 0 ? fields : 5;
      const model = {
        project: project.id,
        label: `M${i}`,
        fields: Array.from({ length: wide }, (_, n) => ({ type: 'text', label: `Field ${n}` })),
      };
      await done('POST', '/api/models', model);
    }
    return ((await done('GET', `/api/models?project=${project.id}`)).data as unknown as { id: string }[])[0]!.id;
  };
  const ids = { small: await fill(projects.small, 3, 10), large: await fill(projects.large, 20, 300) };
  for (const size of ['small', 'large'] as const) {
    const list = await done('GET', `/api/models?project=${projects[size].id}`);
    expect(list.data).toHaveLength(size === 'small' ? 3 : 20);
    const model = (await done('GET', `/api/models/${ids[size]}`)).data as unknown as ModelDefinition;
    expect(model.fields).toHaveLength((size === 'small' ? 10 : 300) + 7);
  }
});
