import { beforeAll, expect, test } from 'vitest';
import { useTestServer } from '../../../../test/harness.ts';
import { createRecordsProject, model, text, type RecordsProject } from '../../../../test/records.ts';

const server = useTestServer();
let place: RecordsProject;

beforeAll(async () => {
  place = await createRecordsProject(server, [
    model('people', [{ type: 'email', key: 'email', unique: true }, text('name', { required: true })]),
    model('codes', [text('code', { unique: true }), text('note')]),
    model('seats', [text('hall', { required: true }), { type: 'integer', key: 'number', required: true }, text('guest')], {
      indexes: [{ fields: ['hall', 'number'], unique: true }],
    }),
  ]);
});

const put = (modelKey: string, query: string, payload: object) =>
  place.owner.browser.send({ method: 'PUT', url: `${place.at(modelKey)}?${query}`, payload });
const all = async (modelKey: string) =>
  (await place.owner.browser.get(`${place.at(modelKey)}?limit=-1`)).json<{ data: Record<string, unknown>[] }>().data;

test('creates what is not there and changes what is, by any unique field', async () => {
  const made = await put('people', 'upsert=email', { email: 'Ada@Example.com', name: 'Ada' });
  expect([made.statusCode, made.json()]).toMatchObject([200, { data: { name: 'Ada', version: 1 } }]);
  const again = await put('people', 'upsert=email&fields=name,version', { email: made.json().data.email, name: 'Ada L.' });
  expect(again.json()).toEqual({ data: { name: 'Ada L.', version: 2 } });
  const many = await put('people', 'upsert=email', [
    { email: made.json().data.email, name: 'A' },
    { email: 'bob@example.com', name: 'B' },
    { email: 'bob@example.com', name: 'B2' },
  ]);
  expect(many.json().data.map(({ name, version }: { name: string; version: number }) => [name, version])).toEqual([
    ['A', 3],
    ['B', 1],
    ['B2', 2],
  ]);
});

test('and by the fields of a unique index', async () => {
  await put('seats', 'upsert=hall,number', { hall: 'A', number: 1, guest: 'x' });
  await put('seats', 'upsert=number,hall', { hall: 'A', number: 1, guest: 'y' });
  await put('seats', 'upsert=hall,number', { hall: 'A', number: 2, guest: 'z' });
  expect((await all('seats')).map(({ guest }) => guest).sort()).toEqual(['y', 'z']);
});

test('of many at once one creates, the others change: one record', async () => {
  const replies = await Promise.all(
    Array.from({ length: 12 }, (_, i) => put('people', 'upsert=email', { email: 'race@example.com', name: `r${i}` })),
  );
  expect(replies.map((reply) => reply.statusCode)).toEqual(Array(12).fill(200));
  const found = (await all('people')).filter(({ email }) => email === 'race@example.com');
  expect(found).toHaveLength(1);
  expect(found[0]!['version']).toBe(12);
});

test('lists in opposite orders go one after the other, and are answered in their own order', async () => {
  const list = ['p', 'q', 'r'].map((code) => ({ code: `order-${code}` }));
  const lists = Array.from({ length: 8 }, (_, i) =>
    (i % 2 ? list : list.toReversed()).map((each) => ({ ...each, note: `${i}` })),
  );
  const replies = await Promise.all(lists.map((each) => put('codes', 'upsert=code&fields=code,note', each)));
  expect(replies.map((reply) => [reply.statusCode, reply.json().data])).toEqual(lists.map((each) => [200, each]));
  const made = (await all('codes')).filter(({ code }) => String(code).startsWith('order-'));
  expect(made.map(({ version }) => version)).toEqual([8, 8, 8]);
  expect(new Set(made.map(({ note }) => note)).size).toBe(1);
});

test('a value that reads like a variable is a value', async () => {
  for (const code of ['$NOW-1', '$NOW', '$CURRENT_USER', '$CURRENT_USER.name']) {
    const made = await put('codes', 'upsert=code', { code });
    expect([code, made.statusCode, made.json().data.version]).toEqual([code, 200, 1]);
    expect((await put('codes', 'upsert=code', { code, note: 'n' })).json()).toMatchObject({ data: { code, version: 2 } });
  }
});

test('refuses fields that are not unique, records without a value, and undoes all', async () => {
  for (const query of ['upsert=name', 'upsert=nothing', 'upsert=id', 'upsert=', 'x=1'])
    expect([query, (await put('people', query, { email: 'q@example.com', name: 'q' })).statusCode]).toEqual([query, 400]);
  const before = (await all('people')).length;
  expect((await put('people', 'upsert=email', [{ email: 'n@example.com', name: 'n' }, { name: 'no mail' }])).statusCode).toBe(
    400,
  );
  expect((await put('people', 'upsert=email', { email: 'not a mail', name: 'x' })).statusCode).toBe(400);
  expect((await all('people')).length).toBe(before);
});
