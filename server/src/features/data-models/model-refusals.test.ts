/** Definitions that are refused, with the place in the request. */
import { describe, expect, test } from 'vitest';
import { useTestServer } from '../../../../test/harness.ts';
import { keysOf, useShop } from '../../../../test/shop.ts';

const server = useTestServer();
const { call, done, shop, shopOnce } = useShop(server);

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
      'a list of what leads to several models',
      { label: 'A', fields: [{ type: 'any-relation', relation: { kind: 'any', targets: ['users'], reverse: { label: 'B' } } }] },
      'fields[0].relation.reverse',
    ],
    [
      'a relation to itself that no first record could meet',
      {
        label: 'A',
        key: 'a_tree',
        fields: [{ type: 'relation', relation: { kind: 'many-to-one', target: 'a_tree' }, required: true }],
      },
      'fields[0].required',
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
