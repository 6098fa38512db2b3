/** Changes of type where values, tables and ids are out of the ordinary. */
import { expect, test } from 'vitest';
import type { ChangeSetPreview } from '@piper/shared/change-sets';
import type { FieldChanges, ModelAction, NewField } from '@piper/shared/data-models';
import { createDefinitions, type Definitions } from '../../../../test/definitions.ts';
import { useTestServer } from '../../../../test/harness.ts';
import { system } from '#platform/actor';
import { ctxFor } from '#platform/ctx';
import { applyChangeSet } from './index.ts';
import { schemaOf } from './names.ts';

const server = useTestServer({ listen: true });

const model = (key: string, ...fields: NewField[]): ModelAction => ({
  do: 'create-model',
  model: { key, label: key, labelPlural: key, fields: [{ type: 'text', key: 'name' }, ...fields] },
});
const update = (field: string, changes: FieldChanges): ModelAction => ({
  do: 'update-field',
  model: 'orders',
  field,
  changes,
});
const toOne = (key: string, target: string): NewField => ({
  type: 'relation',
  key,
  relation: { kind: 'many-to-one', target },
});

const sqlIn = (place: Definitions, text: string) =>
  server.deps.pool.query(text.replaceAll('$schema', schemaOf(place.project.id)));

test('values that lie beside the table make it a large one', async () => {
  const place = await createDefinitions(server);
  await place.changed(model('orders', { type: 'long-text', key: 'story' }));
  await sqlIn(
    place,
    `insert into $schema.orders (id, name, story) select gen_random_uuid(), n::text,
       (select string_agg(md5(n::text || i), '') from generate_series(1, 1500) i) from generate_series(1, 40) n`,
  );
  const { body } = await place.send('POST', `/api/projects/${place.project.id}/change-sets/preview`, {
    actions: [update('story', { type: 'rich-text' })],
  });
  const { steps } = body.data as unknown as ChangeSetPreview;
  expect(steps.filter(({ phase }) => phase === 'prepare').map(({ sentence }) => sentence)).toContainEqual(
    expect.stringContaining('Convert the values of "story"'),
  );
});

test('the record with the lowest id there is goes along', async () => {
  const place = await createDefinitions(server);
  await place.changed(model('orders', { type: 'text', key: 'size' }));
  await sqlIn(
    place,
    `insert into $schema.orders (id, name, size) values ('00000000-0000-0000-0000-000000000000', 'a', '1'), (gen_random_uuid(), 'b', '2')`,
  );
  const ctx = ctxFor(server.deps, system, 'test');
  const change = update('size', { type: 'integer', required: true });
  await applyChangeSet(ctx, place.project.id, [change], { smallTableBytes: 0 });
  expect(await place.list('orders', 'fields=name,size&sort=name')).toEqual([
    { name: 'a', size: 1 },
    { name: 'b', size: 2 },
  ]);
});

test('what led to a file that is gone leads nowhere when the type goes back', async () => {
  const place = await createDefinitions(server);
  const form = new FormData();
  form.set('projectId', place.project.id);
  form.set('file', new Blob(['text'], { type: 'text/plain' }), 'a.txt');
  const upload = async (): Promise<string> => {
    const reply = await fetch(`${server.url}/api/files`, { method: 'POST', headers: place.owner.headers, body: form });
    return ((await reply.json()) as { data: { id: string } }).data.id;
  };
  const [gone, kept] = [await upload(), await upload()];
  await place.changed(model('orders', { type: 'file', key: 'scan' }));
  await place.add('orders', { name: 'a', scan: gone });
  await place.add('orders', { name: 'b', scan: kept });
  const { id } = await place.changed(update('scan', { type: 'text' }));
  expect((await place.send('DELETE', `/api/files/${gone}`)).status).toBe(204);
  expect((await place.undo(id)).text).toContain('"applied"');
  expect(await place.list('orders', 'fields=name,scan&sort=name')).toEqual([
    { name: 'a', scan: null },
    { name: 'b', scan: kept },
  ]);
});

test('a relation that becomes a text and then another relation leads only to what is there', async () => {
  const place = await createDefinitions(server);
  await place.changed(model('customers'), model('suppliers'), model('orders', toOne('partner', 'customers')));
  await place.add('orders', { name: 'a', partner: await place.add('customers', { name: 'c' }) });
  await place.changed(update('partner', { type: 'text' }));
  await place.changed(update('partner', { type: 'relation', relation: { target: 'suppliers' } }));
  expect(await place.list('orders', 'fields=name,partner')).toEqual([{ name: 'a', partner: null }]);
});

test('only numbers that the server gives are kept from others', async () => {
  const place = await createDefinitions(server);
  await place.changed(model('orders', { type: 'auto-number', key: 'number' }, { type: 'integer', key: 'given' }));
  const items = `/api/projects/${place.project.id}/items/orders`;
  const post = async (values: object): Promise<number> => (await place.send('POST', items, values)).status;
  await place.changed(update('number', { type: 'integer' }), update('given', { type: 'auto-number' }));
  expect([await post({ number: 7 }), await post({ given: 7 })]).toEqual([200, 400]);
});
