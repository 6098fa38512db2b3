import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addMember, registerUser } from '../../../../../test/accounts.ts';
import { createEveryTypeProject } from '../../../../../test/every-type.ts';
import { useTestServer } from '../../../../../test/harness.ts';
import { addModels, model, text, type RecordsProject } from '../../../../../test/records.ts';
import { comment } from './write-types.ts';

const server = useTestServer({ listen: true });
let place: RecordsProject;
let directory: string;
let source: string;
let key: string;

const address = (): string => `/api/projects/${place.project.slug}/client.ts`;

beforeAll(async () => {
  place = await createEveryTypeProject(server);
  const made = await place.owner.browser.post('/api/keys', { name: 'client', projectId: place.project.id });
  key = made.json<{ data: { key: string } }>().data.key;
  directory = await mkdtemp(join(tmpdir(), 'piper-client-'));
  source = (await place.owner.browser.get(address())).body;
}, 60_000);
afterAll(() => rm(directory, { recursive: true, force: true }));

const options = {
  target: 'es2022',
  module: 'nodenext',
  lib: ['es2022', 'dom', 'dom.iterable', 'dom.asynciterable'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noImplicitReturns: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  noPropertyAccessFromIndexSignature: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  erasableSyntaxOnly: true,
  allowImportingTsExtensions: true,
  noEmit: true,
  types: [],
};

/** What the compiler says about these files; empty when nothing is wrong. */
async function compile(files: Record<string, string>): Promise<string> {
  const at = await mkdtemp(join(directory, 'compiled-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(at, name), text);
  await writeFile(join(at, 'package.json'), '{"type":"module"}');
  await writeFile(join(at, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, include: ['*.ts'] }));
  const tsc = new URL('../../../../../node_modules/.bin/tsc', import.meta.url).pathname;
  return new Promise((resolve) => {
    execFile(tsc, ['-p', at], { timeout: 60_000 }, (error, out, err) => resolve(error ? `${out}${err}${error.message}` : ''));
  });
}

const use = `
import { createClient, PiperError, type Thing, type ThingCreate } from './client.ts';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <T extends true>(yes: T): T => yes;

const client = createClient({ url: 'https://piper.example.com', token: async () => 't' });
const things = client.items('things');

export async function reads(): Promise<void> {
  const { data } = await things.list({
    filter: {
      _or: [{ title: { _icontains: 'a' } }, { a_integer: { _between: [1, 5] } }],
      a_select: { _in: ['open'] },
      author: { name: { _eq: 'Ada' } },
      tags: { _some: { word: { _starts_with: 'x' } } },
      a_date_time: { _gt: '$NOW(-1 day)' },
      'year(a_date)': { _eq: 2026 },
      'about:tags': { word: { _eq: 'x' } },
      createdBy: { _eq: '$CURRENT_USER' },
      a_text: { _in: '$CURRENT_ROLES' },
      a_multi_select: { _intersects: '$CURRENT_ROLES' },
      author_kind: { _eq: 'firm' },
      tag_words: { _nnull: true },
    },
    fields: ['title', 'a_decimal', 'count(tags)', { author: ['name', { things: ['code'] }], tags: ['word'], about: { tags: ['word'] } }],
    sort: ['-title', 'author.name'],
    deep: { tags: { _limit: 3, _sort: '-word' } },
    limit: 10,
  });
  const one = data[0]!;
  is<Equal<typeof one.title, string>>(true);
  is<Equal<typeof one.a_decimal, string | null>>(true);
  is<Equal<typeof one.tags_count, number | null>>(true);
  is<Equal<typeof one.author, { name: string; things: { code: string | null }[] } | null>>(true);
  is<Equal<typeof one.tags, { word: string }[]>>(true);
  // @ts-expect-error -- because: was not asked for
  one.code;
  const plain = await things.read('id');
  is<Equal<typeof plain, Thing>>(true);
  is<Equal<typeof plain.author, string | null>>(true);
  is<Equal<typeof plain.a_integer, number | null>>(true);
  is<Equal<typeof plain.a_multi_select, ('open' | 'it\\'s */ "done"\\n')[] | null>>(true);
  is<Equal<typeof plain.a_select, 'open' | 'it\\'s */ "done"\\n'>>(true);
  is<Equal<typeof plain.author_kind, 'person' | 'firm' | null>>(true);
  is<Equal<typeof plain.tag_words, string[]>>(true);
  const groups = await things.aggregate({ aggregate: { count: '*', sum: ['a_integer'] }, groupBy: ['a_select'], sort: '-count' });
  is<Equal<(typeof groups)[number]['count'], number>>(true);
  is<Equal<(typeof groups)[number]['sum'], { a_integer: string | number | null }>>(true);
  is<Equal<(typeof groups)[number]['a_select'], Thing['a_select']>>(true);
  for await (const page of things.pages({ fields: ['*', { author: ['*'] }] })) page[0]?.author?.born?.toUpperCase();
  for await (const event of things.subscribe({ filter: { a_boolean: { _eq: true } } })) {
    if (event.type === 'updated') event.after?.title;
  }
}

export async function writes(): Promise<void> {
  const data: ThingCreate = { title: 'x', author: { name: 'Ada' }, tags: ['id', { word: 'new' }, { id: 'id' }], a_boolean: null };
  const made = await things.create(data, { fields: ['id', { author: ['name'] }], idempotencyKey: 'k' });
  is<Equal<typeof made.id, string>>(true);
  await things.create({ title: 'x', parts: [{ name: 'y' }, { id: 'id', name: 'z' }] });
  await client.items('thing_tags').create({ thing: made.id, tag: { word: 'x' } });
  await things.update(made.id, { tags: { create: [{ word: 'y' }], delete: ['id'] } }, { ifMatch: 3 });
  await things.upsert('code', { title: 'x', code: 'c' });
  const [author, thing, gone] = await client.batch([
    { op: 'create', model: 'authors', data: { name: 'Ada' }, ref: 'ada' },
    { op: 'create', model: 'things', data: { title: 'x', author: { $ref: 'ada' } } },
    { op: 'delete', model: 'tags', id: 'id' },
  ]);
  is<Equal<typeof author.name, string>>(true);
  is<Equal<typeof thing, Thing>>(true);
  is<Equal<typeof gone, null>>(true);
  await client.items('await').create({ delete: 'x', default: null });
  try {
    await things.delete('id', { permanent: true });
  } catch (error) {
    if (error instanceof PiperError) error.code.toUpperCase();
  }
}

export async function wrong(): Promise<void> {
  // @ts-expect-error -- because: no such model
  client.items('nothing');
  // @ts-expect-error -- because: Piper's own models have no records here
  client.items('$users');
  // @ts-expect-error -- because: no such field
  await things.list({ fields: ['nothing'] });
  // @ts-expect-error -- because: no such field of the related record
  await things.list({ fields: [{ author: ['title'] }] });
  // @ts-expect-error -- because: no such field
  await things.list({ filter: { nothing: { _eq: 1 } } });
  // @ts-expect-error -- because: another type
  await things.list({ filter: { a_integer: { _eq: 'x' } } });
  // @ts-expect-error -- because: an operator of texts
  await things.list({ filter: { a_integer: { _contains: 'x' } } });
  // @ts-expect-error -- because: no choice
  await things.list({ filter: { a_select: { _eq: 'closed' } } });
  // @ts-expect-error -- because: can't be sorted
  await things.list({ sort: 'a_json' });
  // @ts-expect-error -- because: "title" is required
  await things.create({ code: 'x' });
  // @ts-expect-error -- because: another type
  await things.create({ title: 5 });
  // @ts-expect-error -- because: not null
  await things.create({ title: null });
  // @ts-expect-error -- because: no choice
  await things.create({ title: 'x', a_select: 'closed' });
  // @ts-expect-error -- because: computed
  await things.update('id', { twice: 4 });
  // @ts-expect-error -- because: the database counts
  await things.create({ title: 'x', a_auto_number: 4 });
  // @ts-expect-error -- because: not unique
  await things.upsert('title', { title: 'x' });
  // @ts-expect-error -- because: a related record without what it needs
  await things.create({ title: 'x', author: { born: '2000-01-01' } });
  // @ts-expect-error -- because: a member of the list without what it needs
  await things.create({ title: 'x', parts: [{}] });
  // @ts-expect-error -- because: by itself it must say of which thing it is
  await client.items('parts').create({ name: 'x' });
  // @ts-expect-error -- because: no list, and no variable that stands for one
  await things.list({ filter: { a_multi_select: { _intersects: '$NOW' } } });
  // @ts-expect-error -- because: set by the server
  await client.batch([{ op: 'update', model: 'things', id: 'id', data: { createdAt: 'x' } }]);
}
`;

describe('the file', () => {
  test('compiles strictly, and refuses what is wrong', { timeout: 90_000 }, async () => {
    expect(await compile({ 'client.ts': source, 'use.ts': use })).toBe('');
  });

  test('is a file to keep', async () => {
    const { statusCode, headers } = await place.owner.browser.get(address());
    expect([statusCode, headers['content-disposition']]).toEqual([200, 'attachment; filename="piper-client.ts"']);
    expect(headers['etag']).toMatch(/^W\/".{22}"$/);
  });

  test('is the same for the same definitions', async () => {
    const [one, other] = [await registerUser(server), await registerUser(server)];
    for (const user of [one, other]) await addMember(place.owner, place.project, user, 'admin');
    const first = (await one.browser.get(address())).body;
    expect((await other.browser.get(address())).body).toBe(first);
    // There and back again.
    await addModels(server, place.project.id, [model('passing', [text('name')])]);
    expect((await one.browser.get(address())).body).toContain('interface Passing ');
    await place.owner.browser.delete(`/api/models/passing?project=${place.project.id}`);
    expect((await one.browser.get(address())).body).toBe(first);
  });

  test('offers nobody what they may not do', { timeout: 90_000 }, async () => {
    const viewer = await registerUser(server);
    await addMember(place.owner, place.project, viewer, 'viewer');
    const { body } = await viewer.browser.get(address());
    expect(body).not.toContain('interface ThingCreate');
    const program = `
      import { createClient } from './client.ts';
      const { create, update, list } = createClient({ url: '', token: '' }).items('things');
      // @ts-expect-error -- because: may not be created
      void create({ title: 'x' });
      // @ts-expect-error -- because: may not be changed
      void update('id', { title: 'x' });
      void list();
    `;
    expect(await compile({ 'client.ts': body, 'use.ts': program })).toBe('');
  });

  test('takes no word of a comment for its end or for an order', () => {
    expect(comment('a */ b')).toBe('/** a *\\/ b */\n');
    expect(comment('one\r\n\n@ts-ignore\u2028three')).toBe('/**\n * one\n * @ ts-ignore\n * three\n */\n');
  });
});

interface Loose {
  createClient(options: { url: string; token: string | (() => string); fetch?: typeof fetch }): {
    items(model: string): Record<string, (...given: unknown[]) => Promise<never>> & {
      pages(query: object): AsyncIterable<{ title: string }[]>;
      subscribe(options: object): AsyncGenerator<Record<string, unknown> & { type: string; cursor: string }>;
    };
    batch(operations: unknown[]): Promise<{ id: string; [key: string]: unknown }[]>;
  };
  PiperError: new () => Error;
}

describe('with a server', () => {
  let loose: Loose;
  const connect = () => loose.createClient({ url: `${server.url}/`, token: key });

  beforeAll(async () => {
    const file = join(directory, 'client.ts');
    await writeFile(file, source);
    loose = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as Loose;
  });

  test('creates, reads, changes, lists, deletes and restores', async () => {
    const things = connect().items('things');
    const made: { id: string; version: number } = await things['create']!({
      title: 'One',
      a_integer: 21,
      author: { name: 'Ada' },
      tags: [{ word: 'x' }, { word: 'y' }],
    });
    expect(made).toMatchObject({ title: 'One', twice: 42, a_select: 'open' });
    const fields = ['title', 'count(tags)', { author: ['name'], tags: ['word'] }];
    expect(await things['read']!(made.id, { fields, deep: { tags: { _sort: '-word', _limit: 1 } } })).toEqual({
      title: 'One',
      tags_count: 2,
      author: { name: 'Ada' },
      tags: [{ word: 'y' }],
    });
    expect(await things['update']!(made.id, { title: 'Two' }, { ifMatch: 1, fields: ['title'] })).toEqual({ title: 'Two' });
    await expect(things['update']!(made.id, { title: 'Three' }, { ifMatch: 1 })).rejects.toMatchObject({
      status: 412,
      code: 'version_mismatch',
    });
    expect(await things['list']!({ filter: { id: { _eq: made.id } }, fields: ['title'], meta: '*' })).toMatchObject({
      data: [{ title: 'Two' }],
      meta: { filter_count: 1 },
    });
    const ids = Array.from({ length: 300 }, () => crypto.randomUUID());
    expect(await things['list']!({ filter: { id: { _in: [...ids, made.id] } }, fields: ['id'] })).toMatchObject({
      data: [{ id: made.id }],
    });
    expect(await things['upsert']!('code', { title: 'Three', code: 'c' }, { fields: ['code'] })).toEqual({ code: 'c' });
    const { data: revisions }: { data: { id: string; type: string }[] } = await things['revisions']!(made.id);
    expect(revisions.map(({ type }) => type)).toEqual(['updated', 'created']);
    expect(await things['revert']!(made.id, revisions[1]!.id)).toMatchObject({ data: { title: 'One' }, skipped: [] });
    expect(await things['comment']!(made.id, 'hello')).toMatchObject({ text: 'hello' });
    expect(await things['comments']!(made.id)).toMatchObject({ data: [{ text: 'hello' }] });
    await things['delete']!(made.id);
    await expect(things['read']!(made.id)).rejects.toBeInstanceOf(loose.PiperError);
    expect(await things['restore']!(made.id, { fields: ['title'] })).toEqual({ title: 'One' });
  });

  test('writes many, pages through them and counts them', async () => {
    const things = connect().items('things');
    const many = Array.from({ length: 25 }, (_, i) => ({ title: `page ${i}`, a_integer: i }));
    const made: { id: string }[] = await things['createMany']!(many, { fields: ['id'], idempotencyKey: 'many' });
    expect(await things['createMany']!(many, { fields: ['id'], idempotencyKey: 'many' })).toEqual(made);
    const seen: string[] = [];
    const filter = { title: { _starts_with: 'page' } };
    for await (const page of things.pages({ filter, sort: 'title', limit: 10, fields: ['title'] }))
      seen.push(...page.map(({ title }) => title));
    expect(seen).toEqual(many.map(({ title }) => title).toSorted());
    const query = { filter, aggregate: { count: '*', sum: ['a_integer'] }, groupBy: ['a_select'] };
    expect(await things['aggregate']!(query)).toEqual([{ count: 25, sum: { a_integer: 300 }, a_select: 'open' }]);
    expect(
      await things['updateMany']!(
        made.slice(0, 2).map(({ id }) => id),
        { a_integer: 7 },
        { fields: ['a_integer'] },
      ),
    ).toEqual([{ a_integer: 7 }, { a_integer: 7 }]);
    await things['deleteMany']!(made.map(({ id }) => id));
    expect(await things['list']!({ filter })).toMatchObject({ data: [] });
  });

  test('writes a batch, all or nothing', async () => {
    const [author, thing] = await connect().batch([
      { op: 'create', model: 'authors', data: { name: 'Grace' }, ref: 'grace' },
      {
        op: 'create',
        model: 'things',
        data: { title: 'x', author: { $ref: 'grace' }, about: { model: 'authors', id: { $ref: 'grace' } } },
      },
    ]);
    expect(thing).toMatchObject({ author: author!.id, about: { model: 'authors', id: author!.id } });
    const fields = [{ about: { authors: ['name'] } }];
    expect(await connect().items('things')['read']!(thing!.id, { fields })).toEqual({
      about: { id: author!.id, $model: 'authors', name: 'Grace' },
    });
    const bad = connect().batch([
      { op: 'create', model: 'authors', data: { name: 'Nobody' } },
      { op: 'create', model: 'authors', data: {} },
    ]);
    await expect(bad).rejects.toMatchObject({ status: 400, code: 'validation_failed' });
    expect(await connect().items('authors')['list']!({ filter: { name: { _eq: 'Nobody' } } })).toMatchObject({ data: [] });
  });

  test('hears changes by filter, and what was missed by cursor', async () => {
    const tags = connect().items('tags');
    const leaving = new AbortController();
    const heard: unknown[] = [];
    let cursor = '';
    let isOn = false;
    const listening = (async () => {
      for await (const event of tags.subscribe({ filter: { word: { _starts_with: 'live' } }, signal: leaving.signal })) {
        isOn = true;
        if (event.type === 'subscribed') continue;
        cursor = event.cursor;
        heard.push([event.type, (event['after'] as { word: string } | null)?.word]);
        if (heard.length === 2) break;
      }
    })();
    while (!isOn) await sleep(10);
    const { id }: { id: string } = await tags['create']!({ word: 'live 1' });
    await tags['create']!({ word: 'dead' });
    await tags['update']!(id, { word: 'other' });
    await listening;
    expect(heard).toEqual([
      ['created', 'live 1'],
      ['left', undefined],
    ]);
    await tags['update']!(id, { word: 'live again' });
    for await (const event of tags.subscribe({ filter: { word: { _starts_with: 'live' } }, cursor, signal: leaving.signal })) {
      if (event.type === 'subscribed') continue;
      expect([event.type, event['id']]).toEqual(['entered', id]);
      break;
    }
    await expect(tags.subscribe({ filter: { nothing: { _eq: 1 } } }).next()).rejects.toMatchObject({ status: 400 });
  });

  test('hears on with a new token when one is over; without one it says so', async () => {
    const given: string[] = [];
    const token = () => (given.push('asked'), given.length === 1 ? 'first' : key);
    const over = { type: 'error', code: 'unauthenticated', message: 'over' };
    let cuts = 0;
    const cutting: typeof fetch = (url, init) =>
      cuts++ === 0 ? Promise.resolve(new Response(`data: ${JSON.stringify(over)}\n\n`)) : fetch(url, init);
    const listening = loose.createClient({ url: server.url, token, fetch: cutting }).items('tags').subscribe({});
    expect(await listening.next()).toMatchObject({ value: { type: 'subscribed' } });
    expect(given).toHaveLength(2);
    await listening.return(undefined);
    cuts = 0;
    const refused = loose.createClient({ url: server.url, token: 'none', fetch: cutting }).items('tags').subscribe({});
    await expect(refused.next()).rejects.toMatchObject({ status: 401 });
  });
});
