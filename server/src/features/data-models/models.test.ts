import { beforeAll, describe, expect, test } from 'vitest';
import type { ModelDefinition } from '@piper/shared/data-models';
import { addMember, createProject, registerUser, type TestUser } from '../../../../test/accounts.ts';
import { useTestServer } from '../../../../test/harness.ts';

const server = useTestServer();
let owner: TestUser;
const people: Record<string, TestUser> = {};
let stranger: TestUser;

beforeAll(async () => {
  owner = await registerUser(server);
  stranger = await registerUser(server);
  for (const role of ['admin', 'member', 'viewer']) people[role] = await registerUser(server);
  people['owner'] = owner;
});

type Json = Record<string, unknown>;
interface Body {
  data: Json & { fields: (Json & { id: string; key: string })[]; id: string };
  meta: { version: number; changeSet: string };
  error: { code: string; message: string; details: { path: string; message: string }[] };
}

interface Who {
  who?: TestUser | undefined;
  headers?: Record<string, string>;
}

async function call(method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE', url: string, payload?: object, as: TestUser | Who = {}) {
  const { who = owner, headers = {} } = 'browser' in as ? { who: as } : as;
  const reply = await who.browser.send({ method, url, headers, ...(payload && { payload }) });
  const body = (reply.body === '' ? {} : reply.json()) as Body;
  return { status: reply.statusCode, headers: reply.headers, text: reply.body, body };
}

async function done(...args: Parameters<typeof call>): Promise<Body> {
  const reply = await call(...args);
  expect(reply.status, reply.text).toBeLessThan(300);
  return reply.body;
}

/** A project with customers and their orders. */
async function shop(): Promise<{ project: { id: string; slug: string }; items: string; customers: string; orders: string }> {
  const project = await createProject(owner);
  const customers = await done('POST', '/api/models', {
    project: project.slug,
    label: 'Customer',
    labelPlural: 'Customers',
    fields: [
      { type: 'text', label: 'Name', required: true },
      { type: 'email', label: 'E-mail', key: 'email', unique: true },
      { type: 'select', label: 'State', options: { choices: [{ value: 'open' }, { value: 'closed' }] }, default: 'open' },
    ],
  });
  const orders = await done('POST', '/api/models', {
    project: project.id,
    label: 'Order',
    labelPlural: 'Orders',
    fields: [
      { type: 'decimal', label: 'Price' },
      { type: 'integer', label: 'Quantity' },
      { type: 'formula', label: 'Total', options: { formula: '{price} * {quantity}' } },
      {
        type: 'relation',
        label: 'Customer',
        relation: { kind: 'many-to-one', target: 'customers', reverse: { label: 'Orders' } },
      },
    ],
  });
  return { project, items: `/api/projects/${project.slug}/items`, customers: customers.data.id, orders: orders.data.id };
}

const keysOf = (body: Body): string[] => body.data.fields.map((field) => field.key);
const fieldIn = (body: Body, key: string) => body.data.fields.find((field) => field.key === key)!;

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
    expect((list.data as unknown as Json[])[0]).not.toHaveProperty('fields');
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
    await addMember(owner, project, people['member']!);
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
    const seen = await done('GET', `${items}/orders?fields=amount,total`, undefined, people['member']);
    expect(seen.data).toEqual([{ amount: '6', total: null }]);
    // What they may not read counts as missing, in formulas too.
    expect((await done('GET', `${items}/orders?fields=total&sort=total`)).data).toEqual([{ total: '8' }, { total: '12' }]);
    expect((await call('GET', `${items}/orders?fields=quantity`, undefined, people['member'])).status).toBe(400);
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

let kept: ReturnType<typeof shop> | undefined;
const shopOnce = () => (kept ??= shop());

describe('what is refused', () => {
  test.each([
    ['no label', { label: ' ' }, 'label'],
    ['a label with a line break', { label: 'a\nb' }, 'label'],
    ['a label that is too long', { label: 'x'.repeat(201) }, 'body.label'],
    ['a key with a space', { label: 'A', key: 'a b' }, 'key'],
    ['a key in quotes', { label: 'A', key: '"a"' }, 'key'],
    ['a key of 64 bytes', { label: 'A', key: 'x'.repeat(64) }, 'key'],
    ['a key of an emoji', { label: 'A', key: '🎉' }, 'key'],
    ["the key of one of Piper's own", { label: 'A', key: 'projects' }, 'key'],
    ['a reserved key', { label: 'A', fields: [{ type: 'text', key: 'createdAt' }] }, 'fields[0].key'],
    [
      'a key twice',
      {
        label: 'A',
        fields: [
          { type: 'text', key: 'a' },
          { type: 'text', key: 'a' },
        ],
      },
      'fields[1].key',
    ],
    ['an unknown type', { label: 'A', fields: [{ type: 'money' }] }, 'fields[0].type'],
    ['an unknown option', { label: 'A', fields: [{ type: 'text', options: { colour: 1 } }] }, 'fields[0].options.colour'],
    [
      'a choice twice',
      { label: 'A', fields: [{ type: 'select', options: { choices: [{ value: 'a' }, { value: 'a' }] } }] },
      'fields[0].options.choices',
    ],
    ['a default that is no value', { label: 'A', fields: [{ type: 'integer', default: 'x' }] }, 'fields[0].default'],
    [
      'a default that is no choice',
      { label: 'A', fields: [{ type: 'select', options: { choices: [{ value: 'a' }] }, default: 'b' }] },
      'fields[0].default',
    ],
    ['unique JSON', { label: 'A', fields: [{ type: 'json', unique: true }] }, 'fields[0].unique'],
    ['an indexed long text', { label: 'A', fields: [{ type: 'long-text', index: true }] }, 'fields[0].index'],
    [
      'a required formula',
      { label: 'A', fields: [{ type: 'formula', options: { formula: '1' }, required: true }] },
      'fields[0].required',
    ],
    [
      'a formula that does not parse',
      { label: 'A', fields: [{ type: 'formula', options: { formula: '1 +' } }] },
      'fields[0].options.formula',
    ],
    [
      'a formula over nothing',
      { label: 'A', fields: [{ type: 'formula', options: { formula: '{nose}' } }] },
      'fields[0].options.formula',
    ],
    [
      'a formula that builds on itself',
      { label: 'A', fields: [{ type: 'formula', key: 'a', options: { formula: '{a}' } }] },
      'fields[0].options.formula',
    ],
    [
      'a lookup that leads nowhere',
      { label: 'A', fields: [{ type: 'lookup', options: { relation: 'x', field: 'y' } }] },
      'fields[0].options',
    ],
    [
      'a relation to nothing',
      { label: 'A', fields: [{ type: 'relation', relation: { kind: 'many-to-one', target: 'nothing' } }] },
      'fields[0].relation.target',
    ],
    [
      'a relation without a target',
      { label: 'A', fields: [{ type: 'relation', relation: { kind: 'many-to-one' } }] },
      'fields[0].relation.target',
    ],
    ['no relation', { label: 'A', fields: [{ type: 'relation' }] }, 'fields[0].relation'],
    [
      'a relation of a text',
      { label: 'A', fields: [{ type: 'text', relation: { kind: 'any', targets: ['users'] } }] },
      'fields[0].relation',
    ],
    [
      "a list of Piper's own",
      { label: 'A', fields: [{ type: 'relation', relation: { kind: 'one-to-many', target: 'users' } }] },
      'fields[0].relation.target',
    ],
    [
      "a relation to what is nobody's business",
      { label: 'A', fields: [{ type: 'relation', relation: { kind: 'many-to-one', target: 'sessions' } }] },
      'fields[0].relation.target',
    ],
    [
      'one that keeps people from leaving',
      { label: 'A', fields: [{ type: 'relation', relation: { kind: 'many-to-one', target: 'users', onDelete: 'restrict' } }] },
      'fields[0].relation.onDelete',
    ],
    ['a title that is not there', { label: 'A', titleField: 'nose' }, 'titleField'],
    ['a search in numbers', { label: 'A', fields: [{ type: 'integer', key: 'n' }], search: ['n'] }, 'search[0]'],
    ['an order by JSON', { label: 'A', fields: [{ type: 'json', key: 'j' }], defaultSort: ['-j'] }, 'defaultSort[0]'],
    ['an index over nothing', { label: 'A', indexes: [{ fields: ['nose'] }] }, 'indexes[0].fields[0]'],
  ])('%s', async (_what, model, path) => {
    const { project } = await shopOnce();
    const { status, body } = await call('POST', '/api/models', { project: project.id, ...model });
    expect([status, body.error.details?.[0]?.path, body.error.message]).toEqual([
      expect.toBeOneOf([400, 409]),
      path,
      expect.any(String),
    ]);
  });

  test('circles of formulas, over one model or several', async () => {
    const { orders, customers } = await shop();
    const make = (model: string, key: string, formula: string) =>
      call('POST', `/api/models/${model}/fields`, { type: 'formula', key, options: { formula } });
    await make(orders, 'a', '{price}');
    await make(orders, 'b', '{a} + 1');
    const closed = await call('PATCH', `/api/models/${orders}/fields/a`, { options: { formula: '{b} + 1' } });
    expect(closed).toMatchObject({
      status: 400,
      body: { error: { details: [{ path: 'options.formula', message: expect.stringContaining('a → b → a') }] } },
    });
    await done('POST', `/api/models/${customers}/fields`, {
      type: 'rollup',
      key: 'sum',
      options: { relation: 'orders', field: 'b', function: 'sum' },
    });
    expect(
      (await call('PATCH', `/api/models/${orders}/fields/a`, { options: { formula: '{customer.sum}' } })).body.error.message,
    ).toContain('builds on itself');
  });

  test('changes of what every model has, or of what joins two', async () => {
    const { project, orders, customers } = await shop();
    expect((await call('DELETE', `/api/models/${orders}/fields/createdAt`)).status).toBe(400);
    expect((await call('PATCH', `/api/models/${orders}/fields/id`, { label: 'Number' })).status).toBe(400);
    await done('POST', `/api/models/${orders}/relations`, {
      type: 'relation',
      label: 'T',
      relation: { kind: 'many-to-many', target: customers },
    });
    const junction = (
      (await done('GET', `/api/models?project=${project.id}`)).data as unknown as { id: string; isJunction?: true }[]
    ).find((model) => model.isJunction)!;
    expect((await call('DELETE', `/api/models/${junction.id}`)).status).toBe(400);
    expect((await call('POST', `/api/models/${junction.id}/fields`, { type: 'text', label: 'x' })).status).toBe(400);
    expect((await call('PATCH', '/api/models/users', { label: 'x' })).status).toBe(403);
  });

  test('more models, fields, indexes and rules than a project may have', async () => {
    const { orders } = await shop();
    const rule = { action: 'read', filter: {}, fields: '*' };
    expect((await call('PUT', `/api/models/${orders}/rules`, { rules: Array.from({ length: 201 }, () => rule) })).status).toBe(
      400,
    );
    const many = { label: 'A', fields: Array.from({ length: 995 }, (_, i) => ({ type: 'text', key: `f${i}` })) };
    const { project } = await shop();
    expect(await call('POST', '/api/models', { project: project.id, ...many })).toMatchObject({
      status: 400,
      body: { error: { details: [{ path: 'fields[993]' }] } },
    });
  });
});

describe('actions of a change set', () => {
  test.each([
    ['that are none', ['x'], 'body.actions.0'],
    ['nobody knows', [{ do: 'explode' }], 'actions[0].do'],
    ['that lack something', [{ do: 'create-field', model: 'orders' }], 'actions[0]'],
    ['with something unknown', [{ do: 'delete-model', model: 'orders', now: true }], 'actions[0].now'],
    ['with a wrong type', [{ do: 'create-field', model: 'orders', field: { type: 1 } }], 'actions[0].field.type'],
    [
      'that can not be done',
      [
        { do: 'order-fields', model: 'orders', fields: [] },
        { do: 'create-field', model: 'orders', field: { type: 'text', key: 'id' } },
      ],
      'actions[1].field.key',
    ],
    [
      'that turn out wrong in the end',
      [{ do: 'update-field', model: 'orders', field: 'total', changes: { options: { formula: '{nose}' } } }],
      'actions[0].changes.options.formula',
    ],
    ['too many', Array.from({ length: 501 }, () => ({ do: 'order-fields', model: 'orders', fields: [] })), 'body.actions'],
  ])('refuses those %s, naming the place', async (_what, actions, path) => {
    const { project } = await shopOnce();
    const { status, body } = await call('POST', `/api/projects/${project.id}/change-sets`, { actions });
    expect([status, body.error.details?.[0]?.path]).toEqual([400, path]);
  });

  test('all hold or none: a later one that fails takes back the earlier ones', async () => {
    const { project, orders } = await shop();
    const actions = [
      { do: 'create-field', model: 'orders', field: { type: 'text', key: 'note' } },
      { do: 'update-model', model: 'orders', changes: { key: 'bills' } },
      { do: 'delete-field', model: 'bills', field: 'price' },
    ];
    expect((await call('POST', `/api/projects/${project.id}/change-sets`, { actions })).status).toBe(409);
    const now = await done('GET', `/api/models/${orders}`);
    expect([now.data['key'], keysOf(now).includes('note'), now.meta.version]).toEqual(['orders', false, 2]);
  });
});

describe('who may', () => {
  test('roles: managers change and see rules, the others see what rules let them', async () => {
    const { project, orders } = await shop();
    for (const role of ['admin', 'member', 'viewer'] as const) await addMember(owner, project, people[role]!, role);
    const rules = [
      { action: 'read', roles: ['owner', 'admin', 'member'], filter: {}, fields: '*' },
      { action: 'read', roles: ['viewer'], filter: {}, fields: ['price'] },
    ];
    await done('PUT', `/api/models/${orders}/rules`, { rules });
    const outcomes: Record<string, unknown> = {};
    for (const [role, who] of Object.entries(people)) {
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
    await addMember(owner, project, people['viewer']!, 'viewer');
    await done('PUT', `/api/models/${orders}/rules`, { rules: [] });
    const viewer = people['viewer']!;
    expect((await call('GET', `/api/models/${orders}`, undefined, viewer)).status).toBe(404);
    expect((await call('PATCH', `/api/models/${orders}`, { label: 'x' }, viewer)).status).toBe(404);
    expect((await call('GET', `/api/models/${orders}/rules`, undefined, viewer)).status).toBe(404);
    expect((await done('GET', `/api/models?project=${project.id}`, undefined, viewer)).data).toMatchObject([
      { key: 'customers' },
    ]);
    // Whoever manages the definitions sees them, whatever the rules say of records.
    expect((await done('GET', `/api/models/${orders}`)).data).toMatchObject({ rules: [], allowedActions: [] });
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
        tried.push((await call(method, `${base}${path}${query && `?${query}`}`, body, stranger)).status);
      }
    expect(new Set(tried)).toEqual(new Set([404]));
    expect((await call('GET', `/api/models?project=${project.id}`, undefined, stranger)).status).toBe(404);
    expect((await call('POST', '/api/models', { project: project.id, label: 'x' }, stranger)).status).toBe(404);
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
  const projects = { small: await createProject(owner), large: await createProject(owner) };
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
