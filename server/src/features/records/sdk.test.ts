import {
  aggregate,
  createDirectus,
  createItem,
  createItems,
  deleteItem,
  deleteItems,
  readItem,
  readItems,
  rest,
  staticToken,
  updateItem,
  updateItems,
  updateItemsBatch,
  withSearch,
} from '@directus/sdk';
import { beforeAll, expect, test } from 'vitest';
import { useTestServer } from '../../../../test/harness.ts';
import { createRecordsProject, model, text, toMany, toOne, type RecordsProject } from '../../../../test/records.ts';

const server = useTestServer({ listen: true });

interface Author {
  id: string;
  name: string;
}
interface Tag {
  id: string;
  name: string;
}
interface Book {
  id: string;
  title: string;
  pages: number | null;
  author: Author | string | null;
  tags: Tag[] | string[];
}
interface Schema {
  authors: Author[];
  tags: Tag[];
  books: Book[];
}

let place: RecordsProject;
let key: string;
const connect = () =>
  createDirectus<Schema>(`${server.url}/api/projects/${place.project.slug}`).with(staticToken(key)).with(rest());
let client: ReturnType<typeof connect>;

beforeAll(async () => {
  place = await createRecordsProject(server, [
    model('authors', [text('name', { required: true })]),
    model('tags', [text('name', { required: true, unique: true })]),
    model('books', [
      text('title', { required: true }),
      { type: 'integer', key: 'pages' },
      toOne('author', 'authors', { reverse: 'books' }),
      toMany('tags', 'tags', 'books'),
    ]),
  ]);
  const made = await place.owner.browser.post('/api/keys', { name: 'sdk', projectId: place.project.id });
  key = made.json<{ data: { key: string } }>().data.key;
  client = connect();
});

test('creates, reads, changes and deletes one record', async () => {
  const made = await client.request(createItem('books', { title: 'One', pages: 10 }));
  expect(made).toMatchObject({ title: 'One', pages: 10, version: 1 });
  expect(await client.request(readItem('books', made.id))).toMatchObject({ title: 'One' });
  expect(await client.request(readItem('books', made.id, { fields: ['title'] }))).toEqual({ title: 'One' });
  expect(await client.request(updateItem('books', made.id, { pages: 11 }, { fields: ['pages'] }))).toEqual({ pages: 11 });
  expect(await client.request(deleteItem('books', made.id))).toBeNull();
  await expect(client.request(readItem('books', made.id))).rejects.toMatchObject({
    errors: [{ message: expect.any(String), extensions: { code: 'FORBIDDEN' } }],
  });
});

test('creates many at once, in their order, in the shape asked for, all or none', async () => {
  const titles = Array.from({ length: 120 }, (_, i) => ({ title: `Many ${i}`, pages: i % 3 === 0 ? null : i }));
  const made = await client.request(createItems('books', titles, { fields: ['title', 'pages'] }));
  expect(made).toEqual(titles);
  const query = { filter: { title: { _starts_with: 'Many' } } } as const;
  expect(await client.request(aggregate('books', { aggregate: { count: '*' }, query }))).toEqual([{ count: 120 }]);
  const bad = client.request(createItems('books', [{ title: 'Many more' }, { pages: 1 }]));
  await expect(bad).rejects.toMatchObject({ errors: [{ extensions: { code: 'INVALID_PAYLOAD', field: 'title' } }] });
  expect(await client.request(aggregate('books', { aggregate: { count: '*' }, query }))).toEqual([{ count: 120 }]);
});

test('lists by every parameter, by address and by SEARCH', async () => {
  await client.request(
    createItems('books', [
      { title: 'List a', pages: 5 },
      { title: 'List b', pages: 7 },
      { title: 'List c', pages: 9 },
    ]),
  );
  const query = {
    fields: ['title', 'pages'] as ('title' | 'pages')[],
    filter: { _and: [{ title: { _starts_with: 'List' } }, { pages: { _in: [5, 7, 9] } }] },
    sort: ['-pages' as const],
    limit: 1,
    page: 2,
    search: 'list',
  };
  expect(await client.request(readItems('books', query))).toEqual([{ title: 'List b', pages: 7 }]);
  expect(await client.request(withSearch(readItems('books', query)))).toEqual([{ title: 'List b', pages: 7 }]);
  expect(await client.request(readItems('books', { ...query, page: 1, offset: 2, limit: -1, fields: ['title'] }))).toHaveLength(
    3,
  );
});

test('changes many: the same for some, each its own, by query', async () => {
  const made = await client.request(createItems('books', [{ title: 'U1' }, { title: 'U2' }, { title: 'U3' }]));
  const ids = made.map(({ id }) => id);
  expect(await client.request(updateItems('books', ids.slice(0, 2), { pages: 1 }, { fields: ['title', 'pages'] }))).toEqual([
    { title: 'U1', pages: 1 },
    { title: 'U2', pages: 1 },
  ]);
  const each = ids.map((id, i) => ({ id, pages: 10 + i }));
  expect(await client.request(updateItemsBatch('books', each, { fields: ['pages'] }))).toEqual([
    { pages: 10 },
    { pages: 11 },
    { pages: 12 },
  ]);
  const filter = { filter: { title: { _in: ['U1', 'U3'] } } };
  expect(await client.request(updateItems('books', filter, { pages: 0 }))).toHaveLength(2);
  expect(await client.request(readItems('books', { filter: { pages: { _eq: 0 } }, sort: ['title'], fields: ['title'] }))).toEqual(
    [{ title: 'U1' }, { title: 'U3' }],
  );
});

test('deletes by ids and by query; one that is not there undoes all', async () => {
  const made = await client.request(createItems('books', [{ title: 'D1' }, { title: 'D2' }, { title: 'D3' }]));
  const ids = made.map(({ id }) => id);
  await expect(client.request(deleteItems('books', [ids[0]!, crypto.randomUUID()]))).rejects.toMatchObject({
    errors: [{ extensions: { code: 'FORBIDDEN' } }],
  });
  expect(await client.request(readItem('books', ids[0]!))).toMatchObject({ title: 'D1' });
  await client.request(deleteItems('books', ids.slice(0, 2)));
  await client.request(deleteItems('books', { filter: { title: { _eq: 'D3' } } }));
  expect(await client.request(readItems('books', { filter: { title: { _in: ['D1', 'D2', 'D3'] } } }))).toEqual([]);
});

test('writes related records and reads them back', async () => {
  const made = await client.request(
    createItem(
      'books',
      { title: 'Nested', author: { name: 'Ada' } as Author, tags: [{ name: 'new' }] as Tag[] },
      {
        fields: ['title', { author: ['name'] }, { tags: ['name'] }],
      },
    ),
  );
  expect(made).toEqual({ title: 'Nested', author: { name: 'Ada' }, tags: [{ name: 'new' }] });
});

test('refuses in Directus’ form', async () => {
  const code = (extensions: object) => ({ errors: [{ extensions }] });
  await expect(client.request(createItem('books', { title: 5 as never }))).rejects.toMatchObject(
    code({ code: 'INVALID_PAYLOAD', field: 'title' }),
  );
  await expect(client.request(readItems('books', { filter: { nothing: { _eq: 1 } } as never }))).rejects.toMatchObject(
    code({ code: 'INVALID_QUERY' }),
  );
  await client.request(createItem('tags', { name: 'taken' }));
  await expect(client.request(createItem('tags', { name: 'taken' }))).rejects.toMatchObject(
    code({ code: 'RECORD_NOT_UNIQUE', field: 'name' }),
  );
  await expect(client.request(readItems('nothing' as never))).rejects.toMatchObject(code({ code: 'FORBIDDEN' }));
  const stranger = createDirectus<Schema>(`${server.url}/api/projects/${place.project.slug}`)
    .with(staticToken('wrong'))
    .with(rest());
  await expect(stranger.request(readItems('books'))).rejects.toMatchObject(code({ code: 'INVALID_CREDENTIALS' }));
});
