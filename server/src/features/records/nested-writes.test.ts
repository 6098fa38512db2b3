import { limits } from '@piper/shared/limits';
import { beforeAll, describe, expect, test } from 'vitest';
import { addMember, registerUser, type TestUser } from '../../../../test/accounts.ts';
import { useTestServer } from '../../../../test/harness.ts';
import { createRecordsProject, model, text, toMany, toOne, type RecordsProject } from '../../../../test/records.ts';

const server = useTestServer();
let place: RecordsProject;

interface Reply {
  status: number;
  data: ReturnType<typeof JSON.parse>;
  error: { code: string; message: string; details?: { path: string }[] };
}

async function send(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, payload?: object): Promise<Reply> {
  const reply = await place.owner.browser.send({ method, url, ...(payload && { payload }) });
  const body = reply.body === '' ? {} : reply.json<{ data: unknown; error: Reply['error'] }>();
  return { status: reply.statusCode, data: (body as Reply).data, error: (body as Reply).error };
}
const names = async (modelKey: string, filter: object): Promise<string[]> =>
  (
    await send('GET', `${place.at(modelKey)}?fields=name&sort=name&limit=-1&filter=${encodeURIComponent(JSON.stringify(filter))}`)
  ).data.map(({ name }: { name: string }) => name);
const tagsOf = (album: string) => names('tags', { albums: { _some: { id: { _eq: album } } } });
const songsOf = (album: string) => names('songs', { album: { id: { _eq: album } } });
const countOf = async (table: string): Promise<number> =>
  (await send('GET', `${place.at(table)}?aggregate[count]=*`)).data[0].count;

beforeAll(async () => {
  place = await createRecordsProject(server, [
    model('artists', [text('name', { required: true })]),
    model('tags', [text('name', { required: true })]),
    model('albums', [text('name', { required: true }), toOne('artist', 'artists'), toMany('tags', 'tags', 'albums')]),
    model('songs', [text('name', { required: true }), toOne('album', 'albums', { reverse: 'songs' })]),
    model('prints', [text('name', { required: true }), toOne('album', 'albums', { reverse: 'prints', required: true })]),
    model('pins', [
      text('name'),
      { type: 'any-relation', key: 'about', relation: { kind: 'any', targets: ['albums', 'songs'] } },
      { type: 'files', key: 'papers' },
      { type: 'user', key: 'person' },
    ]),
    model('nodes', [text('name'), toOne('parent', 'nodes', { reverse: 'children' })]),
  ]);
});

describe('many-to-one', () => {
  test('creates what it points to, changes it, and takes its id', async () => {
    const made = await send('POST', `${place.at('albums')}?fields=name,artist.name,artist.id`, {
      name: 'A',
      artist: { name: 'Ada' },
    });
    expect(made).toMatchObject({ status: 200, data: { name: 'A', artist: { name: 'Ada' } } });
    const { id } = made.data.artist;
    const again = await send('POST', `${place.at('albums')}?fields=artist.*`, { name: 'B', artist: { id, name: 'Bob' } });
    expect(again.data.artist).toMatchObject({ id, name: 'Bob', version: 2 });
    expect((await send('POST', place.at('albums'), { name: 'C', artist: { id } })).data.artist).toBe(id);
  });

  test('what its target refuses is told with the way to it, and nothing is written', async () => {
    const before = await countOf('albums');
    expect(await send('POST', place.at('albums'), { name: 'D', artist: {} })).toMatchObject({
      status: 400,
      error: { details: [{ path: 'artist.name' }] },
    });
    expect(await send('POST', place.at('albums'), { artist: { name: 'Nobody' } })).toMatchObject({
      status: 400,
      error: { details: [{ path: 'name' }] },
    });
    expect(await names('artists', { name: { _eq: 'Nobody' } })).toEqual([]);
    expect(await countOf('albums')).toBe(before);
  });

  test('people and files are not written that way', async () => {
    const created = await send('POST', place.at('albums'), { name: 'E', createdBy: { name: 'x' } });
    expect(created.status).toBe(400);
  });
});

describe('lists', () => {
  test('one-to-many: the list is the new state; who is missing is unlinked', async () => {
    const made = await send('POST', place.at('albums'), { name: 'L', songs: [{ name: 's1' }, { name: 's2' }] });
    const { id } = made.data;
    expect(await songsOf(id)).toEqual(['s1', 's2']);
    const list = await send('GET', `${place.at('songs')}?filter[album][id][_eq]=${id}&sort=name`);
    const [first] = list.data;
    const loose = await send('POST', place.at('songs'), { name: 's4' });
    const changed = await send('PATCH', place.at('albums', `/${id}`), {
      songs: [{ id: first.id, name: 's1b' }, { name: 's3' }, loose.data.id],
    });
    expect(changed.status).toBe(200);
    expect(await songsOf(id)).toEqual(['s1b', 's3', 's4']);
    expect(await names('songs', { name: { _eq: 's2' } })).toEqual(['s2']);
    await send('PATCH', place.at('albums', `/${id}`), { songs: [] });
    expect(await songsOf(id)).toEqual([]);
    expect(await names('songs', { name: { _in: ['s1b', 's3', 's4'] } })).toHaveLength(3);
  });

  test('one-to-many over a required field: who is missing is deleted', async () => {
    const { data } = await send('POST', place.at('albums'), { name: 'P', prints: [{ name: 'p1' }, { name: 'p2' }] });
    await send('PATCH', place.at('albums', `/${data.id}`), {
      prints: { delete: [(await send('GET', `${place.at('prints')}?filter[name][_eq]=p1`)).data[0].id] },
    });
    expect(await names('prints', { name: { _in: ['p1', 'p2'] } })).toEqual(['p2']);
  });

  test('many-to-many: ids, records and new ones; links come and go, records stay', async () => {
    const tag = (await send('POST', place.at('tags'), { name: 't1' })).data.id;
    const { data } = await send('POST', place.at('albums'), { name: 'M', tags: [tag, { name: 't2' }, tag] });
    expect(await tagsOf(data.id)).toEqual(['t1', 't2']);
    await send('PATCH', place.at('albums', `/${data.id}`), { tags: [{ id: tag, name: 't1b' }, { name: 't3' }] });
    expect(await tagsOf(data.id)).toEqual(['t1b', 't3']);
    await send('PATCH', place.at('albums', `/${data.id}`), {
      tags: { create: [{ name: 't4' }], update: [{ id: tag, name: 't1c' }], delete: [] },
    });
    expect(await tagsOf(data.id)).toEqual(['t1c', 't3', 't4']);
    await send('PATCH', place.at('albums', `/${data.id}`), { tags: { delete: [tag] } });
    expect(await tagsOf(data.id)).toEqual(['t3', 't4']);
    await send('PATCH', place.at('albums', `/${data.id}`), { tags: [tag] });
    expect(await tagsOf(data.id)).toEqual(['t1c']);
    expect(await names('tags', { name: { _in: ['t2', 't3', 't4'] } })).toEqual(['t2', 't3', 't4']);
  });

  test('deeper: records within records within records, in one transaction', async () => {
    const made = await send('POST', place.at('artists'), { name: 'no list here' });
    expect(made.status).toBe(200);
    const tree = await send('POST', place.at('nodes'), {
      name: 'root',
      children: [{ name: 'a', children: [{ name: 'a1' }, { name: 'a2' }] }, { name: 'b' }],
    });
    expect(tree.status).toBe(200);
    expect(await names('nodes', { parent: { parent: { id: { _eq: tree.data.id } } } })).toEqual(['a1', 'a2']);
    const bad = await send('POST', place.at('albums'), { name: 'Bad', songs: [{ name: 'ok' }, { name: 5 }] });
    expect(bad).toMatchObject({ status: 400, error: { details: [{ path: 'songs.name' }] } });
    expect(await names('albums', { name: { _eq: 'Bad' } })).toEqual([]);
    expect(await names('songs', { name: { _eq: 'ok' } })).toEqual([]);
  });

  test('what is no list, unknown ids and members of another list are refused', async () => {
    const { data } = await send('POST', place.at('albums'), { name: 'R', songs: [{ name: 'mine' }] });
    const other = await send('POST', place.at('albums'), { name: 'R2' });
    const [song] = (await send('GET', `${place.at('songs')}?filter[name][_eq]=mine`)).data;
    const url = place.at('albums', `/${data.id}`);
    expect((await send('PATCH', url, { songs: 5 })).status).toBe(400);
    expect((await send('PATCH', url, { songs: [7] })).status).toBe(400);
    expect((await send('PATCH', url, { songs: { remove: [] } })).status).toBe(400);
    expect((await send('PATCH', url, { songs: [crypto.randomUUID()] })).status).toBe(404);
    expect((await send('PATCH', url, { tags: [crypto.randomUUID()] })).status).toBe(404);
    expect((await send('PATCH', place.at('albums', `/${other.data.id}`), { songs: { delete: [song.id] } })).status).toBe(404);
    expect(await songsOf(data.id)).toEqual(['mine']);
  });

  test('are bounded in number and depth', async () => {
    const songs = Array.from({ length: limits.relatedWrites + 1 }, (_, i) => ({ name: `n${i}` }));
    expect((await send('POST', place.at('albums'), { name: 'Big', songs })).status).toBe(400);
    const twice = [1, 2].map((i) => ({ name: `Big ${i}`, songs: songs.slice(0, limits.relatedWrites / 2 + 1) }));
    expect((await send('POST', place.at('albums'), twice)).status).toBe(400);
    let deep: object = { name: 'deepest' };
    for (let i = 0; i <= limits.relatedWriteDepth; i++) deep = { name: `d${i}`, children: [deep] };
    expect((await send('POST', place.at('nodes'), deep)).status).toBe(400);
    expect(await names('albums', { name: { _starts_with: 'Big' } })).toEqual([]);
  });
});

describe('links without a list', () => {
  test('to a record of one of several models, named by its key', async () => {
    const song = (await send('POST', place.at('songs'), { name: 'pinned' })).data.id;
    const made = await send('POST', place.at('pins'), { about: { model: 'songs', id: song } });
    expect(made).toMatchObject({ status: 200, data: { about: { model: 'songs', id: song } } });
    const { id } = made.data;
    expect((await send('PATCH', place.at('pins', `/${id}`), { about: { model: 'albums', id: song } })).status).toBe(404);
    expect((await send('PATCH', place.at('pins', `/${id}`), { about: { model: 'artists', id: song } })).status).toBe(400);
    expect((await send('PATCH', place.at('pins', `/${id}`), { about: { model: 'nothing', id: song } })).status).toBe(400);
    expect((await send('PATCH', place.at('pins', `/${id}`), { about: null })).data.about).toBeNull();
    const many = await send('POST', place.at('pins'), [{ about: { model: 'songs', id: song } }, { name: 'none' }]);
    expect(many.data[0].about).toEqual({ model: 'songs', id: song });
  });

  test('to files and people that the writer may see', async () => {
    const stranger = await registerUser(server);
    const upload = async (who: TestUser): Promise<string> => {
      const boundary = 'b';
      const part = `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\ncontent-type: text/plain\r\n\r\ntext\r\n--${boundary}--\r\n`;
      const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` };
      const reply = await who.browser.send({ method: 'POST', url: '/api/files', payload: part, headers });
      return reply.json().data.id;
    };
    const [own, foreign] = [await upload(place.owner), await upload(stranger)];
    const values = { papers: [own], person: place.owner.user.id };
    expect(await send('POST', place.at('pins'), values)).toMatchObject({ status: 200, data: values });
    expect((await send('POST', place.at('pins'), { papers: [own, foreign] })).status).toBe(404);
    expect((await send('POST', place.at('pins'), [{ papers: [own] }, { papers: [foreign] }])).status).toBe(404);
    expect((await send('POST', place.at('pins'), { person: crypto.randomUUID() })).status).toBe(404);
    expect((await send('POST', place.at('pins'), { person: { name: 'new' } })).status).toBe(400);
  });
});

test('a list that was shown in part is not written back as the whole', { timeout: 30_000 }, async () => {
  const count = limits.relatedPerRecord + 5;
  const many = (of: string) => Array.from({ length: count }, (_, n) => ({ name: `${of} ${n}` }));
  const { data: album } = await send('POST', place.at('albums'), { name: 'long', prints: many('print'), tags: many('tag') });
  const at = place.at('albums', `/${album.id}`);
  const read = async (query: string) => (await send('GET', `${at}?fields=prints,tags&${query}`)).data;
  const shown = await read('');
  expect([shown.prints.length, shown.tags.length]).toEqual([limits.relatedPerRecord, limits.relatedPerRecord]);
  for (const key of ['prints', 'tags'] as const) {
    expect(await send('PATCH', at, { [key]: shown[key] })).toMatchObject({
      status: 400,
      error: { message: expect.stringContaining(`"${key}" has more than`), details: [{ path: key }] },
    });
  }
  expect((await send('PATCH', at, { tags: [...shown.tags.slice(1), { name: 'new' }, { name: 'newer' }] })).status).toBe(400);

  const whole = await read('deep[prints][_limit]=-1&deep[tags][_limit]=-1');
  expect([whole.prints.length, whole.tags.length]).toEqual([count, count]);
  expect((await send('PATCH', at, { tags: whole.tags.slice(1) })).status).toBe(200);
  expect((await send('PATCH', at, { prints: { delete: [whole.prints[0]] } })).status).toBe(200);
  const less = await read('deep[prints][_limit]=-1&deep[tags][_limit]=104');
  expect([less.prints.length, less.tags.length]).toEqual([count - 1, count - 1]);
  expect((await send('PATCH', at, { tags: [] })).status).toBe(200);
  expect((await read('')).tags).toEqual([]);
});

test('each record is under its own rules', async () => {
  const own = await createRecordsProject(server, [
    model('bosses', [text('name')], { rules: [{ action: 'read', filter: {}, fields: '*' }] }),
    model('staff', [text('name'), toOne('boss', 'bosses', { reverse: 'staff' })]),
  ]);
  const reply = await own.owner.browser.post(own.at('staff'), { name: 'x', boss: { name: 'y' } });
  expect(reply.statusCode).toBe(403);
  expect((await own.owner.browser.get(own.at('staff'))).json<{ data: unknown[] }>().data).toEqual([]);
});

test('who may set a list joins what they see, and unjoins nothing they do not see', async () => {
  const all = { filter: {}, fields: '*' as const };
  const own = await createRecordsProject(server, [
    model('labels', [text('name'), { type: 'boolean', key: 'secret' }], {
      rules: [
        { action: 'read', roles: ['owner'], ...all },
        { action: 'create', roles: ['owner'], ...all },
        { action: 'read', roles: ['viewer'], filter: { secret: { _neq: true } }, fields: '*' },
      ],
    }),
    model('papers', [text('name'), toMany('labels', 'labels')], {
      rules: (['read', 'create', 'update', 'delete'] as const).map((action) => ({ action, roles: ['owner', 'viewer'], ...all })),
    }),
  ]);
  const viewer = await registerUser(server);
  await addMember(own.owner, own.project, viewer, 'viewer');
  const make = async (name: string, secret: boolean): Promise<string> =>
    (await own.owner.browser.post(own.at('labels'), { name, secret })).json().data.id;
  const [open, other, hidden] = [await make('open', false), await make('other', false), await make('hidden', true)];
  const paper = (await own.owner.browser.post(own.at('papers'), { name: 'p', labels: [open, hidden] })).json().data.id as string;
  const change = (labels: unknown) => viewer.browser.patch(own.at('papers', `/${paper}?fields=name`), { labels });
  expect((await change([other])).statusCode).toBe(200);
  expect((await change([hidden])).statusCode).toBe(404);
  expect((await change({ delete: [hidden] })).statusCode).toBe(404);
  expect((await change([{ name: 'made by a viewer' }])).statusCode).toBe(403);
  const read = await own.owner.browser.get(own.at('papers', `/${paper}?fields=labels.name&deep[labels][_sort]=name`));
  expect(read.json().data.labels).toEqual([{ name: 'hidden' }, { name: 'other' }]);
});

test('what is no id in a list is told by its place in the body', async () => {
  const { id } = (await send('POST', place.at('albums'), { name: 'ids' })).data;
  const where = async (tags: unknown): Promise<unknown> => {
    const { status, error } = await send('PATCH', place.at('albums', `/${id}`), { tags });
    return [status, error?.code, error?.details?.[0]?.path];
  };
  expect(await where({ delete: ['junk'] })).toEqual([400, 'validation_failed', 'tags.delete.0']);
  expect(await where({ update: [{ id: 'junk', name: 'x' }] })).toEqual([400, 'validation_failed', 'tags.update.0.id']);
  expect(await where({ create: [5] })).toEqual([400, 'validation_failed', 'tags.create.0']);
  expect(await where([crypto.randomUUID(), 'junk'])).toEqual([400, 'validation_failed', 'tags.1']);
});
