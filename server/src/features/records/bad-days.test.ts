/** What the database, the network and hostile clients do to writes of records. */
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { useTestServer } from '../../../../test/harness.ts';
import { createRecordsProject, model, text, toOne, type RecordsProject } from '../../../../test/records.ts';
import type { NewField } from '@piper/shared/data-models';
import { limits } from '@piper/shared/limits';

const server = useTestServer();
let place: RecordsProject;

beforeAll(async () => {
  const wide = Array.from({ length: 500 }, (_, i): NewField => text(`f${i}`));
  place = await createRecordsProject(server, [
    model('things', [text('name', { unique: true }), { type: 'integer', key: 'count' }, { type: 'json', key: 'extra' }]),
    model('parts', [text('name', { required: true }), toOne('thing', 'things', { reverse: 'parts' })]),
    model('wide', wide),
  ]);
});

const post = (modelKey: string, payload: object) => place.owner.browser.post(place.at(modelKey), payload);
const count = async (modelKey: string, filter: object): Promise<number> =>
  (
    await place.owner.browser.get(`${place.at(modelKey)}?aggregate[count]=*&filter=${encodeURIComponent(JSON.stringify(filter))}`)
  ).json().data[0].count;

test('a sparse record of 500 fields makes a small event; one that fits into no row is told so', async () => {
  const made = await post('wide', { f3: 'x' });
  expect(made.statusCode).toBe(200);
  const { rows } = await server.deps.pool.query<{ size: number }>(
    `select length(data::text) as size from piper.events where subject = $1`,
    [made.json().data.id],
  );
  expect(rows[0]!.size).toBeLessThan(600);
  await place.owner.browser.patch(place.at('wide', `/${made.json().data.id}`), { f4: 'y' });
  const updated = await server.deps.pool.query<{ size: number; data: { record: object } }>(
    `select length(data::text) as size, data from piper.events where subject = $1 and type = 'record.updated'`,
    [made.json().data.id],
  );
  expect(updated.rows[0]!.data.record).toMatchObject({ f3: 'x', f4: 'y' });
  expect(updated.rows[0]!.size).toBeLessThan(1_200);
  const full = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`f${i}`, crypto.randomUUID().slice(0, 17)]));
  for (const payload of [full, [{ f1: 'fits' }, full]]) {
    const refused = await post('wide', payload);
    expect([refused.statusCode, refused.json().error.code]).toEqual([422, 'record_too_wide']);
  }
  expect(await count('wide', { f1: { _eq: 'fits' } })).toBe(0);
});

test('computed, system and unknown fields are refused', async () => {
  for (const field of ['id', 'createdAt', 'updatedBy', 'version', 'deletedAt', 'nothing', '__proto__', 'allowedActions']) {
    const reply = await place.owner.browser.send({
      method: 'POST',
      url: place.at('things'),
      headers: { 'content-type': 'application/json' },
      payload: `{"name":"s","${field}":"1"}`,
    });
    expect([field, reply.statusCode]).toEqual([field, 400]);
  }
});

test('who wrote last is shown, and versions guard one record', async () => {
  const { id } = (await post('things', { name: 'v' })).json().data;
  const url = place.at('things', `/${id}`);
  const read = await place.owner.browser.get(url);
  expect(read.headers['etag']).toBe('"1"');
  const update = (tag: string, payload: object) =>
    place.owner.browser.send({ method: 'PATCH', url, headers: { 'if-match': tag }, payload });
  expect((await update('"2"', { count: 1 })).statusCode).toBe(412);
  const done = await update('"1"', { count: 1 });
  expect([done.statusCode, done.headers['etag'], done.json().data.updatedBy]).toEqual([200, '"2"', place.owner.user.id]);
  const nested = await update('"1"', { count: 2, parts: [{ name: 'p' }] });
  expect([nested.statusCode, await count('parts', { name: { _eq: 'p' } })]).toEqual([412, 0]);
});

test('of two writers who take the same value in lists one wins whole', async () => {
  const lists = [
    [{ name: 'a1' }, { name: 'same' }],
    [{ name: 'same' }, { name: 'b1' }],
  ];
  const replies = await Promise.all(lists.map((list) => post('things', list)));
  expect(replies.map((reply) => reply.statusCode).toSorted()).toEqual([200, 409]);
  expect(await count('things', { name: { _in: ['a1', 'b1', 'same'] } })).toBe(2);
});

test('writers of the same records in opposite order never wait for each other', async () => {
  const ids = (
    await post(
      'things',
      Array.from({ length: 20 }, (_, i) => ({ name: `d${i}` })),
    )
  )
    .json()
    .data.map(({ id }: { id: string }) => id);
  const patch = (keys: string[], value: number) =>
    place.owner.browser.patch(place.at('things'), { keys, data: { count: value } });
  const replies = await Promise.all(Array.from({ length: 10 }, (_, i) => patch(i % 2 ? ids : ids.toReversed(), i)));
  expect(replies.map((reply) => reply.statusCode)).toEqual(Array(10).fill(200));
  const { data } = (await place.owner.browser.get(`${place.at('things')}?filter[name][_starts_with]=d&limit=-1`)).json();
  expect(new Set(data.map((thing: { count: number }) => thing.count)).size).toBe(1);
});

test('a connection cut in the middle of a batch leaves nothing', async () => {
  const operations = Array.from({ length: 200 }, (_, i) => ({ op: 'create', model: 'things', data: { name: `cut ${i}` } }));
  const running = place.owner.browser.post(`/api/projects/${place.project.id}/batch`, { operations });
  let cut = false;
  while (!cut) {
    await sleep(2);
    const { rows } = await server.deps.pool.query(
      `select pg_terminate_backend(pid) as ok from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and backend_xid is not null`,
    );
    cut = rows.length > 0;
  }
  const reply = await running;
  expect(reply.statusCode).toBe(503);
  expect(await count('things', { name: { _starts_with: 'cut' } })).toBe(0);
  const { rows } = await server.deps.pool.query(`select 1 from piper.events where data #>> '{after,name}' like 'cut%'`);
  expect(rows).toEqual([]);
});

test('too many records, or none, in every form', async () => {
  const many = Array.from({ length: limits.recordsPerWrite + 1 }, () => ({}));
  expect((await post('things', many)).statusCode).toBe(400);
  expect((await post('things', many.slice(1))).statusCode).toBe(200);
  expect((await post('things', [])).json()).toEqual({ data: [] });
  const keys = many.map(() => crypto.randomUUID());
  expect((await place.owner.browser.patch(place.at('things'), { keys, data: {} })).statusCode).toBe(400);
  expect((await place.owner.browser.patch(place.at('things'), { query: {}, data: { count: 1 } })).statusCode).toBe(400);
  expect(
    (await place.owner.browser.patch(place.at('things'), { query: { limit: 3 }, data: { count: 77 } })).json().data,
  ).toHaveLength(3);
  for (const payload of [5, 'x', null, [5], [null], [[]]])
    expect([
      payload,
      (
        await place.owner.browser.send({
          method: 'POST',
          url: place.at('things'),
          payload: JSON.stringify(payload),
          headers: { 'content-type': 'application/json' },
        })
      ).statusCode,
    ]).toEqual([payload, 400]);
  for (const payload of [{}, { keys: 5, data: {} }, { keys: [5], data: {} }, { query: 5, data: {} }, [{ name: 'no id' }], [5]])
    expect([payload, (await place.owner.browser.patch(place.at('things'), payload)).statusCode]).toEqual([payload, 400]);
});
