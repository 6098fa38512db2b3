/** Data models and their fields: made, read, changed, deleted and brought back over HTTP. */
import { describe, expect, test } from 'vitest';
import { fieldTypes } from '@piper/shared/fields/index';
import { addMember } from '../../../../test/accounts.ts';
import { useTestServer } from '../../../../test/harness.ts';
import { fieldIn, keysOf, useShop } from '../../../../test/shop.ts';

const server = useTestServer();
const { people, call, done, shop } = useShop(server);

test('field types are listed with their options as definitions, which are those of a field that is made', async () => {
  const { data } = (await done('GET', '/api/field-types')) as unknown as { data: Record<string, unknown>[] };
  expect(data.map(({ name }) => name)).toEqual([...fieldTypes.keys()]);
  const select = data.find(({ name }) => name === 'select')!;
  expect(select).toEqual({
    name: 'select',
    label: 'Select',
    description: 'One of a list of choices.',
    category: 'choice',
    sortable: true,
    operators: expect.arrayContaining(['_eq', '_in']),
    options: [expect.objectContaining({ key: 'choices', type: 'json', required: true })],
  });
  expect(select['options']).toMatchObject([
    { options: { items: [{ key: 'value', type: 'text', required: true }, { key: 'label' }, { key: 'colour' }] } },
  ]);
});

describe('data models', () => {
  test('are created with their fields, read, changed, deleted and restored', async () => {
    const { project, customers, items } = await shop();
    const read = await done('GET', `/api/models/customers?project=${project.slug}`);
    expect(read).toMatchObject({
      data: {
        id: customers,
        key: 'customers',
        label: 'Customer',
        titleField: 'name',
        search: ['name', 'email'],
        rules: [{}, {}, {}, {}],
      },
      meta: { version: 2 },
    });
    expect(keysOf(read)).toEqual([
      'id',
      'name',
      'email',
      'state',
      'orders',
      'createdAt',
      'updatedAt',
      'createdBy',
      'updatedBy',
      'version',
      'deletedAt',
    ]);
    expect(fieldIn(read, 'name')).toMatchObject({ creatable: true, updatable: true, sortable: true });
    const { id } = (await done('POST', `${items}/customers`, { name: 'Ada', email: 'ada@example.com' })).data;
    const patched = await done('PATCH', `/api/models/${customers}`, {
      label: 'Client',
      key: 'clients',
      fieldOrder: ['email', 'name'],
    });
    expect(patched).toMatchObject({ data: { key: 'clients', label: 'Client', formerKeys: ['customers'] }, meta: { version: 3 } });
    expect(keysOf(patched).slice(0, 3)).toEqual(['id', 'email', 'name']);
    for (const word of ['clients', 'customers', customers])
      expect((await done('GET', `${items}/${word}/${id}?fields=name,state`)).data).toEqual({ name: 'Ada', state: 'open' });
    expect((await done('DELETE', `/api/models/clients?project=${project.slug}`)).data).toEqual({ id: customers });
    expect((await call('GET', `${items}/clients`)).status).toBe(404);
    expect((await call('GET', `/api/models/${customers}`)).status).toBe(404);
    const bin = await done('GET', `/api/models?project=${project.id}&deleted=true`);
    expect(bin.data).toMatchObject([{ id: customers, key: 'clients', deletedAt: expect.any(String) }]);
    expect(keysOf(await done('GET', `/api/models/orders?project=${project.id}`))).not.toContain('customer');
    await done('POST', `/api/models/${customers}/restore`);
    expect((await done('GET', `${items}/clients/${id}?fields=name`)).data).toEqual({ name: 'Ada' });
    expect(keysOf(await done('GET', `/api/models/orders?project=${project.id}`))).toContain('customer');
  });

  test('are listed in short, or whole when asked', async () => {
    const { project } = await shop();
    const list = await done('GET', `/api/models?project=${project.slug}`);
    expect(list).toMatchObject({
      data: [{ key: 'customers', fieldCount: 4, allowedActions: ['read', 'create', 'update', 'delete'] }, { key: 'orders' }],
    });
    expect((list.data as unknown as Record<string, unknown>[])[0]).not.toHaveProperty('fields');
    const whole = await done('GET', `/api/models?project=${project.slug}&fields=*`);
    expect(whole.data).toMatchObject([{ key: 'customers', fields: expect.any(Array), rules: expect.any(Array) }, {}]);
    expect((await done('GET', '/api/models')).data).toContainEqual(expect.objectContaining({ key: 'projects' }));
    expect((await done('GET', '/api/models/projects')).data).toMatchObject({ key: 'projects' });
  });

  test('are sent once: a client that has the definition is told so', async () => {
    const { customers } = await shop();
    const first = await call('GET', `/api/models/${customers}`);
    const etag = first.headers['etag'] as string;
    expect((await call('GET', `/api/models/${customers}`, undefined, { headers: { 'if-none-match': etag } })).status).toBe(304);
    await done('PATCH', `/api/models/${customers}`, { label: 'Client' });
    const second = await call('GET', `/api/models/${customers}`, undefined, { headers: { 'if-none-match': etag } });
    expect(second).toMatchObject({ status: 200, body: { data: { label: 'Client' } } });
  });

  test('a change of what was changed meanwhile is refused', async () => {
    const { customers } = await shop();
    const change = (version: number) =>
      call('PATCH', `/api/models/${customers}`, { label: 'Client' }, { headers: { 'if-match': `"${version}"` } });
    expect(await change(1)).toMatchObject({ status: 412, body: { error: { code: 'version_mismatch' } } });
    expect((await change(2)).status).toBe(200);
    expect((await change(2)).status).toBe(412);
  });
});

describe('fields', () => {
  test('are created, listed, read, changed, ordered, deleted and restored', async () => {
    const { customers, items } = await shop();
    const base = `/api/models/${customers}/fields`;
    const made = await call('POST', base, { type: 'integer', label: 'Zip code', options: { min: 0 }, help: 'Five digits' });
    expect(made).toMatchObject({
      status: 201,
      body: { data: { key: 'zip_code', type: 'integer', creatable: true }, meta: { version: 3 } },
    });
    const { id } = (await done('POST', `${items}/customers`, { name: 'Ada', zip_code: 12345 })).data;
    expect((await done('GET', base)).data).toContainEqual(expect.objectContaining({ key: 'zip_code' }));
    expect((await done('GET', `${base}/zip_code`)).data).toMatchObject({ help: 'Five digits' });
    const text = await done('PATCH', `${base}/zip_code`, { type: 'text', key: 'zip', help: null });
    expect(text.data).toMatchObject({ type: 'text', key: 'zip' });
    expect(text.data).not.toHaveProperty('help');
    expect((await done('GET', `${items}/customers/${id}?fields=zip`)).data).toEqual({ zip: '12345' });
    const ordered = (await done('POST', `${base}/order`, { fields: ['zip'] })).data as unknown as { key: string }[];
    expect(ordered.slice(0, 3).map(({ key }) => key)).toEqual(['id', 'zip', 'name']);
    await done('DELETE', `${base}/zip`);
    expect((await call('GET', `${base}/zip`)).status).toBe(404);
    expect((await call('GET', `${items}/customers?fields=zip`)).status).toBe(400);
    expect((await done('POST', `${base}/zip/restore`)).data).toMatchObject({ key: 'zip', type: 'text' });
    expect((await done('GET', `${items}/customers/${id}?fields=zip`)).data).toEqual({ zip: '12345' });
  });

  test('a rename keeps rules and formulas working', async () => {
    const { project, orders, items } = await shop();
    await addMember(people.owner, project, people.member);
    const rule = { action: 'read', roles: ['member'], filter: { price: { _gt: '5' } }, fields: ['price', 'total', 'customer'] };
    await done('PUT', `/api/models/${orders}/rules`, {
      rules: [
        rule,
        { action: 'create', roles: ['owner'], filter: {}, fields: '*' },
        { action: 'read', roles: ['owner'], filter: {}, fields: '*' },
      ],
    });
    for (const price of ['4', '6']) await done('POST', `${items}/orders`, { price, quantity: 2 });
    await done('PATCH', `/api/models/${orders}/fields/price`, { key: 'amount' });
    const seen = await done('GET', `${items}/orders?fields=amount,total`, undefined, people.member);
    expect(seen.data).toEqual([{ amount: '6', total: null }]);
    // What they may not read counts as missing, in formulas too.
    expect((await done('GET', `${items}/orders?fields=total&sort=total`)).data).toEqual([{ total: '8' }, { total: '12' }]);
    expect((await call('GET', `${items}/orders?fields=quantity`, undefined, people.member)).status).toBe(400);
    expect((await done('GET', `/api/models/${orders}/rules`)).data).toMatchObject([
      { id: expect.any(String), filter: { amount: { _gt: '5' } }, fields: ['amount', 'total', 'customer'] },
      {},
      {},
    ]);
  });

  test('two keys are exchanged in one change set, with their values', async () => {
    const { project, orders, items } = await shop();
    await done('POST', `${items}/orders`, { price: '1.50', quantity: 2 });
    const before = await done('GET', `/api/models/${orders}`);
    const actions = [
      { do: 'update-field', model: orders, field: fieldIn(before, 'price').id, changes: { key: 'quantity' } },
      { do: 'update-field', model: orders, field: fieldIn(before, 'quantity').id, changes: { key: 'price' } },
    ];
    await done('POST', `/api/projects/${project.id}/change-sets`, { actions });
    expect((await done('GET', `${items}/orders?fields=price,quantity,total`)).data).toEqual([
      { price: 2, quantity: '1.50', total: '3.00' },
    ]);
  });

  test('a text that holds ids becomes a relation; a computed field a stored one, and back', async () => {
    const { customers, orders, items } = await shop();
    const { id: ada } = (await done('POST', `${items}/customers`, { name: 'Ada' })).data;
    await done('POST', `/api/models/${orders}/fields`, { type: 'text', key: 'payer' });
    for (const payer of [ada, 'nobody', null]) await done('POST', `${items}/orders`, { payer, price: '2', quantity: 3 });
    const relation = { kind: 'many-to-one', target: customers };
    const change = (query = '') => call('PATCH', `/api/models/${orders}/fields/payer${query}`, { type: 'relation', relation });
    expect(await change()).toMatchObject({ status: 422, body: { error: { code: 'change_set_refused' } } });
    expect((await change('?acceptLoss=true')).body.data).toMatchObject({ relation: { target: customers, onDelete: 'set-null' } });
    const payers = await done('GET', `${items}/orders?fields=payer.name&sort=createdAt`);
    expect(payers.data).toEqual([{ payer: { name: 'Ada' } }, { payer: null }, { payer: null }]);
    const total = `/api/models/${orders}/fields/total`;
    expect((await done('PATCH', total, { type: 'decimal' })).data).toMatchObject({ type: 'decimal', creatable: true });
    // What the formula gave is what they hold.
    const kept = await done('GET', `${items}/orders?filter[total][_eq]=6&fields=total`);
    expect(kept.data).toEqual([{ total: '6' }, { total: '6' }, { total: '6' }]);
    await done('POST', `${items}/orders`, { total: '7' });
    expect((await done('GET', `${items}/orders?filter[total][_eq]=7&fields=total`)).data).toEqual([{ total: '7' }]);
    const formula = { type: 'formula', options: { formula: '{price} + 1' } };
    expect((await done('PATCH', `${total}?acceptLoss=true`, formula)).data).toMatchObject({
      result: 'decimal',
      creatable: false,
    });
    expect((await done('GET', `${items}/orders?fields=total&limit=1&sort=createdAt`)).data).toEqual([{ total: '3' }]);
  });

  test('what others build on is refused with a list', async () => {
    const { orders, customers } = await shop();
    expect(await call('DELETE', `/api/models/${orders}/fields/price`)).toMatchObject({
      status: 409,
      body: {
        error: {
          code: 'still_used',
          message: '"Price" is still used by the formula "Total" of Order. Change or delete these first.',
          details: [{ path: 'orders.total' }],
        },
      },
    });
    await done('POST', `/api/models/${customers}/fields`, {
      type: 'rollup',
      label: 'Spent',
      options: { relation: 'orders', field: 'price', function: 'sum' },
    });
    expect((await call('DELETE', `/api/models/${orders}`)).body.error).toMatchObject({
      code: 'still_used',
      details: [{ path: 'customers.spent' }],
    });
  });
});
