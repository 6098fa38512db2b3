import { beforeAll, expect, test } from 'vitest';
import { useTestServer } from '../../../../test/harness.ts';
import { createRecordsProject, model, text, toMany, toOne, type RecordsProject } from '../../../../test/records.ts';
import { limits } from '@piper/shared/limits';

const server = useTestServer();
let place: RecordsProject;
let url: string;

beforeAll(async () => {
  place = await createRecordsProject(server, [
    model('customers', [text('name', { required: true }), text('email', { unique: true }), { type: 'json', key: 'extra' }]),
    model('labels', [text('name')]),
    model('orders', [text('number'), toOne('customer', 'customers'), toMany('labels', 'labels')]),
    model(
      'triples',
      ['a', 'b', 'c'].map((key) => toOne(key, 'customers')),
    ),
    model('pins', [{ type: 'any-relation', key: 'about', relation: { kind: 'any', targets: ['orders'] } }]),
  ]);
  url = `/api/projects/${place.project.id}/batch`;
});

const run = (operations: object[]) => place.owner.browser.post(url, { operations });
const listed = async (modelKey: string, filter: object) =>
  (await place.owner.browser.get(`${place.at(modelKey)}?filter=${encodeURIComponent(JSON.stringify(filter))}`)).json<{
    data: Record<string, unknown>[];
  }>().data;

test('writes several models in order; later operations name records of earlier ones', async () => {
  const reply = await run([
    { op: 'create', model: 'customers', ref: 'ada', data: { name: 'Ada', extra: { $ref: 'ada' } } },
    { op: 'create', model: 'labels', ref: 'hot', data: { name: 'hot' } },
    { op: 'create', model: 'orders', ref: 'order', data: { number: '1', customer: { $ref: 'ada' }, labels: [{ $ref: 'hot' }] } },
    { op: 'update', model: 'customers', id: { $ref: 'ada' }, data: { name: 'Ada L.' } },
    { op: 'delete', model: 'orders', id: { $ref: 'order' } },
    { op: 'restore', model: 'orders', id: { $ref: 'order' } },
    { op: 'upsert', model: 'customers', on: ['email'], data: { name: 'Bob', email: 'bob@example.com' } },
    { op: 'upsert', model: 'customers', on: ['email'], data: { name: 'Bobby', email: 'bob@example.com' } },
  ]);
  expect(reply.statusCode).toBe(200);
  const { data } = reply.json<{ data: Record<string, unknown>[] }>();
  expect(data).toHaveLength(8);
  expect(data[0]).toMatchObject({ name: 'Ada', extra: { $ref: 'ada' } });
  expect(data[2]).toMatchObject({ number: '1', customer: data[0]!['id'] });
  expect(data[3]).toMatchObject({ id: data[0]!['id'], name: 'Ada L.', version: 2 });
  expect(data[4]).toBeNull();
  expect(data[5]).toMatchObject({ id: data[2]!['id'] });
  expect(data[7]).toMatchObject({ id: data[6]!['id'], name: 'Bobby' });
  expect(await listed('labels', { name: { _eq: 'hot' } })).toHaveLength(1);
});

test('one that is refused undoes all, and the error says which', async () => {
  const reply = await run([
    { op: 'create', model: 'customers', data: { name: 'Undone' } },
    { op: 'create', model: 'customers', data: { name: 'Undone', email: 5 } },
  ]);
  expect(reply.statusCode).toBe(400);
  expect(reply.json()).toMatchObject({
    error: { code: 'validation_failed', details: [{ operation: 1, path: 'operations.1.email' }] },
    errors: [{ extensions: { code: 'INVALID_PAYLOAD' } }],
  });
  const missing = await run([
    { op: 'create', model: 'customers', data: { name: 'Undone' } },
    { op: 'delete', model: 'orders', id: crypto.randomUUID() },
  ]);
  expect(missing.statusCode).toBe(404);
  expect(missing.json()).toMatchObject({ error: { details: [{ operation: 1 }] } });
  expect(await listed('customers', { name: { _eq: 'Undone' } })).toEqual([]);
});

test('versions are checked; names must be there, once, before they are used', async () => {
  const [{ id }] = (await run([{ op: 'create', model: 'customers', data: { name: 'V' } }])).json<{ data: [{ id: string }] }>()
    .data;
  expect((await run([{ op: 'update', model: 'customers', id, data: { name: 'W' }, ifMatch: 2 }])).statusCode).toBe(412);
  expect((await run([{ op: 'update', model: 'customers', id, data: { name: 'W' }, ifMatch: 1 }])).statusCode).toBe(200);
  const wrong = [
    [{ op: 'update', model: 'customers', id: { $ref: 'nobody' }, data: {} }],
    [{ op: 'create', model: 'orders', data: { customer: { $ref: 'later' } } }],
    [
      { op: 'create', model: 'labels', ref: 'a', data: {} },
      { op: 'create', model: 'labels', ref: 'a', data: {} },
    ],
    [{ op: 'update', model: 'customers', data: { name: 'no id' } }],
    [{ op: 'upsert', model: 'customers', on: ['name'], data: { name: 'x' } }],
    [{ op: 'explode', model: 'customers' }],
    Array.from({ length: limits.batchOperations + 1 }, () => ({ op: 'create', model: 'labels', data: {} })),
  ];
  for (const operations of wrong) expect([operations[0], (await run(operations)).statusCode]).toEqual([operations[0], 400]);
  expect((await run([{ op: 'create', model: 'users', data: {} }])).statusCode).toBe(404);
  expect((await run([])).json()).toEqual({ data: [] });
  const labels = Array.from({ length: limits.relatedWrites / 2 + 1 }, () => ({ name: 'l' }));
  const large = { op: 'create', model: 'orders', data: { labels } };
  expect((await run([large, large])).statusCode).toBe(400);
});

test('names count as ids: they write no related record, and mean nothing in JSON, however deep', async () => {
  const names = ['a', 'b', 'c'];
  const made = names.map((ref) => ({ op: 'create', model: 'customers', ref, data: { name: ref } }));
  const refs = Object.fromEntries(names.map((ref) => [ref, { $ref: ref }]));
  const triples = Array.from({ length: limits.batchOperations - 3 }, () => ({ op: 'create', model: 'triples', data: refs }));
  expect((await run([...made, ...triples])).statusCode).toBe(200);
  const reply = await run([
    { op: 'create', model: 'labels', ref: 'l', data: { name: 'named' } },
    {
      op: 'create',
      model: 'orders',
      ref: 'o',
      data: {
        customer: { name: 'nested', extra: { $ref: '#/defs/x' } },
        labels: { create: [{ name: 'n' }], update: [{ id: { $ref: 'l' } }] },
      },
    },
    { op: 'delete', model: 'orders', id: { $ref: 'o' }, ref: 'deleted' },
    { op: 'restore', model: 'orders', id: { $ref: 'deleted' } },
    { op: 'create', model: 'pins', data: { about: { model: 'orders', id: { $ref: 'deleted' } } } },
  ]);
  expect([reply.statusCode, reply.body]).toEqual([200, expect.any(String)]);
  const { data } = reply.json<{ data: Record<string, unknown>[] }>();
  expect(data[4]!['about']).toEqual({ model: 'orders', id: data[1]!['id'] });
  expect(await listed('customers', { name: { _eq: 'nested' } })).toMatchObject([{ extra: { $ref: '#/defs/x' } }]);
  const order = await place.owner.browser.get(place.at('orders', `/${String(data[1]!['id'])}?fields=labels.name`));
  expect(
    order
      .json()
      .data.labels.map(({ name }: { name: string }) => name)
      .toSorted(),
  ).toEqual(['n', 'named']);
});

test('two batches over the same records end one after the other, each whole', async () => {
  const made = await run([
    { op: 'create', model: 'customers', data: { name: 'a' } },
    { op: 'create', model: 'customers', data: { name: 'b' } },
  ]);
  const [a, b] = made.json<{ data: { id: string }[] }>().data.map(({ id }) => id);
  const both = (name: string) =>
    run([
      { op: 'update', model: 'customers', id: a, data: { name } },
      { op: 'update', model: 'customers', id: b, data: { name } },
    ]);
  const replies = await Promise.all(['one', 'two', 'three'].map(both));
  expect(replies.map((reply) => reply.statusCode)).toEqual([200, 200, 200]);
  const names = (await listed('customers', { id: { _in: [a, b] } })).map(({ name }) => name);
  expect(new Set(names).size).toBe(1);
});

test('batches over the same records in opposite orders all end well: who was in the way is run again', async () => {
  const made = await run(['x', 'y'].map((name) => ({ op: 'create', model: 'customers', data: { name } })));
  const ids = made.json<{ data: { id: string }[] }>().data.map(({ id }) => id);
  const inOrder = (name: string, order: string[]) =>
    run(order.map((id) => ({ op: 'update', model: 'customers', id, data: { name } })));
  const replies = await Promise.all(['1', '2', '3', '4'].map((name, i) => inOrder(name, i % 2 ? ids : ids.toReversed())));
  expect(replies.map((reply) => [reply.statusCode, reply.json().data?.length])).toEqual(Array(4).fill([200, 2]));
  const after = await listed('customers', { id: { _in: ids } });
  expect(after.map(({ version }) => version)).toEqual([5, 5]);
  expect(new Set(after.map(({ name }) => name)).size).toBe(1);
});
