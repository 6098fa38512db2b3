/** What a model demands of records that are there already, and of those that lead to Piper's own. */
import { expect, test } from 'vitest';
import type { ChangeSetPreview } from '@piper/shared/change-sets';
import type { ModelAction, NewField } from '@piper/shared/data-models';
import { createDefinitions, type Definitions } from '../../../../test/definitions.ts';
import { manualClock, useTestServer } from '../../../../test/harness.ts';
import { system } from '#platform/actor';
import { ctxFor } from '#platform/ctx';
import { projects } from '#features/projects';
import { applyChangeSet } from './index.ts';

const clock = manualClock('2026-11-20T10:00:00Z');
const server = useTestServer({ clock, listen: true });

const orders = (...fields: NewField[]): ModelAction => ({
  do: 'create-model',
  model: { key: 'orders', label: 'Order', fields: [{ type: 'text', key: 'name' }, ...fields] },
});
const field = (input: NewField): ModelAction => ({ do: 'create-field', model: 'orders', field: input });

async function problemsOf(place: Definitions, action: ModelAction): Promise<object[]> {
  const { body } = await place.send('POST', `/api/projects/${place.project.id}/change-sets/preview`, { actions: [action] });
  return (body.data as unknown as ChangeSetPreview).problems.map(({ kind, effect, count }) => ({ kind, effect, count }));
}

test('a new field that is required, or unique with one value for all, is refused with the records in its way', async () => {
  const place = await createDefinitions(server);
  await place.changed(orders());
  const required = field({ type: 'text', key: 'code', required: true });
  const unique = field({ type: 'text', key: 'code', required: true, unique: true, default: 'same' });
  expect([await problemsOf(place, required), await problemsOf(place, unique)]).toEqual([[], []]);
  await place.add('orders', { name: 'a' });
  expect(await problemsOf(place, unique)).toEqual([]);
  await place.add('orders', { name: 'b' });
  for (const [action, kind, count] of [
    [required, 'missing', 2],
    [unique, 'duplicate', 1],
  ] as const) {
    expect(await problemsOf(place, action)).toEqual([{ kind, effect: 'obstacle', count }]);
    const refused = await place.change(action);
    expect([refused.status, refused.body.error]).toMatchObject([422, { details: { problems: [{ kind, count }] } }]);
  }
  await place.changed(field({ type: 'text', key: 'code', required: true, default: 'same' }));
  await place.changed(field({ type: 'auto-number', key: 'number', required: true, unique: true }));
  expect(await place.list('orders', 'fields=code,number&sort=number')).toEqual([
    { code: 'same', number: 1 },
    { code: 'same', number: 2 },
  ]);
});

test('options that values in the table do not meet are told and refused, unless that is accepted; the values stay', async () => {
  const place = await createDefinitions(server);
  const choices = (...values: string[]) => ({ choices: values.map((value) => ({ value })) });
  await place.changed(
    orders(
      { type: 'select', key: 'state', options: choices('a', 'b') },
      { type: 'multi-select', key: 'tags', options: choices('x, y', 'z') },
      { type: 'text', key: 'code', options: { maxLength: 10 } },
      { type: 'integer', key: 'count' },
      { type: 'currency', key: 'price' },
      { type: 'date', key: 'day' },
    ),
  );
  const held = { state: 'a', tags: ['x, y', 'z'], code: '0123456789', count: 5, price: '1.23', day: '2026-01-01' };
  const id = await place.add('orders', held);
  await place.add('orders', { state: 'b', tags: ['z'], code: 'A1', count: 1, price: '1', day: '2026-02-01' });
  const narrow = (key: string, options: object): ModelAction => ({
    do: 'update-field',
    model: 'orders',
    field: key,
    changes: { options: { ...options } },
  });
  const wider = [narrow('state', choices('a', 'b', 'c')), narrow('code', { maxLength: 10, pattern: '^[A-Z0-9]+$' })];
  for (const action of wider) expect(await problemsOf(place, action)).toEqual([]);
  const narrower = [
    narrow('state', choices('b', 'c')),
    narrow('tags', choices('z')),
    narrow('code', { maxLength: 1 }),
    narrow('code', { pattern: '^[A-Z]' }),
    narrow('count', { max: 4 }),
    narrow('price', { scale: 0 }),
    narrow('day', { min: '2026-01-02' }),
  ];
  const counts = [1, 1, 2, 1, 1, 1, 1];
  for (const [i, action] of narrower.entries())
    expect([action, await problemsOf(place, action)]).toEqual([
      action,
      [{ kind: 'disallowed', effect: 'loss', count: counts[i] }],
    ]);
  const url = `/api/projects/${place.project.id}/change-sets`;
  const preview = (await place.send('POST', `${url}/preview`, { actions: [narrower[0]] })).body.data;
  expect(preview).toMatchObject({ risk: 'loses-data', problems: [{ examples: [{ id, value: 'a' }] }] });
  const refused = await place.send('POST', url, { actions: narrower });
  expect([refused.status, refused.body.error.message]).toEqual([422, expect.stringContaining('does not allow any more')]);
  await place.changed(...narrower);
  expect(await place.list('orders', `fields=state,tags,code,count,price,day&filter[id][_eq]=${id}`)).toEqual([held]);
  // Once accepted, it stands in no later change's way; nothing of it is written again.
  expect(await problemsOf(place, narrow('state', choices('b')))).toEqual([]);
  const item = `/api/projects/${place.project.id}/items/orders/${id}`;
  expect((await place.send('PATCH', item, { name: 'other' })).status).toBe(200);
  expect((await place.send('PATCH', item, { state: 'a' })).status).toBe(400);
  const state = async () => (await place.read('orders')).fields.find(({ key }) => key === 'state');
  expect(await state()).toMatchObject({ formerChoices: ['a'] });
  const documents = (await place.send('GET', `/api/projects/${place.project.id}/openapi.json`)).body as unknown as {
    components: { schemas: Record<string, { properties: Record<string, { anyOf: object[] }> }> };
  };
  const { Order, OrderCreate } = documents.components.schemas;
  expect(Order!.properties['state']!.anyOf[0]).toEqual({ type: 'string', enum: ['b', 'c', 'a'] });
  expect(OrderCreate!.properties['state']!.anyOf[0]).toEqual({ type: 'string', enum: ['b', 'c'] });
  await place.changed(narrow('state', choices('a', 'c')));
  expect(await state()).toMatchObject({ formerChoices: ['b'] });
});

test('a relation to the model itself is required once there are records', async () => {
  const place = await createDefinitions(server);
  await place.changed(orders());
  const boss = field({ type: 'relation', key: 'boss', relation: { kind: 'many-to-one', target: 'orders' } });
  const required = { do: 'update-field', model: 'orders', field: 'boss', changes: { required: true } } as const;
  await place.changed(boss);
  const url = `/api/projects/${place.project.id}/change-sets`;
  for (const path of [url, `${url}/preview`]) {
    const refused = await place.send('POST', path, { actions: [required] });
    expect([refused.status, refused.body.error]).toMatchObject([
      400,
      { message: expect.stringContaining('none could be the first'), details: [{ path: 'actions[0].changes.required' }] },
    ]);
  }
  const first = await place.add('orders', { name: 'a' });
  await place.send('PATCH', `/api/projects/${place.project.id}/items/orders/${first}`, { boss: first });
  await place.changed(required);
  await place.add('orders', { name: 'b', boss: first });
});

test.each([
  ['at once', undefined],
  ['beside the work', 0],
])('what is filled in or converted makes a new version of the record, %s', async (_how, smallTableBytes) => {
  const place = await createDefinitions(server);
  await place.changed(orders({ type: 'text', key: 'code' }, { type: 'text', key: 'count' }));
  const ids = [await place.add('orders', { name: 'a', count: '1' }), await place.add('orders', { name: 'b', code: 'B' })];
  const apply = (changes: object, of: string) =>
    applyChangeSet(
      ctxFor(server.deps, system, 'test'),
      place.project.id,
      [{ do: 'update-field', model: 'orders', field: of, changes }],
      smallTableBytes === undefined ? {} : { smallTableBytes },
    );
  const versions = async () => (await place.list('orders', 'fields=version&sort=name')).map(({ version }) => version);
  await apply({ required: true, fill: 'F' }, 'code');
  expect(await versions()).toEqual([2, 1]);
  const stale = await place.owner.browser.send({
    method: 'PATCH',
    url: `/api/projects/${place.project.id}/items/orders/${ids[0]}`,
    headers: { 'if-match': '"1"' },
    payload: { code: 'G' },
  });
  expect(stale.statusCode).toBe(412);
  await apply({ type: 'integer' }, 'count');
  expect(await versions()).toEqual([3, 1]);
  expect(await place.list('orders', 'fields=code,count&sort=name')).toEqual([
    { code: 'F', count: 1 },
    { code: 'B', count: null },
  ]);
});

test('a value demanded of beings of Piper keeps none of them from going', async () => {
  const place = await createDefinitions(server);
  const { owner, project } = place;
  const form = new FormData();
  form.set('projectId', project.id);
  form.set('file', new Blob(['text'], { type: 'text/plain' }), 'a.txt');
  const upload = async (): Promise<string> => {
    const reply = await fetch(`${server.url}/api/files`, { method: 'POST', headers: owner.headers, body: form });
    return ((await reply.json()) as { data: { id: string } }).data.id;
  };
  const [first, second] = [await upload(), await upload()];
  await place.changed(orders({ type: 'file', key: 'scan', required: true }));
  expect((await place.send('POST', `/api/projects/${project.id}/items/orders`, { name: 'x' })).status).toBe(400);
  const record = await place.add('orders', { name: 'a', scan: first });
  await place.add('orders', { name: 'b', scan: second });
  expect((await place.send('DELETE', `/api/files/${first}`)).status).toBe(204);
  expect(await place.list('orders', 'fields=name,scan&sort=name')).toEqual([
    { name: 'a', scan: null },
    { name: 'b', scan: second },
  ]);
  const items = `/api/projects/${project.id}/items/orders/${record}`;
  expect((await place.send('PATCH', items, { name: 'c' })).status).toBe(200);
  expect((await place.send('PATCH', items, { scan: null })).status).toBe(400);
  // To demand it again needs a value in every record.
  await place.changed({ do: 'update-field', model: 'orders', field: 'scan', changes: { required: false } });
  const again: ModelAction = { do: 'update-field', model: 'orders', field: 'scan', changes: { required: true } };
  expect((await place.change(again)).body.error).toMatchObject({ details: { problems: [{ kind: 'missing', count: 1 }] } });
  await place.send('DELETE', items);
  await server.deps.pool.query(`delete from p_${project.id.replaceAll('-', '')}.orders where id = $1`, [record]);
  const ctx = ctxFor(server.deps, system, 'test');
  expect((await applyChangeSet(ctx, project.id, [again], { smallTableBytes: 0 })).status).toBe('applied');
  expect((await place.send('DELETE', `/api/projects/${project.id}`)).status).toBe(200);
  clock.advance(25 * 3_600_000);
  await projects.sweepers![0]!.sweep(ctx);
  const { rows } = await server.deps.pool.query(
    `select (select count(*)::int from piper.projects where id = $1) as projects, (select count(*)::int from piper.files where project_id = $1) as files`,
    [project.id],
  );
  expect(rows).toEqual([{ projects: 0, files: 0 }]);
});
