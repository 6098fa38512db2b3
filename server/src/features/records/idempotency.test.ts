import { beforeAll, expect, test } from 'vitest';
import { addMember, registerUser, type TestUser } from '../../../../test/accounts.ts';
import { manualClock, useTestServer } from '../../../../test/harness.ts';
import { createRecordsProject, model, text, type RecordsProject } from '../../../../test/records.ts';
import { system } from '#platform/actor';
import { ctxFor } from '#platform/ctx';
import { limits } from '@piper/shared/limits';
import { sweepReplies } from './once.ts';

const clock = manualClock('2026-11-21T00:00:00Z');
const server = useTestServer({ clock });
let place: RecordsProject;

beforeAll(async () => {
  place = await createRecordsProject(server, [
    model('notes', [text('name', { required: true }), text('code', { unique: true })]),
  ]);
});

interface Request {
  method: 'POST' | 'PATCH' | 'DELETE';
  url: string;
  payload?: object;
  who?: TestUser;
}
const send = (key: string, { method, url, payload, who = place.owner }: Request) =>
  who.browser.send({ method, url, headers: { 'idempotency-key': key }, ...(payload && { payload }) });
const create = (key: string, payload: object, who?: TestUser) =>
  send(key, { method: 'POST', url: place.at('notes'), payload, ...(who && { who }) });
const count = async (name: string): Promise<number> =>
  (await place.owner.browser.get(`${place.at('notes')}?filter[name][_eq]=${name}`)).json<{ data: unknown[] }>().data.length;

test('a repetition gets the same reply, and writes nothing', async () => {
  const first = await create('k1', { name: 'once' });
  const again = await create('k1', { name: 'once' });
  expect([again.statusCode, again.body, again.headers['etag']]).toEqual([first.statusCode, first.body, first.headers['etag']]);
  expect([first.headers['idempotent-replayed'], again.headers['idempotent-replayed']]).toEqual([undefined, 'true']);
  expect(await count('once')).toBe(1);
  const { id } = first.json<{ data: { id: string } }>().data;
  const url = place.at('notes', `/${id}`);
  const change = { method: 'PATCH', url, payload: { name: 'twice' } } as const;
  expect((await send('k2', change)).json()).toMatchObject({ data: { version: 2 } });
  await place.owner.browser.patch(url, { name: 'meanwhile' });
  expect((await send('k2', change)).json()).toMatchObject({ data: { version: 2, name: 'twice' } });
  expect(await count('meanwhile')).toBe(1);
  expect((await send('k3', { method: 'DELETE', url })).statusCode).toBe(204);
  expect((await send('k3', { method: 'DELETE', url })).statusCode).toBe(204);
  expect((await send('k4', { method: 'DELETE', url })).statusCode).toBe(404);
});

test('of many at once one writes; all get its reply', async () => {
  const replies = await Promise.all(Array.from({ length: 8 }, () => create('many', { name: 'at-once' })));
  expect(replies.map((reply) => reply.statusCode)).toEqual(Array(8).fill(200));
  expect(new Set(replies.map((reply) => reply.body)).size).toBe(1);
  expect(await count('at-once')).toBe(1);
});

test('another request under the same key is refused', async () => {
  await create('k5', { name: 'five' });
  expect((await create('k5', { name: 'six' })).json()).toMatchObject({ error: { code: 'idempotency_conflict' } });
  const batch = { method: 'POST', url: `/api/projects/${place.project.id}/batch`, payload: { operations: [] } } as const;
  expect((await send('k5', batch)).statusCode).toBe(409);
  expect((await create('x'.repeat(limits.idempotencyKey + 1), { name: 'long' })).statusCode).toBe(400);
});

test('somebody else’s key is another key', async () => {
  const other = await registerUser(server);
  await addMember(place.owner, place.project, other);
  await create('shared', { name: 'shared' });
  expect((await create('shared', { name: 'shared' }, other)).statusCode).toBe(200);
  expect(await count('shared')).toBe(2);
});

test('a refused request keeps nothing: it may be mended and sent again', async () => {
  expect((await create('k6', { name: 5 })).statusCode).toBe(400);
  expect((await create('k6', { name: 'mended' })).statusCode).toBe(200);
  await create('k7', { name: 'taken', code: 'T' });
  expect((await create('k8', { name: 'late', code: 'T' })).statusCode).toBe(409);
  expect((await create('k8', { name: 'late', code: 'U' })).statusCode).toBe(200);
});

test('batches too, whole', async () => {
  const operations = [
    { op: 'create', model: 'notes', data: { name: 'b1' } },
    { op: 'create', model: 'notes', data: { name: 'b2' } },
  ];
  const request = { method: 'POST', url: `/api/projects/${place.project.id}/batch`, payload: { operations } } as const;
  const first = await send('k9', request);
  expect((await send('k9', request)).body).toBe(first.body);
  expect(await count('b2')).toBe(1);
});

test('replies are forgotten after their time', async () => {
  await create('k10', { name: 'forgotten' });
  const sweep = () => sweepReplies(ctxFor(server.deps, system, 'test'));
  await sweep();
  const kept = async () => (await server.deps.pool.query(`select 1 from piper.idempotent_replies where key = 'k10'`)).rows.length;
  expect(await kept()).toBe(1);
  await server.deps.pool.query(`update piper.idempotent_replies set created_at = $1`, [
    new Date(clock.now().getTime() - limits.idempotencyHours * 3_600_000 - 1),
  ]);
  await sweep();
  expect(await kept()).toBe(0);
});
