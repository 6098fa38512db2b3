import { beforeAll, describe, expect, test } from 'vitest';
import { addMember, registerUser, type TestUser } from '../../../../test/accounts.ts';
import { eventsOf } from '../../../../test/actors.ts';
import { manualClock, useTestServer } from '../../../../test/harness.ts';
import { createRecordsProject, model, text, toMany, toOne, type RecordsProject } from '../../../../test/records.ts';
import { system } from '#platform/actor';
import { ctxFor } from '#platform/ctx';
import { limits } from '@piper/shared/limits';
import { purgeDeletedRecords } from './purge.ts';

const clock = manualClock('2026-11-21T00:00:00Z');
const server = useTestServer({ clock });
let place: RecordsProject;
let viewer: TestUser;

beforeAll(async () => {
  place = await createRecordsProject(server, [
    model('customers', [text('name', { required: true }), text('code', { unique: true })]),
    model('orders', [text('name'), toOne('customer', 'customers', { onDelete: 'cascade' })]),
    model('lines', [text('name'), toOne('order', 'orders', { onDelete: 'cascade' }), toOne('customer', 'customers')]),
    model('invoices', [text('name'), toOne('order', 'orders', { onDelete: 'restrict' })]),
    model('nodes', [text('name'), toOne('parent', 'nodes', { onDelete: 'cascade' })]),
    model('pins', [{ type: 'any-relation', key: 'about', relation: { kind: 'any', targets: ['customers', 'orders'] } }]),
    model('groups', [text('name'), toMany('customers', 'customers', 'groups')]),
  ]);
  viewer = await registerUser(server);
  await addMember(place.owner, place.project, viewer, 'viewer');
});

async function make(modelKey: string, values: object): Promise<string> {
  const reply = await place.owner.browser.post(place.at(modelKey), values);
  expect([reply.statusCode, reply.body]).toEqual([200, expect.any(String)]);
  return reply.json<{ data: { id: string } }>().data.id;
}
const remove = (modelKey: string, id: string, query = '') => place.owner.browser.delete(place.at(modelKey, `/${id}${query}`));
const restore = (modelKey: string, id: string) => place.owner.browser.post(place.at(modelKey, `/${id}/restore`));
const isThere = async (modelKey: string, id: string) =>
  (await place.owner.browser.get(place.at(modelKey, `/${id}`))).statusCode === 200;
const namesOf = async (who: TestUser, modelKey: string, query: string) =>
  (await who.browser.get(`${place.at(modelKey)}?fields=name&sort=name&${query}`))
    .json<{ data: { name: string }[] }>()
    .data.map(({ name }) => name);

test('deleting marks; deleted records are listed for those who may delete, and come back', async () => {
  const id = await make('customers', { name: 'Deleted' });
  expect((await remove('customers', id)).statusCode).toBe(204);
  expect(await isThere('customers', id)).toBe(false);
  expect((await remove('customers', id)).statusCode).toBe(404);
  expect((await place.owner.browser.patch(place.at('customers', `/${id}`), { name: 'x' })).statusCode).toBe(404);
  const filter = 'filter[name][_eq]=Deleted';
  expect(await namesOf(place.owner, 'customers', filter)).toEqual([]);
  expect(await namesOf(place.owner, 'customers', `${filter}&deleted=only`)).toEqual(['Deleted']);
  expect(await namesOf(place.owner, 'customers', `${filter}&deleted=with`)).toEqual(['Deleted']);
  expect(await namesOf(viewer, 'customers', `${filter}&deleted=only`)).toEqual([]);
  expect(
    (await place.owner.browser.get(place.at('customers', `/${id}?deleted=with&fields=name,deletedAt`))).json(),
  ).toMatchObject({
    data: { name: 'Deleted', deletedAt: expect.any(String) },
  });
  expect((await place.owner.browser.get(`${place.at('customers')}?deleted=perhaps`)).statusCode).toBe(400);
  expect((await viewer.browser.post(place.at('customers', `/${id}/restore`))).statusCode).toBe(404);
  expect((await restore('customers', id)).json()).toMatchObject({ data: { id, name: 'Deleted', version: 3 } });
  expect((await restore('customers', id)).statusCode).toBe(404);
  expect((await eventsOf(server.deps.db, id)).map(({ type }) => type)).toEqual([
    'record.created',
    'record.deleted',
    'record.restored',
  ]);
});

test('a deleted record frees its unique values, and comes back only while they are free', async () => {
  const id = await make('customers', { name: 'first', code: 'U1' });
  await remove('customers', id);
  const other = await make('customers', { name: 'second', code: 'U1' });
  expect((await restore('customers', id)).statusCode).toBe(409);
  await remove('customers', other);
  expect((await restore('customers', id)).statusCode).toBe(200);
});

describe('records that point to a deleted one', () => {
  test('go along, over several levels, and come back with it; what was deleted before stays deleted', async () => {
    const customer = await make('customers', { name: 'c' });
    const order = await make('orders', { name: 'o', customer });
    const line = await make('lines', { name: 'l', order });
    const earlier = await make('lines', { name: 'earlier', order });
    await remove('lines', earlier);
    clock.advance(5);
    expect((await remove('customers', customer)).statusCode).toBe(204);
    expect([await isThere('orders', order), await isThere('lines', line)]).toEqual([false, false]);
    expect((await eventsOf(server.deps.db, line)).map(({ type }) => type)).toEqual(['record.created', 'record.deleted']);
    expect((await restore('lines', line)).json()).toMatchObject({ error: { code: 'conflict' } });
    expect((await restore('customers', customer)).statusCode).toBe(200);
    expect([await isThere('orders', order), await isThere('lines', line), await isThere('lines', earlier)]).toEqual([
      true,
      true,
      false,
    ]);
  });

  test('keep it, as long as they are there', async () => {
    const order = await make('orders', { name: 'o' });
    const invoice = await make('invoices', { name: 'i', order });
    const refused = await remove('orders', order);
    expect(refused.json()).toMatchObject({
      error: { code: 'still_referenced' },
      errors: [{ extensions: { code: 'INVALID_FOREIGN_KEY' } }],
    });
    expect(await isThere('orders', order)).toBe(true);
    await remove('invoices', invoice);
    expect((await remove('orders', order)).statusCode).toBe(204);
  });

  test('keep their link, which leads nowhere until it is restored', async () => {
    const customer = await make('customers', { name: 'linked' });
    const line = await make('lines', { name: 'l', customer });
    await remove('customers', customer);
    const read = () => place.owner.browser.get(place.at('lines', `/${line}?fields=customer.name`));
    expect((await read()).json()).toEqual({ data: { customer: null } });
    await restore('customers', customer);
    expect((await read()).json()).toEqual({ data: { customer: { name: 'linked' } } });
  });

  test('by a row that only joins them come back without a link to what is deleted since, until that comes back', async () => {
    const customer = await make('customers', { name: 'joined' });
    const group = await make('groups', { name: 'g', customers: [customer] });
    const groupsOf = async () =>
      (await place.owner.browser.get(place.at('customers', `/${customer}?fields=groups`))).json().data.groups as string[];
    for (const apart of [0, 5]) {
      await remove('customers', customer);
      clock.advance(apart);
      await remove('groups', group);
      expect((await restore('customers', customer)).statusCode).toBe(200);
      expect(await groupsOf()).toEqual([]);
      expect((await restore('groups', group)).statusCode).toBe(200);
      expect(await groupsOf()).toEqual([group]);
    }
  });

  test('or are pointed to by one are read along with it, and so is what it was joined to', async () => {
    const [customer, other] = [await make('customers', { name: 'live' }), await make('customers', { name: 'lost' })];
    const group = await make('groups', { name: 'bin', customers: [customer, other] });
    const parent = await make('nodes', { name: 'root' });
    const node = await make('nodes', { name: 'leaf', parent });
    const inBin = async (modelKey: string, id: string, fields: string) =>
      (await place.owner.browser.get(place.at(modelKey, `?deleted=only&filter[id][_eq]=${id}&fields=${fields}`))).json().data;
    await remove('customers', other);
    await remove('groups', group);
    await remove('nodes', node);
    expect(await inBin('groups', group, 'customers.name')).toEqual([{ customers: [{ name: 'live' }] }]);
    expect(await inBin('groups', group, 'count(customers)')).toEqual([{ customers_count: 1 }]);
    expect(await inBin('nodes', node, 'parent.name')).toEqual([{ parent: { name: 'root' } }]);
    expect((await place.owner.browser.get(place.at('groups', `/${group}?deleted=with&fields=customers`))).json()).toEqual({
      data: { customers: [customer] },
    });
    await remove('nodes', parent);
    expect(await inBin('nodes', node, 'parent.name')).toEqual([{ parent: { name: 'root' } }]);
    expect((await place.owner.browser.get(place.at('customers', `/${customer}?fields=groups`))).json().data.groups).toEqual([]);
  });

  test('may lead in a circle', async () => {
    const a = await make('nodes', { name: 'a' });
    const b = await make('nodes', { name: 'b', parent: a });
    await place.owner.browser.patch(place.at('nodes', `/${a}`), { parent: b });
    expect((await remove('nodes', a)).statusCode).toBe(204);
    expect(await isThere('nodes', b)).toBe(false);
    expect((await remove('nodes', a, '?permanent=true')).statusCode).toBe(204);
    expect((await restore('nodes', b)).statusCode).toBe(404);
  });

  test('can’t slip in while it is being deleted', async () => {
    for (let i = 0; i < 5; i++) {
      const order = await make('orders', { name: `race ${i}` });
      const [removed, ...made] = await Promise.all([
        remove('orders', order),
        ...[1, 2, 3].map(() => place.owner.browser.post(place.at('invoices'), { name: 'late', order })),
      ]);
      const isDeleted = removed!.statusCode === 204;
      expect(made.some((reply) => reply.statusCode === 200)).toBe(!isDeleted);
      expect(await isThere('orders', order)).toBe(!isDeleted);
    }
  });
});

test('permanently: gone for good, with what goes along; for those who may delete', async () => {
  const customer = await make('customers', { name: 'forever' });
  const order = await make('orders', { name: 'along', customer });
  expect((await viewer.browser.delete(place.at('customers', `/${customer}?permanent=true`))).statusCode).toBe(403);
  expect((await remove('customers', customer, '?permanent=true')).statusCode).toBe(204);
  expect((await restore('customers', customer)).statusCode).toBe(404);
  expect((await restore('orders', order)).statusCode).toBe(404);
  expect((await eventsOf(server.deps.db, order)).map(({ type }) => type)).toEqual(['record.created', 'record.deleted']);
  const kept = await make('orders', { name: 'kept' });
  await make('invoices', { name: 'i', order: kept });
  expect((await remove('orders', kept, '?permanent=true')).statusCode).toBe(409);
  expect(await isThere('orders', kept)).toBe(true);
});

test('permanently: relations to several models that mean the record are emptied, as others are', async () => {
  const about = async (pin: string) => (await place.owner.browser.get(place.at('pins', `/${pin}`))).json().data.about;
  const pinTo = (to: string, id: string) => make('pins', { about: { model: to, id } });
  const [customer, other] = [await make('customers', { name: 'meant' }), await make('customers', { name: 'other' })];
  const order = await make('orders', { name: 'along', customer });
  const pins = [await pinTo('customers', customer), await pinTo('orders', order), await pinTo('customers', other)];
  await remove('pins', pins[1]!);
  await remove('customers', customer);
  expect(await about(pins[0]!)).toEqual({ model: 'customers', id: customer });
  await remove('customers', customer, '?permanent=true');
  await restore('pins', pins[1]!);
  expect(await Promise.all(pins.map(about))).toEqual([null, null, { model: 'customers', id: other }]);
  const empty = await place.owner.browser.get(`${place.at('pins')}?fields=id&filter[about][_null]=true`);
  expect(
    empty
      .json()
      .data.map(({ id }: { id: string }) => id)
      .toSorted(),
  ).toEqual(pins.slice(0, 2).toSorted());
});

test('permanently with a version: also out of the trash; who may not is told so', async () => {
  const id = await make('customers', { name: 'versioned' });
  const erase = (version: number, who = place.owner) =>
    who.browser.send({
      method: 'DELETE',
      url: place.at('customers', `/${id}?permanent=true`),
      headers: { 'if-match': `"${version}"` },
    });
  expect([(await erase(1, viewer)).statusCode, (await erase(2)).statusCode]).toEqual([403, 412]);
  await remove('customers', id);
  expect([(await erase(1)).statusCode, (await erase(2)).statusCode]).toEqual([412, 204]);
  expect((await restore('customers', id)).statusCode).toBe(404);
});

test('several: with versions, and all or none', async () => {
  const [a, b] = [await make('customers', { name: 'a' }), await make('customers', { name: 'b' })];
  const send = (id: string, tag: string) =>
    place.owner.browser.send({ method: 'DELETE', url: place.at('customers', `/${id}`), headers: { 'if-match': tag } });
  expect((await send(a, '"2"')).statusCode).toBe(412);
  const many = (payload: object) => place.owner.browser.send({ method: 'DELETE', url: place.at('customers'), payload });
  expect((await many([a, crypto.randomUUID()])).statusCode).toBe(404);
  expect(await isThere('customers', a)).toBe(true);
  expect((await many([a, a, b])).statusCode).toBe(204);
  expect((await many({ keys: [] })).statusCode).toBe(204);
  expect((await many({})).statusCode).toBe(400);
  expect((await many([5])).statusCode).toBe(400);
});

test('after their time deleted records are purged, those they depend on last', async () => {
  const customer = await make('customers', { name: 'old' });
  const order = await make('orders', { name: 'old', customer });
  const pin = await make('pins', { about: { model: 'customers', id: customer } });
  const fresh = await make('customers', { name: 'fresh' });
  const erased = await make('customers', { name: 'erased' });
  for (const id of [customer, fresh, erased])
    await place.owner.browser.post(place.at('customers', `/${id}/comments`), { text: 'said' });
  await remove('customers', customer);
  await remove('customers', erased, '?permanent=true');
  clock.advance((limits.recordUndoDays - 1) * 86_400_000);
  // The access tokens have run out by now.
  const ctx = ctxFor(server.deps, system, 'test');
  const count = async (table: string, id: string): Promise<number> => {
    const schema = `p_${place.project.id.replaceAll('-', '')}`;
    const { rows } = await server.deps.pool.query(`select 1 from ${schema}.${table} where id = $1`, [id]);
    return rows.length;
  };
  await purgeDeletedRecords(ctx);
  expect(await count('customers', customer)).toBe(1);
  clock.advance(2 * 86_400_000);
  await purgeDeletedRecords(ctx);
  await purgeDeletedRecords(ctx);
  expect([await count('customers', customer), await count('orders', order), await count('customers', fresh)]).toEqual([0, 0, 1]);
  const pinned = await server.deps.pool.query(`select about from p_${place.project.id.replaceAll('-', '')}.pins where id = $1`, [
    pin,
  ]);
  expect(pinned.rows).toEqual([{ about: null }]);
  // What was said about records goes with them.
  const { rows } = await server.deps.pool.query(`select record_id from piper.record_comments`);
  expect(rows).toEqual([{ record_id: fresh }]);
});
