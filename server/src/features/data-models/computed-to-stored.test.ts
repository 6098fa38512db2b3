/** A computed field becomes one that holds values: those that it had been computed to, where they come from the record itself. */
import { beforeAll, expect, test } from 'vitest';
import type { FieldChanges, ModelAction } from '@piper/shared/data-models';
import { addProject, addUser } from '../../../../test/actors.ts';
import { useTestServer } from '../../../../test/harness.ts';
import { system } from '#platform/actor';
import { ctxFor, type Ctx } from '#platform/ctx';
import { createRecord } from '#platform/records/records';
import { redoChangeSet, undoChangeSet } from './change-sets.history.ts';
import { previewChangeSet } from './change-sets.preview.ts';
import { applyActions, applyChangeSet } from './change-sets.service.ts';
import { loadDefinitions } from './definitions.repo.ts';
import { withFreshCatalogue } from './project-catalogue.ts';

const server = useTestServer();
let ctx: Ctx;
let owner: string;

beforeAll(async () => {
  ctx = ctxFor(server.deps, system, 'test');
  owner = (await addUser(server.deps.db)).userId;
});

/** Two orders; a formula over own values, one over that, one over the customer, a lookup. */
async function newShop(): Promise<string> {
  const { id } = await addProject(server.deps.db, { [owner]: 'owner' });
  const computed = (key: string, formula: string): ModelAction =>
    ({ do: 'create-field', model: 'orders', field: { type: 'formula', label: key, key, options: { formula } } }) as ModelAction;
  await applyActions(ctx, id, [
    { do: 'create-model', model: { label: 'Customer', key: 'customers', fields: [{ type: 'text', label: 'Name' }] } },
    {
      do: 'create-model',
      model: {
        label: 'Order',
        key: 'orders',
        fields: [
          { type: 'integer', label: 'Price' },
          { type: 'integer', label: 'Pieces' },
          { type: 'relation', label: 'Customer', relation: { kind: 'many-to-one', target: 'customers' } },
        ],
      },
    },
    computed('total', '{price} * {pieces}'),
    computed('shown', `concat("it's ", {total}, " $1")`),
    computed('whose', 'concat({customer.name}, "!")'),
  ]);
  const ada = (await create(id, 'customers', { name: 'Ada' }))['id'];
  await create(id, 'orders', { price: 2, pieces: 3, customer: ada });
  await create(id, 'orders', { price: 5 });
  return id;
}

const create = (project: string, model: string, values: object): Promise<Record<string, unknown>> =>
  withFreshCatalogue(ctx, project, (c) => createRecord(c, model, values as Record<string, unknown>)) as Promise<
    Record<string, unknown>
  >;

const change = (field: string, changes: FieldChanges): ModelAction => ({ do: 'update-field', model: 'orders', field, changes });

/** What the column holds, oldest first. */
async function stored(project: string, key: string): Promise<unknown[]> {
  const { models } = await loadDefinitions(server.deps.db, project);
  const orders = models.find((model) => model.key === 'orders')!;
  const column = orders.fields.find((field) => field.key === key)!.column!;
  const { rows } = await server.deps.pool.query<{ value: unknown }>(
    `select "${column}"::text as value from ${orders.table} order by created_at, id`,
  );
  return rows.map(({ value }) => value);
}

test.each([
  ['at once', {}],
  ['beside the work on the table', { smallTableBytes: 0 }],
])('a formula leaves its values, %s', async (_how, options) => {
  const shop = await newShop();
  const actions = [change('total', { type: 'text' }), change('price', { key: 'unitPrice' })];
  await applyChangeSet(ctx, shop, actions, options);
  expect(await stored(shop, 'total')).toEqual(['6', null]);
  const other = await newShop();
  const both = [change('shown', { type: 'text' }), change('total', { type: 'decimal' })];
  await applyChangeSet(ctx, other, both, options);
  expect(await stored(other, 'shown')).toEqual(["it's 6 $1", "it's  $1"]);
  expect(await stored(other, 'total')).toEqual(['6', null]);
});

test('taken back and applied again, what was written since is there', async () => {
  const shop = await newShop();
  const { id } = await applyChangeSet(ctx, shop, [change('total', { type: 'decimal' })], { smallTableBytes: 0 });
  await create(shop, 'orders', { price: 9, pieces: 9, total: '7.5' });
  await undoChangeSet(ctx, shop, id, { smallTableBytes: 0 });
  await create(shop, 'orders', { price: 10, pieces: 2 });
  await redoChangeSet(ctx, shop, id, { smallTableBytes: 0 });
  expect(await stored(shop, 'total')).toEqual(['6', null, '7.5', '20']);
});

test('what was computed from other records is not kept, and the preview says so', async () => {
  const shop = await newShop();
  const actions = [change('whose', { type: 'text' })];
  const { steps, risk } = await previewChangeSet(ctx, shop, actions);
  expect(risk).toBe('safe');
  expect(steps.map(({ sentence }) => sentence)).toEqual([
    'Add "whose" to "Order"; it begins empty, since what was computed from other records is not kept.',
  ]);
  await applyChangeSet(ctx, shop, actions, {});
  expect(await stored(shop, 'whose')).toEqual([null, null]);
});

test('a value that is none of the new type is told of before', async () => {
  const shop = await newShop();
  const { problems, risk } = await previewChangeSet(ctx, shop, [change('shown', { type: 'integer' })]);
  expect(risk).toBe('loses-data');
  expect(problems).toMatchObject([
    { kind: 'unconvertible', count: 2, examples: [{ value: "it's 6 $1" }, { value: "it's  $1" }] },
  ]);
});
