/** Taking changes back among other changes: what is in force afterwards is whole, and nobody's work is lost. */
import { expect, test } from 'vitest';
import type { ModelAction, NewField } from '@piper/shared/data-models';
import { createDefinitions, type Definitions } from '../../../../test/definitions.ts';
import { useTestServer } from '../../../../test/harness.ts';
import { system } from '#platform/actor';
import { ctxFor } from '#platform/ctx';
import { undoChangeSet } from './index.ts';

const server = useTestServer();

const text = (key: string, more: Partial<NewField> = {}): NewField => ({ type: 'text', key, ...more });
const model = (key: string, ...fields: NewField[]): ModelAction => ({
  do: 'create-model',
  model: { key, label: key, labelPlural: key, fields },
});
const field = (of: string, input: NewField): ModelAction => ({ do: 'create-field', model: of, field: input });
const toOne = (key: string, target: string, more: object = {}): NewField => ({
  type: 'relation',
  key,
  relation: { kind: 'many-to-one', target, ...more },
});

const fieldKeys = async (place: Definitions, of: string): Promise<string[]> =>
  (await place.read(of)).fields.map(({ key }) => key);

test('what others build on does not go by an undo', async () => {
  const place = await createDefinitions(server);
  await place.changed(model('orders', text('name')), model('notes', text('name')));
  const customers = await place.changed(model('customers', text('name')));
  const related = await place.changed(field('orders', toOne('customer', 'customers')));
  const refused = await place.undo(customers.id);
  expect([refused.status, refused.body.error]).toMatchObject([
    409,
    { code: 'still_used', message: expect.stringContaining('"customer" of orders'), details: [{ path: 'orders.customer' }] },
  ]);
  const total = await place.changed(field('customers', { type: 'integer', key: 'total' }));
  const filter = { customer: { total: { _gt: 3 } } };
  const rules = await place.changed({
    do: 'set-rules',
    model: 'orders',
    rules: [{ action: 'read', filter, fields: '*' }],
  } as ModelAction);
  const inRule = await place.undo(total.id);
  expect([inRule.status, inRule.body.error]).toMatchObject([
    409,
    { code: 'still_used', message: expect.stringContaining('orders') },
  ]);
  expect((await place.undo(rules.id)).status).toBe(200);
  const rollup = { relation: 'customer', field: 'total' };
  const lookup = await place.changed(field('orders', { type: 'lookup', key: 'spent', options: rollup }));
  expect((await place.undo(total.id)).body.error.code).toBe('still_used');
  expect((await place.undo(lookup.id)).status).toBe(200);
  expect((await place.undo(total.id)).status).toBe(200);
  expect((await place.undo(related.id)).status).toBe(200);
  expect((await place.undo(customers.id)).status).toBe(200);
  expect(await place.list('orders')).toEqual([]);
});

test('rules that come back name no role that is gone', async () => {
  const place = await createDefinitions(server);
  const roles = `/api/projects/${place.project.id}/roles`;
  await place.send('POST', roles, { key: 'sales', name: 'Sales' });
  await place.changed(model('orders', text('name')));
  const read = (role: string): ModelAction => ({
    do: 'set-rules',
    model: 'orders',
    rules: [{ action: 'read', roles: [role], filter: {}, fields: '*' }],
  });
  await place.changed(read('sales'));
  const without = await place.changed(read('owner'));
  expect((await place.send('DELETE', `${roles}/sales`)).status).toBe(204);
  const refused = await place.undo(without.id);
  expect([refused.status, refused.body.error]).toMatchObject([
    409,
    { code: 'still_used', message: expect.stringContaining('no role of this project: sales') },
  ]);
  await place.changed(field('orders', text('more')));
});

test('a key passes to another model by a deletion, and back', async () => {
  const place = await createDefinitions(server);
  await place.changed(model('older', text('name')), model('orders', text('name')));
  await place.add('orders', { name: 'first' });
  const { id: first } = await place.read('orders');
  const passed = await place.changed(
    { do: 'delete-model', model: 'orders' },
    { do: 'update-model', model: 'older', changes: { key: 'orders' } },
  );
  expect((await place.undo(passed.id)).text).toContain('"applied"');
  const replaced = await place.changed({ do: 'delete-model', model: 'orders' }, model('orders', text('name')));
  await place.add('orders', { name: 'second' });
  expect((await place.undo(replaced.id)).text).toContain('"applied"');
  expect((await place.read('orders')).id).toBe(first);
  expect(await place.list('orders', 'fields=name')).toEqual([{ name: 'first' }]);
  expect((await place.redo(replaced.id)).text).toContain('"applied"');
  expect(await place.list('orders', 'fields=name')).toEqual([{ name: 'second' }]);
});

test('a model whose key another one has by now does not come back by an undo; the other is named', async () => {
  const place = await createDefinitions(server);
  await place.changed(model('orders', text('name')));
  const gone = await place.changed({ do: 'delete-model', model: 'orders' });
  await place.changed(model('orders', text('name')));
  const refused = await place.undo(gone.id);
  expect([refused.status, refused.body.error]).toMatchObject([
    409,
    { code: 'conflict', message: expect.stringContaining('"orders"') },
  ]);
  await place.changed({ do: 'update-model', model: 'orders', changes: { key: 'new_orders' } });
  expect((await place.undo(gone.id)).status).toBe(200);
  expect(await place.list('orders')).toEqual([]);
});

test('a change that comes in between is never thrown away by an undo', async () => {
  const place = await createDefinitions(server);
  await place.changed(model('orders', text('name')));
  for (const moment of [1, 2, 3, 4]) {
    const one = await place.changed(field('orders', text(`one_${moment}`)));
    let answers = 0;
    const db = server.deps.db.withPlugin({
      transformQuery: ({ node }) => node,
      transformResult: async ({ result }) => {
        if (++answers === moment) await place.changed(field('orders', text(`two_${moment}`)));
        return result;
      },
    });
    const undoing = undoChangeSet({ ...ctxFor(server.deps, system, 'test'), db }, place.project.id, one.id);
    await expect(undoing, `after ${moment} answers`).rejects.toMatchObject({ code: 'conflict' });
    expect(await fieldKeys(place, 'orders')).toEqual(expect.arrayContaining([`one_${moment}`, `two_${moment}`]));
  }
});

test('an emptied bin stands in the way of no other undo', async () => {
  const place = await createDefinitions(server);
  await place.changed(model('orders', text('name'), text('old')));
  await place.changed({ do: 'delete-field', model: 'orders', field: 'old' });
  const renamed = await place.changed({ do: 'update-field', model: 'orders', field: 'name', changes: { key: 'title' } });
  expect((await place.send('POST', `/api/projects/${place.project.id}/bin/empty`)).status).toBe(200);
  expect((await place.undo(renamed.id)).status).toBe(200);
  const { fields, bin } = await place.read('orders');
  expect([fields.map(({ key }) => key).includes('name'), bin]).toEqual([true, []]);
  await place.add('orders', { name: 'works' });
});

test('a required field comes back though records were made without it meanwhile, and may be empty then', async () => {
  const place = await createDefinitions(server);
  await place.changed(model('orders', text('name'), text('code', { required: true }), text('place', { required: true })));
  await place.add('orders', { name: 'a', code: '1', place: 'x' });
  const gone = await place.changed({ do: 'delete-field', model: 'orders', field: 'code' });
  expect((await place.undo(gone.id)).status).toBe(200);
  const required = async (key: string) => (await place.read('orders')).fields.find((one) => one.key === key)!['required'];
  expect(await required('code')).toBe(true);
  const again = await place.changed({ do: 'delete-field', model: 'orders', field: 'code' });
  await place.changed({ do: 'delete-field', model: 'orders', field: 'place' });
  await place.add('orders', { name: 'b' });
  const restored = await place.changed({ do: 'restore-field', model: 'orders', field: 'place' });
  expect(restored.steps.map(({ sentence }) => sentence).join()).toContain('may be empty');
  expect((await place.undo(restored.id)).status).toBe(200);
  expect((await place.undo(again.id)).status).toBe(409);
  const { data } = (await place.send('GET', `/api/projects/${place.project.id}/change-sets?limit=3`)).body;
  const placeGone = (data as unknown as { id: string; summary: string }[]).at(-1)!;
  expect(placeGone.summary).toContain('Delete');
  expect((await place.undo(placeGone.id)).status).toBe(200);
  expect((await place.undo(again.id)).status).toBe(200);
  expect([await required('code'), await required('place')]).toEqual([false, false]);
  expect(await place.list('orders', 'sort=name&fields=name,code,place')).toEqual([
    { name: 'a', code: '1', place: 'x' },
    { name: 'b', code: null, place: null },
  ]);
});
