/** Relations, indexes and rules of data models, over HTTP. */
import { describe, expect, test } from 'vitest';
import { useTestServer } from '../../../../test/harness.ts';
import { useShop } from '../../../../test/shop.ts';
import { newId } from '#platform/ids';

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

  test('the records that mean one by a relation to any model are found by a filter that names its model', async () => {
    const { project, customers, orders } = await shop();
    const targets = [customers, orders];
    const about = { type: 'any-relation', key: 'about', relation: { kind: 'any', targets } };
    await done('POST', '/api/models', {
      project: project.id,
      label: 'Note',
      labelPlural: 'Notes',
      fields: [{ type: 'text', key: 'word' }, about],
    });
    const items = `/api/projects/${project.id}/items`;
    const [one, two] = [
      await done('POST', `${items}/customers`, { name: 'x' }),
      await done('POST', `${items}/customers`, { name: 'x' }),
    ];
    for (const [word, { data }] of [
      ['a', one],
      ['b', two],
      ['c', one],
    ] as const)
      await done('POST', `${items}/notes`, { word, about: { model: 'customers', id: data.id } });
    const filter = encodeURIComponent(JSON.stringify({ 'about:customers': { id: { _eq: one.data.id } } }));
    const found = await done('GET', `${items}/notes?fields=word&sort=word&filter=${filter}`);
    expect(found.data).toEqual([{ word: 'a' }, { word: 'c' }]);
    expect((await done('GET', `${items}/notes?aggregate[count]=*&filter=${filter}`)).data).toEqual([{ count: 2 }]);
    const elsewhere = encodeURIComponent(JSON.stringify({ 'about:orders': { id: { _eq: one.data.id } } }));
    expect((await done('GET', `${items}/notes?filter=${elsewhere}`)).data).toEqual([]);
  });

  test('one relation is read and changed, by id or key; a field that is none is not found there', async () => {
    const { orders } = await shop();
    const url = `/api/models/${orders}/relations`;
    const read = await done('GET', `${url}/customer`);
    expect(read.data).toMatchObject({
      field: 'customer',
      target: 'customers',
      onDelete: 'set-null',
      reverse: { field: 'orders' },
    });
    const changed = await done('PATCH', `${url}/${read.data.id}`, { label: 'Buyer', relation: { onDelete: 'cascade' } });
    expect(changed.data).toMatchObject({ field: 'customer', label: 'Buyer', onDelete: 'cascade', reverse: { field: 'orders' } });
    expect((await done('PATCH', `${url}/customer`, { key: 'buyer' })).data).toMatchObject({ field: 'buyer' });
    const tried = [
      await call('GET', `${url}/price`),
      await call('PATCH', `${url}/price`, { label: 'x' }),
      await call('DELETE', `${url}/price`),
      await call('GET', `${url}/createdBy`),
    ];
    expect(tried.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
    expect((await call('PATCH', `${url}/buyer`, { relation: { kind: 'one-to-many' } })).body.error.details).toMatchObject([
      { path: 'relation.kind' },
    ]);
  });

  test("relations of Piper's own models are shown too", async () => {
    const { data } = await done('GET', '/api/models/threads/relations');
    expect(data).toContainEqual(expect.objectContaining({ kind: 'many-to-one', target: 'projects' }));
    const { field } = (data as unknown as { field: string }[])[0]!;
    expect((await done('GET', `/api/models/threads/relations/${field}`)).data).toMatchObject({ field });
    expect((await call('PATCH', `/api/models/threads/relations/${field}`, { label: 'x' })).status).toBe(403);
  });

  test('one index is read and changed, and keeps its id', async () => {
    const { orders, items } = await shop();
    const url = `/api/models/${orders}/indexes`;
    const { id } = (await done('POST', url, { fields: ['price', 'quantity'] })).data;
    const other = (await done('POST', url, { fields: ['quantity', 'price'] })).data.id;
    const made = await done('GET', `${url}/${id}`);
    await done('POST', `${items}/orders`, { price: '1', quantity: 1 });
    const unique = await done('PATCH', `${url}/${id}`, { unique: true });
    expect(unique.data).toEqual({ ...made.data, unique: true });
    expect((await call('POST', `${items}/orders`, { price: '1', quantity: 1 })).status).toBe(409);
    const fields = ['quantity', 'customer'];
    expect((await done('PATCH', `${url}/${id}`, { fields, unique: false })).data['unique']).toBeUndefined();
    await done('POST', `${items}/orders`, { price: '1', quantity: 1 });
    const refused = await call('PATCH', `${url}/${id}`, { unique: true, fields: ['price', 'quantity'] });
    expect([refused.status, refused.body.error.code]).toEqual([422, 'change_set_refused']);
    const wrong = await call('PATCH', `${url}/${id}`, { fields: ['price', 'nose'] });
    expect([wrong.status, wrong.body.error.details]).toMatchObject([400, [{ path: 'fields[1]' }]]);
    expect((await call('PATCH', `${url}/${other}`, { fields })).body.error.code).toBe('already_exists');
    expect((await call('PATCH', `${url}/${id}`, {})).status).toBe(400);
    for (const method of ['GET', 'PATCH'] as const)
      expect((await call(method, `${url}/${newId()}`, method === 'PATCH' ? { unique: true } : undefined)).status).toBe(404);
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
    ['a filter with a misspelt variable', { filter: { price: { _neq: '$CURRENT_USR.name' } } }, 'rules[0].filter.price._neq'],
    ['a preset with a misspelt variable', { presets: { quantity: '$NOWHERE' } }, 'rules[0].presets.quantity'],
    ['a preset of a field users have not', { presets: { quantity: '$CURRENT_USER.nose' } }, 'rules[0].presets.quantity'],
    ['a preset of a computed field', { presets: { total: '1' } }, 'rules[0].presets.total'],
  ])('refuses rules with %s', async (_what, given, path) => {
    const { orders } = await shopOnce();
    const rule = { action: 'read', filter: {}, fields: '*', ...given };
    const { status, body } = await call('PUT', `/api/models/${orders}/rules`, { rules: [rule] });
    expect([status, body.error.details?.[0]?.path, body.error.message]).toEqual([400, path, expect.any(String)]);
  });
});
