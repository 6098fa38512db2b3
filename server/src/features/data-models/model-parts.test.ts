/** Relations, indexes and rules of data models, over HTTP. */
import { describe, expect, test } from 'vitest';
import { useTestServer } from '../../../../test/harness.ts';
import { useShop } from '../../../../test/shop.ts';

const server = useTestServer();
const { call, done, shop, shopOnce } = useShop(server);

describe('relations, indexes and rules', () => {
  test('relations are shown with both their ends', async () => {
    const { project, customers, orders } = await shop();
    expect((await done('GET', `/api/models/${customers}/relations`)).data).toMatchObject([
      { field: 'orders', kind: 'one-to-many', target: 'orders', reverse: { field: 'customer' } },
    ]);
    const made = await call('POST', `/api/models/${orders}/relations`, {
      type: 'relation',
      label: 'Watchers',
      relation: { kind: 'many-to-many', target: customers, reverse: { label: 'Watching' } },
    });
    expect(made).toMatchObject({
      status: 201,
      body: { data: { field: 'watchers', target: 'customers', reverse: { field: 'watching' } } },
    });
    expect((await done('GET', `/api/models?project=${project.id}`)).data).toMatchObject([{}, {}, { isJunction: true }]);
    await done('DELETE', `/api/models/${customers}/relations/watching`);
    expect((await done('GET', `/api/models/${orders}/relations`)).data).toMatchObject([
      { field: 'customer', reverse: { field: 'orders' } },
    ]);
    expect((await done('GET', `/api/models?project=${project.id}`)).data).toHaveLength(2);
  });

  test('indexes over several fields come and go; unique ones bind', async () => {
    const { orders, items } = await shop();
    const index = await call('POST', `/api/models/${orders}/indexes`, { fields: ['price', 'quantity'], unique: true });
    expect(index.status, index.text).toBe(201);
    await done('POST', `${items}/orders`, { price: '1', quantity: 1 });
    expect((await call('POST', `${items}/orders`, { price: '1', quantity: 1 })).status).toBe(409);
    expect(
      (await call('POST', `/api/models/${orders}/indexes`, { fields: ['price', 'quantity'], unique: true })).body.error.code,
    ).toBe('already_exists');
    expect((await done('GET', `/api/models/${orders}/indexes`)).data).toHaveLength(1);
    await done('DELETE', `/api/models/${orders}/indexes/${index.body.data.id}`);
    expect((await done('GET', `/api/models/${orders}/indexes`)).data).toEqual([]);
    await done('POST', `${items}/orders`, { price: '1', quantity: 1 });
  });

  test.each([
    ['a role nobody can have', { roles: ['emperor'] }, 'rules[0].roles[0]'],
    ['a field that is not there', { fields: ['nose'] }, 'rules[0].fields[0]'],
    ['a filter over a field that is not there', { filter: { nose: { _eq: 1 } } }, 'rules[0].filter.nose'],
    ['a filter that does not suit', { filter: { price: { _contains: 'a' } } }, 'rules[0].filter.price._contains'],
    ['a check that does not suit', { check: { customer: { name: { _gt: {} } } } }, 'rules[0].check.customer.name._gt'],
    ['a preset that does not suit', { presets: { quantity: 'many' } }, 'rules[0].presets.quantity'],
    ['a preset of a computed field', { presets: { total: '1' } }, 'rules[0].presets.total'],
  ])('refuses rules with %s', async (_what, given, path) => {
    const { orders } = await shopOnce();
    const rule = { action: 'read', filter: {}, fields: '*', ...given };
    const { status, body } = await call('PUT', `/api/models/${orders}/rules`, { rules: [rule] });
    expect([status, body.error.details?.[0]?.path, body.error.message]).toEqual([400, path, expect.any(String)]);
  });
});
