/** Edits as pure functions: what is easier seen in the definitions than through HTTP. */
import { describe, expect, test } from 'vitest';
import type { Field } from '@piper/shared/data-model';
import type { Definitions, ModelAction, ModelDefinition } from '@piper/shared/data-models';
import { PiperError } from '@piper/shared/errors';
import { newId } from '#platform/ids';
import { editDefinitions } from './index.ts';

const projectId = newId();

/** Does one change set after the other. */
function edit(...sets: ModelAction[][]): ModelDefinition[] {
  let definitions: Definitions = { projectId, version: 0, models: [] };
  for (const actions of sets) {
    const frozen = JSON.stringify(definitions.models);
    const models = editDefinitions(definitions, actions, {
      projectId,
      newId,
      now: '2026-01-01T00:00:00.000Z',
      roles: ['support'],
    });
    expect(JSON.stringify(definitions.models)).toBe(frozen);
    definitions = { ...definitions, version: definitions.version + 1, models };
  }
  return definitions.models;
}

function refusal(...sets: ModelAction[][]): { code: string; message: string; paths: string[] } {
  try {
    edit(...sets);
  } catch (error) {
    if (!(error instanceof PiperError)) throw error;
    const details = (error.details ?? []) as { path: string }[];
    return { code: error.code, message: error.message, paths: details.map(({ path }) => path) };
  }
  throw new Error('nothing was refused');
}

const live = (models: readonly ModelDefinition[]) => models.filter((model) => model.deletedAt === undefined);
const modelOf = (models: readonly ModelDefinition[], key: string): ModelDefinition =>
  live(models).find((model) => model.key === key)!;
const fieldOf = (models: readonly ModelDefinition[], path: string): Field => {
  const [model = '', key = ''] = path.split('.');
  return modelOf(models, model).fields.find((field) => field.key === key)!;
};
const keys = (models: readonly ModelDefinition[], model: string): string[] =>
  modelOf(models, model)
    .fields.filter((field) => !/(At|By)$|^id$|^version$/.test(field.key))
    .map(({ key }) => key);

const shop: ModelAction[] = [
  {
    do: 'create-model',
    model: {
      key: 'customers',
      label: 'Customer',
      fields: [
        { key: 'name', type: 'text', required: true },
        { key: 'email', type: 'email', unique: true },
        { key: 'city', type: 'text' },
      ],
    },
  },
  {
    do: 'create-model',
    model: {
      key: 'orders',
      label: 'Order',
      fields: [
        { key: 'number', type: 'auto-number' },
        { key: 'price', type: 'decimal' },
        { key: 'quantity', type: 'integer' },
        {
          key: 'customer',
          type: 'relation',
          relation: { kind: 'many-to-one', target: 'customers', reverse: { key: 'orders', label: 'Orders' } },
        },
        { key: 'tags', type: 'relation', relation: { kind: 'many-to-many', target: 'customers', reverse: { key: 'tagged' } } },
        { key: 'total', type: 'formula', options: { formula: '{price} * {quantity}' } },
        { key: 'who', type: 'lookup', options: { relation: 'customer', field: 'name' } },
      ],
    },
  },
  {
    do: 'create-field',
    model: 'customers',
    field: {
      key: 'spent',
      type: 'rollup',
      options: { relation: 'orders', field: 'price', function: 'sum', filter: { quantity: { _gt: 0 } } },
    },
  },
];
const rules = (filter: object): ModelAction[] => [
  {
    do: 'set-rules',
    model: 'orders',
    rules: [{ action: 'read', filter: filter as never, fields: ['price', 'quantity'], presets: { price: '1' } }],
  },
];

describe('what follows from an edit', () => {
  test('computed fields know what they yield, and name what they read by id', () => {
    const models = edit(shop);
    expect(fieldOf(models, 'orders.total')).toMatchObject({ result: 'decimal', readOnly: true });
    expect(fieldOf(models, 'orders.total')).not.toHaveProperty('column');
    expect(fieldOf(models, 'orders.who')).toMatchObject({
      result: 'text',
      options: { relation: fieldOf(models, 'orders.customer').id, field: fieldOf(models, 'customers.name').id },
    });
    expect(fieldOf(models, 'customers.spent')).toMatchObject({ result: 'decimal', onDemand: true });
  });

  test('what an edit does not concern stays the same object', () => {
    const definitions: Definitions = { projectId, version: 1, models: edit(shop) };
    const action: ModelAction = { do: 'create-field', model: 'orders', field: { key: 'note', type: 'text' } };
    const models = editDefinitions(definitions, [action], { projectId, newId, now: '' });
    expect(modelOf(models, 'customers')).toBe(modelOf(definitions.models, 'customers'));
    expect(modelOf(models, 'orders')).not.toBe(modelOf(definitions.models, 'orders'));
  });

  test('the type of a looked-up field changes what the lookup yields', () => {
    const models = edit(shop, [{ do: 'update-field', model: 'customers', field: 'name', changes: { type: 'long-text' } }]);
    expect(fieldOf(models, 'orders.who').result).toBe('long-text');
    // A text is a long text already.
    expect(modelOf(models, 'customers').bin).toEqual([]);
  });
});

describe('names', () => {
  test('a renamed field is followed by rules, formulas, rollups, title, search and order', () => {
    const models = edit(shop, rules({ _and: [{ price: { _gt: 1 } }, { customer: { name: { _eq: 'a' } } }] }), [
      { do: 'update-model', model: 'orders', changes: { defaultSort: ['-price', 'customer.name'], titleField: 'price' } },
      { do: 'update-field', model: 'orders', field: 'price', changes: { key: 'amount' } },
      { do: 'update-field', model: 'customers', field: 'name', changes: { key: 'full_name' } },
      { do: 'update-field', model: 'orders', field: 'quantity', changes: { key: 'pieces' } },
    ]);
    const orders = modelOf(models, 'orders');
    expect(orders.rules).toMatchObject([
      {
        filter: { _and: [{ amount: { _gt: 1 } }, { customer: { full_name: { _eq: 'a' } } }] },
        fields: ['amount', 'pieces'],
        presets: { amount: '1' },
      },
    ]);
    expect(orders).toMatchObject({ defaultSort: ['-amount', 'customer.full_name'], titleField: 'amount' });
    expect(fieldOf(models, 'orders.total').options).toEqual({ formula: '{amount} * {pieces}' });
    expect(fieldOf(models, 'customers.spent').options).toMatchObject({ filter: { pieces: { _gt: 0 } } });
    expect(modelOf(models, 'customers')).toMatchObject({ titleField: 'full_name', search: ['full_name', 'email', 'city'] });
    expect(fieldOf(models, 'orders.amount').column).toBe('amount');
  });

  test('two fields exchange their keys, and everything that names them keeps its meaning', () => {
    const first = edit(shop);
    const [price, quantity] = [fieldOf(first, 'orders.price').id, fieldOf(first, 'orders.quantity').id];
    const before: Definitions = { projectId, version: 1, models: first };
    const models = editDefinitions(
      before,
      [
        { do: 'update-field', model: 'orders', field: price, changes: { key: 'quantity' } },
        { do: 'update-field', model: 'orders', field: quantity, changes: { key: 'price' } },
      ],
      { projectId, newId, now: '' },
    );
    expect(fieldOf(models, 'orders.quantity')).toMatchObject({ id: price, type: 'decimal', column: 'quantity' });
    expect(fieldOf(models, 'orders.price')).toMatchObject({ id: quantity, type: 'integer', column: 'price' });
    expect(fieldOf(models, 'orders.total').options).toEqual({ formula: '{quantity} * {price}' });
    expect(fieldOf(models, 'customers.spent').options).toMatchObject({ filter: { price: { _gt: 0 } } });
    const half: ModelAction[] = [{ do: 'update-field', model: 'orders', field: price, changes: { key: 'quantity' } }];
    expect(() => editDefinitions(before, half, { projectId, newId, now: '' })).toThrow('Order already has a field "quantity".');
  });

  test('two models exchange their keys; the old ones still lead to them where nobody took them', () => {
    const first = edit(shop);
    const [orders, customers] = [modelOf(first, 'orders').id, modelOf(first, 'customers').id];
    const models = editDefinitions(
      { projectId, version: 1, models: first },
      [
        { do: 'update-model', model: orders, changes: { key: 'customers' } },
        { do: 'update-model', model: customers, changes: { key: 'orders' } },
      ],
      { projectId, newId, now: '' },
    );
    expect(modelOf(models, 'customers')).toMatchObject({
      id: orders,
      formerKeys: ['orders'],
      table: expect.stringMatching(/\.customers$/),
    });
    expect(modelOf(models, 'orders')).toMatchObject({ id: customers, formerKeys: ['customers'] });
  });

  test.each([
    ['“Quoted” name', 'quoted_name'],
    ['Größe (m²)', 'grosse_m2'],
    ['🎉', 'field'],
    ['select', 'select'],
    ['id', 'id_2'],
    ['2nd', 'field_2nd'],
    ['Имя', 'imya'],
    ['Ποσότητα', 'posotita'],
    ['Œuvre à la carte', 'oeuvre_a_la_carte'],
    ['名前', 'field'],
    ['ctid', 'ctid'],
    ['x'.repeat(150), 'x'.repeat(57)],
  ])('%s becomes the key %s', (label, key) => {
    const models = edit([{ do: 'create-model', model: { key: 'things', label: 'Thing', fields: [{ type: 'text', label }] } }]);
    expect(keys(models, 'things')).toEqual([key]);
    const { column } = fieldOf(models, `things.${key}`);
    expect(column).not.toBe('ctid');
    expect(Buffer.byteLength(column!)).toBeLessThanOrEqual(63);
  });

  test('keys that fall on one column keep apart, always in the same way', () => {
    const fields = [
      { key: 'unitPrice', type: 'text' },
      { key: 'unit_price', type: 'text' },
      { key: 'unitprice', type: 'text' },
    ];
    const models = edit([{ do: 'create-model', model: { key: 'things', label: 'Thing', fields } }]);
    const columns = modelOf(models, 'things').fields.map((field) => field.column);
    expect(new Set(columns).size).toBe(columns.length);
    expect(fieldOf(models, 'things.unit_price').column).toMatch(/^unit_price_[0-9a-f]{8}$/);
  });

  test('a list that leads back takes a free key, also on the model itself', () => {
    const relation = { kind: 'many-to-one', target: 'people', reverse: { label: 'Boss' } } as const;
    const models = edit([
      { do: 'create-model', model: { key: 'people', label: 'Person' } },
      { do: 'create-field', model: 'people', field: { type: 'relation', label: 'Boss', relation } },
    ]);
    expect(keys(models, 'people')).toEqual(['boss', 'boss_2']);
  });
});

describe('deleting and restoring', () => {
  test('a model takes the relations that lead to it along and brings them back', () => {
    const gone = edit(shop, [
      { do: 'delete-field', model: 'orders', field: 'who' },
      { do: 'delete-model', model: 'customers' },
    ]);
    expect(keys(gone, 'orders')).toEqual(['number', 'price', 'quantity', 'total']);
    expect(live(gone)).toHaveLength(1);
    const customers = gone.find((model) => model.key === 'customers')!;
    expect(modelOf(gone, 'orders').bin).toMatchObject([
      { because: 'deleted', field: { key: 'who' } },
      { because: { goneWith: customers.id }, field: { key: 'customer' } },
      { because: { goneWith: customers.id }, field: { key: 'tags' } },
    ]);
    const back = edit(
      shop,
      [
        { do: 'delete-field', model: 'orders', field: 'who' },
        { do: 'delete-model', model: 'customers' },
      ],
      [
        { do: 'restore-model', model: 'customers' },
        { do: 'restore-field', model: 'orders', field: 'who' },
      ],
    );
    expect(keys(back, 'orders').toSorted()).toEqual(['customer', 'number', 'price', 'quantity', 'tags', 'total', 'who']);
    expect(keys(back, 'customers').toSorted()).toEqual(['city', 'email', 'name', 'orders', 'spent', 'tagged']);
    expect(live(back)).toHaveLength(3);
  });

  test('models that point to each other come back whole, whatever the order', () => {
    const orders = (a: string, b: string): ModelAction[][] => [
      [
        { do: 'delete-field', model: 'orders', field: 'who' },
        { do: 'delete-field', model: 'customers', field: 'spent' },
      ],
      [
        { do: 'delete-model', model: a },
        { do: 'delete-model', model: b },
      ],
    ];
    for (const [a, b] of [
      ['orders', 'customers'],
      ['customers', 'orders'],
    ] as const)
      for (const [c, d] of [
        [a, b],
        [b, a],
      ] as const) {
        const none = edit(shop, ...orders(a, b));
        expect(live(none)).toEqual([]);
        const half = edit(shop, ...orders(a, b), [{ do: 'restore-model', model: c }]);
        expect(live(half).map(({ key }) => key)).toEqual([c]);
        const models = edit(shop, ...orders(a, b), [
          { do: 'restore-model', model: c },
          { do: 'restore-model', model: d },
        ]);
        expect(keys(models, 'orders').toSorted()).toEqual(['customer', 'number', 'price', 'quantity', 'tags', 'total']);
        expect(keys(models, 'customers').toSorted()).toEqual(['city', 'email', 'name', 'orders', 'tagged']);
        expect(live(models)).toHaveLength(3);
      }
  });

  test('a relation goes with the list that leads back, and with what joins two models', () => {
    const free: ModelAction[] = [
      { do: 'delete-field', model: 'orders', field: 'who' },
      { do: 'delete-field', model: 'customers', field: 'spent' },
    ];
    const gone = edit(shop, free, [
      { do: 'delete-field', model: 'orders', field: 'customer' },
      { do: 'delete-field', model: 'customers', field: 'tagged' },
    ]);
    expect(keys(gone, 'orders')).toEqual(['number', 'price', 'quantity', 'total']);
    expect(keys(gone, 'customers')).toEqual(['name', 'email', 'city']);
    expect(live(gone)).toHaveLength(2);
    expect(
      refusal(shop, free, [
        { do: 'delete-field', model: 'orders', field: 'tags' },
        { do: 'restore-field', model: 'customers', field: 'tagged' },
      ]),
    ).toMatchObject({
      code: 'conflict',
      message: '"Order" needs "tags", which is in the bin. Restore that first.',
    });
    const back = edit(
      shop,
      free,
      [{ do: 'delete-field', model: 'customers', field: 'tagged' }],
      [{ do: 'restore-field', model: 'customers', field: 'tagged' }],
    );
    expect(keys(back, 'orders')).toContain('tags');
    expect(live(back)).toHaveLength(3);
  });

  test('what others build on is not deleted, and they are named', () => {
    const withRule = [shop, rules({ quantity: { _gt: 1 } })];
    expect(refusal(...withRule, [{ do: 'delete-field', model: 'orders', field: 'quantity' }])).toEqual({
      code: 'still_used',
      message:
        '"quantity" is still used by the rollup "spent" of Customer, the formula "total" of Order, rule 1 of Order. Change or delete these first.',
      paths: ['customers.spent', 'orders.total', 'orders.rules[0].filter'],
    });
    expect(refusal(shop, [{ do: 'delete-field', model: 'customers', field: 'name' }])).toMatchObject({
      code: 'still_used',
      paths: ['orders.who'],
    });
    expect(refusal(shop, [{ do: 'delete-model', model: 'customers' }])).toMatchObject({
      code: 'still_used',
      paths: ['orders.who'],
    });
    expect(
      refusal(
        shop,
        [{ do: 'create-index', model: 'orders', index: { fields: ['quantity', 'price'] } }],
        [{ do: 'delete-field', model: 'orders', field: 'price' }],
      ).paths,
    ).toContain('orders');
  });

  test('where a field stands only for convenience it is let go', () => {
    const models = edit(
      shop,
      [
        {
          do: 'set-rules',
          model: 'customers',
          rules: [{ action: 'read', filter: {}, fields: ['city', 'email'], presets: { city: 'x' } }],
        },
      ],
      [{ do: 'update-model', model: 'customers', changes: { titleField: 'city', defaultSort: ['city', '-createdAt'] } }],
      [{ do: 'delete-field', model: 'customers', field: 'city' }],
    );
    expect(modelOf(models, 'customers')).toMatchObject({
      titleField: 'name',
      search: ['name', 'email'],
      defaultSort: ['-createdAt'],
      rules: [{ fields: ['email'], presets: {} }],
    });
  });

  test('a restored field whose key is taken gets another one', () => {
    const models = edit(
      shop,
      [{ do: 'delete-field', model: 'customers', field: 'city' }],
      [{ do: 'create-field', model: 'customers', field: { key: 'city', type: 'integer' } }],
      [{ do: 'restore-field', model: 'customers', field: 'city' }],
    );
    expect(fieldOf(models, 'customers.city').type).toBe('integer');
    expect(fieldOf(models, 'customers.city_2').type).toBe('text');
  });
});

describe('changes of type', () => {
  test('the field keeps its id and key, the old column goes to the bin', () => {
    const first = edit(shop);
    const id = fieldOf(first, 'customers.city').id;
    const models = editDefinitions(
      { projectId, version: 1, models: first },
      [{ do: 'update-field', model: 'customers', field: 'city', changes: { type: 'integer', options: { min: 0 } } }],
      { projectId, newId, now: '' },
    ).slice();
    expect(fieldOf(models, 'customers.city')).toMatchObject({ id, type: 'integer', options: { min: 0 } });
    expect(modelOf(models, 'customers').bin).toMatchObject([{ because: { replacedBy: id }, field: { type: 'text' } }]);
    expect(modelOf(models, 'customers').bin![0]!.field.id).not.toBe(id);
    // It is searched no more: there is no text in it.
    expect(modelOf(models, 'customers').search).toEqual(['name', 'email']);
  });

  test('a computed field becomes a stored one, and back', () => {
    const stored = edit(shop, [{ do: 'update-field', model: 'orders', field: 'total', changes: { type: 'decimal' } }]);
    expect(fieldOf(stored, 'orders.total')).toMatchObject({ type: 'decimal', column: 'total' });
    expect(fieldOf(stored, 'orders.total')).not.toHaveProperty('result');
    const computed = edit(shop, [
      { do: 'update-field', model: 'orders', field: 'total', changes: { type: 'decimal' } },
      { do: 'update-field', model: 'orders', field: 'total', changes: { type: 'formula', options: { formula: '{price}' } } },
    ]);
    expect(fieldOf(computed, 'orders.total')).toMatchObject({ type: 'formula', result: 'decimal', readOnly: true });
  });

  test.each([
    ['a list', { field: 'tags', changes: { type: 'text' } }, 'actions[0].changes.type'],
    [
      'the kind of a relation',
      { field: 'customer', changes: { relation: { kind: 'many-to-many' } } },
      'actions[0].changes.relation.kind',
    ],
    [
      'the target of a relation',
      { field: 'customer', changes: { relation: { target: 'orders' } } },
      'actions[0].changes.relation.target',
    ],
    ['into nothing known', { field: 'price', changes: { type: 'money' } }, 'actions[0].changes.type'],
  ])('refuses to change %s', (_what, change, path) => {
    expect(refusal(shop, [{ do: 'update-field', model: 'orders', ...change }])).toMatchObject({
      code: 'validation_failed',
      paths: [path],
    });
  });

  test('a relation with a list that leads back stays a relation', () => {
    expect(refusal(shop, [{ do: 'update-field', model: 'orders', field: 'customer', changes: { type: 'text' } }])).toMatchObject({
      code: 'still_used',
      paths: ['customers.orders'],
    });
  });

  test('a change that breaks a formula or a rule elsewhere is refused and says which', () => {
    expect(refusal(shop, [{ do: 'update-field', model: 'orders', field: 'price', changes: { type: 'boolean' } }])).toMatchObject({
      code: 'still_used',
      paths: ['customers.spent.options'],
    });
    expect(
      refusal(
        shop,
        rules({ city: {} }).length
          ? [
              {
                do: 'set-rules',
                model: 'customers',
                rules: [{ action: 'read', filter: { city: { _contains: 'x' } }, fields: '*' }],
              },
            ]
          : [],
        [{ do: 'update-field', model: 'customers', field: 'city', changes: { type: 'integer' } }],
      ),
    ).toMatchObject({ code: 'still_used', paths: ['customers.rules[0].filter.city._contains'] });
  });
});
