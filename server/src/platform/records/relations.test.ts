/** Paths over every kind of relation, against SQL written by hand; and what a member may not see never shows through them. */
import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import { actorsFeature, addUser, type TestActor } from '../../../../test/actors.ts';
import { useTestServer } from '../../../../test/harness.ts';
import { fillLibrary, libraryFeature } from '../../../../test/library.ts';

const server = useTestServer({ features: [actorsFeature, libraryFeature] });
let owner: TestActor;
let member: TestActor;

beforeAll(async () => {
  owner = await addUser(server.deps.db, 'OWNER');
  member = await addUser(server.deps.db);
  await fillLibrary(server.deps.db);
});

interface Reply {
  status: number;
  data: Record<string, unknown>[];
  error?: { code: string; message: string };
}

async function list(model: string, query: Record<string, unknown>, actor = owner): Promise<Reply> {
  const text = Object.entries({ limit: -1, ...query }).map(
    ([key, value]) =>
      `${encodeURIComponent(key)}=${encodeURIComponent(typeof value === 'string' ? value : JSON.stringify(value))}`,
  );
  const reply = await server.app.inject({ url: `/api/${model}?${text.join('&')}`, headers: actor.headers });
  return { status: reply.statusCode, ...(reply.json() as Omit<Reply, 'status'>) };
}
const names = async (model: string, filter: object, actor = owner): Promise<unknown> => {
  const reply = await list(model, { filter, fields: 'name', sort: 'name' }, actor);
  return reply.error ?? reply.data.map((record) => record['name']);
};
const rows = async (text: string): Promise<Record<string, unknown>[]> =>
  (await sql.raw<Record<string, unknown>>(text).execute(server.deps.db)).rows;
const namesBy = async (text: string): Promise<unknown> =>
  (await rows(`select name from (${text}) found order by name collate "C"`)).map((row) => row['name']);

const book = 'select b.name from library.books b where b.deleted_at is null';
const tagged = (where: string, links = 'b.id = l.book') =>
  `exists (select from library.links l join library.tags t on t.id = l.tag where ${links} and l.deleted_at is null and t.deleted_at is null and ${where})`;

describe('filters', () => {
  test.each<[string, object, string]>([
    [
      'books',
      { author: { name: { _eq: 'author 7' } } },
      `${book} and b.author in (select id from library.authors where name = 'author 7' and deleted_at is null)`,
    ],
    [
      'books',
      { author: { mentor: { name: { _eq: 'author 4' } } } },
      `${book} and exists (select from library.authors a join library.authors m on m.id = a.mentor where a.id = b.author and m.name = 'author 4' and a.deleted_at is null and m.deleted_at is null)`,
    ],
    ['books', { tags: { name: { _eq: 'tag 98' } } }, `${book} and ${tagged("t.name = 'tag 98'")}`],
    ['books', { tags: { _some: { name: { _eq: 'tag 98' } } } }, `${book} and ${tagged("t.name = 'tag 98'")}`],
    ['books', { tags: { _none: { name: { _lt: 'tag 95' } } } }, `${book} and not ${tagged("t.name < 'tag 95'")}`],
    ['books', { tags: { _every: { name: { _gte: 'tag 90' } } } }, `${book} and not ${tagged("not t.name >= 'tag 90'")}`],
    ['books', { tags: { _null: true } }, `${book} and not ${tagged('true')}`],
    ['books', { tags: { _nnull: true } }, `${book} and ${tagged('true')}`],
    ['books', { tags: { _nempty: true } }, `${book} and ${tagged('true')}`],
    ['books', { tags: { _empty: 'false' } }, `${book} and ${tagged('true')}`],
    [
      'books',
      { tags: { owner: { born: { _gt: '1905-01-01' } } } },
      `${book} and ${tagged("exists (select from library.authors o where o.id = t.owner and o.born > '1905-01-01' and o.deleted_at is null)")}`,
    ],
    [
      'books',
      { covers: { name: { _eq: 'cover 3' } } },
      `${book} and exists (select from library.covers c where c.id = any(b.covers) and c.name = 'cover 3' and c.deleted_at is null)`,
    ],
    [
      'books',
      { covers: { _none: { closed: { _eq: true } } } },
      `${book} and not exists (select from library.covers c where c.id = any(b.covers) and c.closed and c.deleted_at is null)`,
    ],
    [
      'books',
      { covers: { _contains: '00000000-0000-7000-8004-000000000003' } },
      `${book} and '00000000-0000-7000-8004-000000000003' = any(b.covers)`,
    ],
    [
      'authors',
      { students: { name: { _ends_with: '0' } } },
      `select a.name from library.authors a where a.deleted_at is null and exists (select from library.authors s where s.mentor = a.id and s.name like '%0' and s.deleted_at is null)`,
    ],
    [
      'authors',
      { books: { _none: { pages: { _gt: 80 } } } },
      `select a.name from library.authors a where a.deleted_at is null and not exists (select from library.books b where b.author = a.id and b.pages > 80 and b.deleted_at is null)`,
    ],
    [
      'notes',
      { 'about:authors': { name: { _starts_with: 'author 2' } } },
      `select n.name from library.notes n join library.authors a on n.about = 'm_authors/' || a.id where a.name like 'author 2%' and a.deleted_at is null`,
    ],
    [
      'notes',
      { 'about:m_books': { tags: { name: { _eq: 'tag 97' } } } },
      `select n.name from library.notes n join library.books b on n.about = 'm_books/' || b.id where b.deleted_at is null and ${tagged("t.name = 'tag 97'")}`,
    ],
    ['notes', { about: { _null: true } }, 'select n.name from library.notes n where n.about is null'],
    ['books', { 'year(released)': { _eq: 2021 } }, `${book} and extract(year from b.released at time zone 'UTC') = 2021`],
    ['books', { 'hour(opens)': { _in: [3, 4] } }, `${book} and extract(hour from b.opens) in (3, 4)`],
    ['books', { 'weekday(released)': { _eq: '0' } }, `${book} and extract(dow from b.released at time zone 'UTC') = 0`],
    [
      'books',
      { 'count(tags)': { _gt: 2 } },
      `${book} and (select count(distinct t.id) from library.links l join library.tags t on t.id = l.tag where l.book = b.id and l.deleted_at is null and t.deleted_at is null) > 2`,
    ],
    [
      'books',
      { 'count(covers)': { _eq: 2 } },
      `${book} and (select count(*) from library.covers c where c.id = any(b.covers) and c.deleted_at is null) = 2`,
    ],
    [
      'books',
      { author: { 'month(born)': { _eq: 5 } } },
      `${book} and exists (select from library.authors a where a.id = b.author and extract(month from a.born) = 5 and a.deleted_at is null)`,
    ],
    [
      'books',
      { 'month(author.born)': { _eq: 5 } },
      `${book} and exists (select from library.authors a where a.id = b.author and extract(month from a.born) = 5 and a.deleted_at is null)`,
    ],
  ])('%s %j', async (model, filter, text) => {
    const expected = await namesBy(text);
    expect(expected).not.toEqual([]);
    expect(await names(model, filter)).toEqual(expected);
  });

  test.each<[string, object, string]>([
    ['notes', { about: { name: { _eq: 'x' } } }, 'bad_filter'],
    ['notes', { 'about:tags': { name: { _eq: 'x' } } }, 'bad_filter'],
    ['books', { 'about:authors': { name: { _eq: 'x' } } }, 'unknown_field'],
    ['books', { 'year(name)': { _eq: 1 } }, 'unknown_field'],
    ['books', { 'count(name)': { _eq: 1 } }, 'unknown_field'],
    ['books', { 'sleep(released)': { _eq: 1 } }, 'unknown_field'],
    ['books', { 'year(released)': { _eq: 'x' } }, 'bad_filter'],
    ['books', { 'year(released)': { name: { _eq: 1 } } }, 'bad_filter'],
    ['books', { tags: { _eq: 'x' } }, 'bad_filter'],
  ])('%s %j is refused', async (model, filter, code) => {
    expect(await list(model, { filter })).toMatchObject({ status: 400, error: { code } });
  });
});

describe('fields', () => {
  test('many-to-many: ids and records, in the order of the target', async () => {
    const { data } = await list('books', { fields: 'id,tags', sort: 'id' });
    const expected =
      await rows(`select b.id, coalesce((select json_agg(t.id order by t.name collate "C", t.id) from library.tags t where t.deleted_at is null
      and t.id in (select tag from library.links l where l.book = b.id and l.deleted_at is null)), '[]') as tags from library.books b where b.deleted_at is null order by id`);
    expect(data).toEqual(expected);
    const named = await list('books', { fields: 'tags.name,tags.owner.name', filter: { name: { _eq: 'book 8' } } });
    expect(named.data).toEqual(
      await rows(`select (select json_agg(json_build_object('name', t.name, 'owner', case when o.id is not null then json_build_object('name', o.name) end) order by t.name collate "C") from library.tags t
        left join library.authors o on o.id = t.owner and o.deleted_at is null where t.deleted_at is null and t.id in (select tag from library.links l where l.book = b.id and l.deleted_at is null)) as tags
        from library.books b where b.name = 'book 8'`),
    );
  });

  test('a list of ids: the ids themselves, and records in its order', async () => {
    const filter = { name: { _in: ['book 1', 'book 2', 'book 3'] } };
    const { data } = await list('books', { fields: 'covers', filter, sort: 'name' });
    expect(data).toEqual(
      await rows(`select covers from library.books where name in ('book 1', 'book 2', 'book 3') order by name`),
    );
    const expanded = await list('books', { fields: 'covers,covers.name', filter, sort: 'name' });
    expect(expanded.data).toEqual(
      await rows(`select coalesce((select json_agg(json_build_object('id', c.id, 'name', c.name) order by u.n) from (select id, min(n) as n from unnest(b.covers) with ordinality u(id, n) group by id) u
        join library.covers c on c.id = u.id and c.deleted_at is null), '[]') as covers from library.books b where name in ('book 1', 'book 2', 'book 3') order by name`),
    );
  });

  test('polymorphic: the value, and the record of each model', async () => {
    const filter = { name: { _in: ['note 1', 'note 2', 'note 3'] } };
    const author = { $model: 'authors', id: '00000000-0000-7000-8000-000000000002', name: 'author 2' };
    expect((await list('notes', { fields: 'about', filter })).data).toEqual([
      { about: { model: 'authors', id: author.id } },
      { about: { model: 'books', id: '00000000-0000-7000-8001-000000000003' } },
      { about: null },
    ]);
    expect((await list('notes', { fields: 'about.name,about.pages,about:books.author.name', filter })).data).toEqual([
      { about: author },
      {
        about: {
          $model: 'books',
          id: '00000000-0000-7000-8001-000000000003',
          name: 'book 3',
          pages: 3,
          author: { name: 'author 4' },
        },
      },
      { about: null },
    ]);
    expect((await list('notes', { fields: 'about:authors.name', filter })).data).toEqual([
      { about: author },
      { about: { model: 'books', id: '00000000-0000-7000-8001-000000000003' } },
      { about: null },
    ]);
    for (const fields of ['about.nothing', 'about:tags.name', 'about:authors.pages', 'name:authors.name'])
      expect(await list('notes', { fields })).toMatchObject({ status: 400, error: { code: 'unknown_field' } });
  });

  test('to itself, and the id with the record', async () => {
    const { data } = await list('authors', {
      fields: 'name,mentor,mentor.name,students.name',
      filter: { name: { _eq: 'author 4' } },
    });
    expect(data).toEqual([
      {
        name: 'author 4',
        mentor: { id: '00000000-0000-7000-8000-000000000001', name: 'author 1' },
        students: [{ name: 'author 12' }, { name: 'author 13' }, { name: 'author 14' }],
      },
    ]);
  });

  test('functions', async () => {
    const fields =
      'year(released),month(released),week(released),day(released),weekday(released),hour(released),minute(released),second(released),hour(opens),author.year(born),count(tags)';
    const { data } = await list('books', { fields, sort: 'id', limit: 30 });
    const part = (name: string) => `extract(${name} from b.released at time zone 'UTC')::int as released_${name}`;
    expect(data).toEqual(
      await rows(`select ${['year', 'month', 'week', 'day', 'hour', 'minute'].map(part).join(', ')}, extract(dow from b.released at time zone 'UTC')::int as released_weekday,
        trunc(extract(second from b.released))::int as released_second, extract(hour from b.opens)::int as opens_hour,
        (select json_build_object('born_year', extract(year from a.born)::int) from library.authors a where a.id = b.author and a.deleted_at is null) as author,
        (select count(distinct t.id)::int from library.links l join library.tags t on t.id = l.tag where l.book = b.id and l.deleted_at is null and t.deleted_at is null) as tags_count
        from library.books b where b.deleted_at is null order by b.id limit 30`),
    );
  });

  test('aliases', async () => {
    const { data } = await list('books', {
      fields: 'title,few.name,all.name,author.called',
      alias: { title: 'name', few: 'tags', all: 'tags' },
      deep: { few: { _limit: 1 }, author: { _alias: { called: 'name' } } },
      filter: { name: { _eq: 'book 8' } },
    });
    const all = await rows(
      `select distinct t.name from library.links l join library.tags t on t.id = l.tag where l.book = '00000000-0000-7000-8001-000000000008' and l.deleted_at is null and t.deleted_at is null order by name`,
    );
    expect(all.length).toBeGreaterThan(1);
    expect(data).toEqual([{ title: 'book 8', few: all.slice(0, 1), all, author: { called: 'author 9' } }]);
    for (const alias of [{ x: 'nothing' }, { $x: 'name' }, { x: 'author.name' }, 'name', { x: 1 }])
      expect((await list('books', { fields: 'x', alias })).status).toBe(400);
  });
});

describe('deep', () => {
  const tagsOf = (n: number, rest: string) =>
    rows(
      `select distinct t.name from library.links l join library.tags t on t.id = l.tag where l.book = '00000000-0000-7000-8001-${String(n).padStart(12, '0')}' and l.deleted_at is null and t.deleted_at is null ${rest}`,
    );

  test('filters, sorts and pages the related records of each parent', async () => {
    const filter = { name: { _in: ['book 8', 'book 9'] } };
    const ask = async (deep: unknown) =>
      (await list('books', { fields: 'tags.name', filter, sort: 'name', deep })).data.map((record) => record['tags']);
    for (const [tags, text] of [
      [{ _sort: '-name' }, 'order by name desc'],
      [{ _sort: ['-name'], _limit: 2 }, 'order by name desc limit 2'],
      [{ _limit: 1, _page: 2 }, 'order by name limit 1 offset 1'],
      [{ _limit: -1, _offset: 1 }, 'order by name offset 1'],
      [{ _limit: 0 }, 'limit 0'],
      [{ _filter: { name: { _gt: 'tag 92' } } }, "and t.name > 'tag 92' order by name"],
      [
        { _filter: { owner: { name: { _neq: 'author 1' } } }, _search: 'TAG 9' },
        "and t.owner <> '00000000-0000-7000-8000-000000000001' and t.name like 'tag 9%' order by name",
      ],
    ] as const)
      expect([tags, await ask({ tags })]).toEqual([tags, [await tagsOf(8, text), await tagsOf(9, text)]]);
  });

  test('nests, in brackets too, with other values under one plan', async () => {
    for (const name of ['book 1', 'book 2', 'book 3']) {
      const reply = await server.app.inject({
        url: `/api/authors?filter[books][name][_eq]=${name}&fields=name,books.name,books.tags.name&deep[books][_filter][name][_eq]=${name}&deep[books][tags][_limit]=1&deep[books][tags][_sort][]=-name`,
        headers: owner.headers,
      });
      const n = Number(name.slice(5));
      expect(reply.json()).toMatchObject({ data: [{ books: [{ name, tags: await tagsOf(n, 'order by name desc limit 1') }] }] });
    }
  });

  test('also for one record, a list of ids, and with all fields', async () => {
    const id = '00000000-0000-7000-8001-000000000008';
    const one = await server.app.inject({
      url: `/api/books/${id}?fields=covers.name&deep=${encodeURIComponent('{"covers":{"_sort":"name","_limit":1}}')}`,
      headers: owner.headers,
    });
    expect(one.json()).toEqual({
      data: {
        covers: await rows(
          `select c.name from library.books b join library.covers c on c.id = any(b.covers) and c.deleted_at is null where b.id = '${id}' order by c.name limit 1`,
        ),
      },
    });
    const { data } = await list('books', { filter: { id: { _eq: id } }, deep: { tags: { _limit: 1 } } });
    expect(data[0]!['tags']).toHaveLength(1);
  });

  test('reaches through one of several models', async () => {
    const deep = { 'about:books': { tags: { _sort: '-name', _limit: 1 } } };
    const { data } = await list('notes', { fields: 'about:books.tags.name', filter: { name: { _eq: 'note 2' } }, deep });
    expect(data).toMatchObject([{ about: { tags: await tagsOf(3, 'order by name desc limit 1') } }]);
    const cut = { 'about:books': { _limit: 1 } };
    expect((await list('notes', { fields: 'about:books.name', deep: cut })).status).toBe(400);
  });

  test.each<[unknown, string?]>([
    ['x'],
    [[]],
    [{ tags: 1 }],
    [{ tags: { _nonsense: 1 } }],
    [{ tags: { _limit: 'x' } }],
    [{ tags: { _limit: -2 } }],
    [{ tags: { _page: 0 } }],
    [{ tags: { _filter: { name: 'x' } } }, 'bad_filter'],
    [{ tags: { _filter: { nothing: { _eq: 1 } } } }, 'unknown_field'],
    [{ tags: { _sort: 'nothing' } }, 'unknown_field'],
    [{ name: { _limit: 1 } }],
    [{ nothing: { _limit: 1 } }, 'unknown_field'],
    [{ author: { _limit: 1 } }],
    [{ covers: { _limit: 1 } }],
    [{ tags: { owner: { books: { _limit: 1 } } } }],
  ])('refuses %j', async (deep, code = 'validation_failed') => {
    expect(await list('books', { fields: 'tags.name,author.name', deep })).toMatchObject({ status: 400, error: { code } });
  });
});

describe('sort and aggregates', () => {
  test.each([
    ['author.name,id', `(select a.name collate "C" from library.authors a where a.id = b.author and a.deleted_at is null), b.id`],
    [
      '-count(tags),id',
      `(select count(distinct t.id) from library.links l join library.tags t on t.id = l.tag where l.book = b.id and l.deleted_at is null and t.deleted_at is null) desc, b.id`,
    ],
    ['month(released),-id', `extract(month from b.released at time zone 'UTC'), b.id desc`],
    [
      '-author.year(born),id',
      `(select extract(year from a.born) from library.authors a where a.id = b.author and a.deleted_at is null) desc, b.id`,
    ],
  ])('sort by %s', async (sort, order) => {
    const expected = await rows(`select b.id from library.books b where b.deleted_at is null order by ${order}`);
    expect((await list('books', { fields: 'id', sort })).data).toEqual(expected);
    const seen: unknown[] = [];
    for (let cursor: unknown; ;) {
      const reply = await list('books', { fields: 'id', sort, limit: 60, ...(cursor ? { cursor } : {}) });
      seen.push(...reply.data);
      cursor = (reply as unknown as { meta: { nextCursor: unknown } }).meta.nextCursor;
      if (!cursor) break;
    }
    expect(seen).toEqual(expected);
  });

  test.each<[Record<string, unknown>, string]>([
    [{ aggregate: { countAll: '*' } }, `select count(*)::int as "countAll" from library.books b where b.deleted_at is null`],
    [
      { aggregate: { count: 'pages,author' } },
      `select json_build_object('pages', count(pages), 'author', count(author)) as count from library.books b where b.deleted_at is null`,
    ],
    [
      { aggregate: { sumDistinct: ['pages'], avgDistinct: 'pages', countDistinct: 'pages' } },
      `select json_build_object('pages', count(distinct pages)) as "countDistinct", json_build_object('pages', sum(distinct pages)) as "sumDistinct", json_build_object('pages', avg(distinct pages)::text) as "avgDistinct" from library.books b where b.deleted_at is null`,
    ],
    [
      { aggregate: { count: '*' }, groupBy: 'year(released)', sort: '-count' },
      `select extract(year from released at time zone 'UTC')::int as released_year, count(*)::int as count from library.books b where b.deleted_at is null group by 1 order by 2 desc, 1`,
    ],
    [
      { aggregate: { count: '*', max: 'pages' }, groupBy: ['author.name'], sort: '-max.pages,author.name', limit: 5 },
      `select a.name as "author.name", count(*)::int as count, json_build_object('pages', max(pages)) as max from library.books b left join library.authors a on a.id = b.author and a.deleted_at is null where b.deleted_at is null group by a.name order by max(pages) desc, a.name collate "C" limit 5`,
    ],
    [
      { aggregate: { count: 'id' }, groupBy: 'author', filter: { tags: { name: { _eq: 'tag 98' } } }, sort: 'author', limit: 3 },
      `select author, json_build_object('id', count(id)) as count from library.books b where b.deleted_at is null and ${tagged("t.name = 'tag 98'")} group by author order by author limit 3`,
    ],
    [
      { aggregate: { sum: 'count(tags)' } },
      `select json_build_object('count(tags)', (select count(distinct (l.book, l.tag)) from library.links l join library.tags t on t.id = l.tag join library.books b on b.id = l.book where l.deleted_at is null and t.deleted_at is null and b.deleted_at is null)) as sum`,
    ],
  ])('aggregate %j', async (query, text) => {
    const order = (data: Record<string, unknown>[]) => JSON.parse(JSON.stringify(data), numeric) as unknown;
    expect(order((await list('books', query)).data)).toEqual(order(await rows(text)));
  });

  test.each([
    { aggregate: { countAll: 'id' } },
    { aggregate: { countDistinct: '*' } },
    { aggregate: { sum: 'name' } },
    { aggregate: { sum: 'tags' } },
    { aggregate: { count: '*' }, groupBy: 'author', sort: 'price' },
    { aggregate: { count: '*' }, groupBy: 'tags' },
    { sort: 'tags.name' },
    { sort: 'tags' },
    { sort: 'year(tags)' },
    { fields: 'year(name)' },
    { fields: 'year(released).x' },
  ])('%j is refused', async (query) => {
    expect((await list('books', query)).status).toBe(400);
  });
});

/** Sums come as number or text by their type; here only the value counts. */
const numeric = (_: string, value: unknown): unknown =>
  typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value;

describe('what a member may not see', () => {
  test('shows nowhere behind a relation', async () => {
    const seenBooks = `b.deleted_at is null and not b.secret`;
    const { data } = await list('tags', { fields: 'name,books.name,count(books),owner.name', sort: 'name' }, member);
    expect(data).toEqual(
      await rows(`select t.name, coalesce((select json_agg(json_build_object('name', b.name) order by b.name collate "C") from (select b.name from library.books b where ${seenBooks}
        and b.id in (select book from library.links l where l.tag = t.id and l.deleted_at is null) order by b.name collate "C" limit 100) b), '[]') as books,
        (select count(*)::int from library.books b where ${seenBooks} and b.id in (select book from library.links l where l.tag = t.id and l.deleted_at is null)) as books_count,
        (select json_build_object('name', o.name) from library.authors o where o.id = t.owner and o.deleted_at is null and not o.hidden) as owner
        from library.tags t where t.deleted_at is null and not t.closed order by t.name`),
    );
    const notes = await list('notes', { fields: 'about.name' }, member);
    expect(JSON.stringify(notes.data)).not.toMatch(/author (5|10|15|20|25|30|35|40)"|book (6|12|18|24|30)"/);
    expect(notes.data).toContainEqual({ about: null });
    const covers = await list('books', { fields: 'covers.name' }, member);
    expect(JSON.stringify(covers.data)).not.toMatch(/cover (4|8|12|16|20)"/);
  });

  test('decides nothing', async () => {
    const hidden = `exists (select from library.authors a where a.id = b.author and a.hidden)`;
    const own = `${book} and not b.secret`;
    // Nobody finds out by a filter, a count or an order that a hidden record is there.
    expect(await names('books', { author: { name: { _starts_with: 'author' } } }, member)).toEqual(
      await namesBy(
        `${own} and author is not null and not ${hidden} and exists (select from library.authors a where a.id = b.author and a.deleted_at is null)`,
      ),
    );
    expect(await names('books', { tags: { _none: { name: { _nnull: true } } } }, member)).toEqual(
      await namesBy(`${own} and not ${tagged('not t.closed')}`),
    );
    expect(await names('books', { tags: { _every: { name: { _lt: 'tag 95' } } } }, member)).toEqual(
      await namesBy(`${own} and not ${tagged("not t.closed and not t.name < 'tag 95'")}`),
    );
    expect(await names('books', { covers: { _none: { name: { _nnull: true } } } }, member)).toEqual(
      await namesBy(
        `${own} and not exists (select from library.covers c where c.id = any(b.covers) and not c.closed and c.deleted_at is null)`,
      ),
    );
    expect(await names('notes', { 'about:books': { name: { _nnull: true } } }, member)).toEqual(
      await namesBy(
        `select n.name from library.notes n join library.books b on n.about = 'm_books/' || b.id where b.deleted_at is null and not b.secret`,
      ),
    );
    expect((await list('books', { aggregate: { count: '*' }, groupBy: 'author.name' }, member)).data).toEqual(
      await rows(
        `select a.name as "author.name", count(*)::int as count from library.books b left join library.authors a on a.id = b.author and a.deleted_at is null and not a.hidden where b.deleted_at is null and not b.secret group by a.name order by a.name collate "C" limit 50`.replace(
          'limit 50',
          '',
        ),
      ),
    );
    expect((await list('books', { fields: 'id', sort: 'author.name,id' }, member)).data).toEqual(
      await rows(
        `select b.id from library.books b left join library.authors a on a.id = b.author and a.deleted_at is null and not a.hidden where b.deleted_at is null and not b.secret order by a.name collate "C", b.id`,
      ),
    );
  });

  test.each<[string, Record<string, unknown>]>([
    ['authors', { filter: { salary: { _gt: 1 } } }],
    ['books', { filter: { author: { salary: { _gt: 1 } } } }],
    ['books', { filter: { tags: { owner: { salary: { _gt: 1 } } } } }],
    ['notes', { filter: { 'about:authors': { salary: { _gt: 1 } } } }],
    ['books', { fields: 'author.salary' }],
    ['notes', { fields: 'about.salary' }],
    ['notes', { fields: 'about:authors.salary' }],
    ['books', { sort: 'author.salary' }],
    ['books', { aggregate: { max: 'author.salary' } }],
    ['books', { aggregate: { count: '*' }, groupBy: 'author.salary' }],
    ['tags', { fields: 'owner.name,books.name', deep: { books: { _filter: { author: { salary: { _gt: 1 } } } } } }],
    ['tags', { fields: 'books.name', deep: { books: { _sort: 'author.salary' } } }],
    [
      'books',
      {
        fields: 'x.y',
        alias: { x: 'author' },
        deep: { x: { _alias: { y: 'salary' } } },
        filter: { author: { salary: { _nnull: true } } },
      },
    ],
    ['books', { fields: 'author.y', deep: { author: { _alias: { y: 'salary' } } } }],
  ])('%s %j is unknown', async (model, query) => {
    expect(await list(model, query, member)).toMatchObject({ status: 400, error: { code: 'unknown_field' } });
    expect((await list(model, query)).status).toBe(200);
  });

  test('nor the rows of the junction', async () => {
    expect((await list('links', {}, member)).data).toEqual([]);
  });
});

describe('bombs', () => {
  test.each<[string, Record<string, unknown>]>([
    ['books', { fields: '*.*.*.*.*.*.*' }],
    ['books', { fields: Array.from({ length: 9 }, () => 'author.mentor').join('.') }],
    ['books', { fields: Array.from({ length: 5_000 }, (_, i) => `f${i}`).join(',') }],
    ['books', { fields: 'tags.books.tags.books.tags.books.tags.name' }],
    ['books', { fields: 'tags.books.tags.name' }],
    ['books', { filter: { _or: Array.from({ length: 10_000 }, () => ({ name: { _eq: 'x' } })) } }],
    ['books', { filter: { _or: Array.from({ length: 150 }, () => ({ tags: { _some: {} } })) } }],
    ['books', { filter: { _and: Array.from({ length: 3_000 }, () => ({})) } }],
    ['books', { fields: 'name', deep: Array.from({ length: 30 }).reduce<object>((inner) => ({ tags: inner }), {}) }],
    ['books', { fields: 'name', deep: Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`r${i}`, {}])) }],
    ['books', { fields: 'tags.name,covers.name', filter: terms(150), deep: { tags: { _filter: terms(60) } } }],
  ])('%s %# is refused', async (model, query) => {
    const from = performance.now();
    expect((await list(model, query)).status).toBe(400);
    expect(performance.now() - from).toBeLessThan(3_000);
  });

  test('a record that many refer to counts for each of them', async () => {
    await sql`insert into library.notes select gen_random_uuid(), 'same ' || n, 'm_authors/00000000-0000-7000-8000-000000000001' from generate_series(1, 600) n`.execute(
      server.deps.db,
    );
    await sql`insert into library.authors select gen_random_uuid(), 'pupil ' || n, null, 0, false, '00000000-0000-7000-8000-000000000001' from generate_series(1, 99) n`.execute(
      server.deps.db,
    );
    const ask = (limit: number) =>
      list('notes', { fields: 'about:authors.students.name', filter: { name: { _starts_with: 'same' } }, limit });
    expect((await ask(400)).status).toBe(200);
    expect(await ask(600)).toMatchObject({ status: 400, error: { code: 'validation_failed' } });
    await sql`delete from library.notes where name like 'same %'`.execute(server.deps.db);
    await sql`delete from library.authors where name like 'pupil %'`.execute(server.deps.db);
  });

  test('one statement per relation and level', async () => {
    const { pool } = server.deps;
    const query = pool.query.bind(pool);
    let count = 0;
    pool.query = ((...given: Parameters<typeof query>) => (count++, query(...given))) as typeof pool.query;
    await list('books', { fields: 'name,tags.owner.name,covers.name,author.mentor.name', limit: 100 });
    pool.query = query;
    expect(count).toBe(6);
  });

  test('aliases cannot multiply the relations beyond the bound', async () => {
    const alias = Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`a${i}`, 'tags']));
    expect(
      (
        await list('books', {
          fields: Object.keys(alias)
            .map((key) => `${key}.id`)
            .join(','),
          alias,
        })
      ).status,
    ).toBe(400);
  });
});

function terms(count: number): object {
  return { _or: Array.from({ length: count }, () => ({ name: { _eq: 'x' } })) };
}
