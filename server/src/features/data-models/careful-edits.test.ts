/** Edits whose parts get in each other's way, and words at their limits. */
import { expect, test } from 'vitest';
import type { ModelAction, NewField } from '@piper/shared/data-models';
import { limits } from '@piper/shared/limits';
import { createDefinitions } from '../../../../test/definitions.ts';
import { useTestServer } from '../../../../test/harness.ts';

const server = useTestServer();

const model = (key: string, ...fields: NewField[]): ModelAction => ({
  do: 'create-model',
  model: { key, label: key, labelPlural: key, fields: [{ type: 'text', key: 'name' }, ...fields] },
});

test('a model whose key another one takes goes to the bin, and comes back, under its own', async () => {
  const place = await createDefinitions(server);
  await place.changed(model('orders'), model('others'));
  const { id } = await place.read('orders');
  await place.changed({ do: 'update-model', model: 'others', changes: { key: 'orders' } }, { do: 'delete-model', model: id });
  const binned = await place.send('GET', `/api/models?project=${place.project.id}&deleted=true`);
  expect(binned.body.data).toMatchObject([{ id, key: 'orders' }]);
  await place.changed({ do: 'restore-model', model: id });
  expect((await place.read(id)).key).toBe('orders_2');
});

test('what is required is not emptied by a deletion, in whatever order that is said', async () => {
  const place = await createDefinitions(server);
  const relation = { kind: 'many-to-one', target: 'customers' } as const;
  await place.changed(model('customers'), model('orders', { type: 'relation', key: 'customer', relation }));
  const field = `/api/models/orders/fields/customer?project=${place.project.id}`;
  const patch = (changes: object) => place.send('PATCH', field, changes);
  const refused = await patch({ required: true, relation: { onDelete: 'set-null' } });
  expect([refused.status, refused.body.error.details]).toMatchObject([400, [{ path: 'relation.onDelete' }]]);
  expect((await patch({ required: true, relation: { onDelete: 'cascade' } })).status).toBe(200);
  expect((await patch({ required: false, relation: { onDelete: 'set-null' } })).status).toBe(200);
  expect((await patch({ required: true })).body.data).toMatchObject({ relation: { onDelete: 'restrict' } });
  await patch({ required: false, type: 'text' });
  const retyped = { type: 'relation', required: true, relation: { target: 'customers', onDelete: 'set-null' } };
  expect((await patch(retyped)).body.error.details).toMatchObject([{ path: 'relation.onDelete' }]);
});

test('of two indexes that do the same the second is refused', async () => {
  const place = await createDefinitions(server);
  await place.changed(model('orders', { type: 'text', key: 'code' }));
  const url = `/api/models/orders/indexes?project=${place.project.id}`;
  const fields = ['name', 'code'];
  expect((await place.send('POST', url, { fields })).status).toBe(201);
  expect((await place.send('POST', url, { fields, unique: false })).status).toBe(409);
  expect((await place.send('POST', url, { fields, unique: true })).status).toBe(201);
});

test('labels are cut between characters; half a character is refused', async () => {
  const place = await createDefinitions(server);
  const long = `${'x'.repeat(limits.title - 'orders'.length - 2)}🎉🎉`;
  await place.changed(model('customers'), model('orders'));
  const url = `/api/models/orders/fields?project=${place.project.id}`;
  const relation = { kind: 'many-to-many', target: 'customers' };
  const joined = await place.send('POST', url, { type: 'relation', key: 'parties', label: long, relation });
  expect(joined.status, joined.text).toBe(201);
  for (const word of ['label', 'help']) {
    const half = await place.send('POST', url, { type: 'text', key: 'half', [word]: 'a\ud83c' });
    expect([half.status, half.body.error?.details]).toMatchObject([400, [{ path: word }]]);
  }
});
