/** What a write is asked to answer, and for which version it is meant, is settled before anything stays written. */
import { beforeAll, describe, expect, test } from 'vitest';
import { useTestServer } from '../../../../test/harness.ts';
import { createRecordsProject, model, text, type RecordsProject } from '../../../../test/records.ts';

const server = useTestServer();
let place: RecordsProject;

beforeAll(async () => {
  place = await createRecordsProject(server, [model('notes', [text('name'), text('code', { unique: true })])]);
});

interface Sent {
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  url: string;
  payload?: object;
  version?: number;
}
const send = ({ method, url, payload, version }: Sent) =>
  place.owner.browser.send({
    method,
    url: place.at('notes', url),
    ...(payload && { payload }),
    ...(version !== undefined && { headers: { 'if-match': `"${version}"` } }),
  });
const named = async (name: string, query = ''): Promise<Record<string, unknown>[]> =>
  (await place.owner.browser.get(place.at('notes', `?filter[name][_eq]=${name}${query}`))).json().data;
const make = async (name: string, code = name): Promise<string> =>
  (await send({ method: 'POST', url: '', payload: { name, code } })).json().data.id;

describe('a reply that can’t be given leaves nothing written', () => {
  const shapes = ['fields=nope', 'fields=name&deep={"nope":{}}', 'fields=name&deep=no', 'fields=x&alias={"x":"nope"}'];
  test.each(shapes)('%s', async (shape) => {
    const id = await make(`old ${shape}`);
    const gone = await make(`gone ${shape}`);
    await send({ method: 'DELETE', url: `/${gone}` });
    const [first] = (await place.owner.browser.get(place.at('notes', `/${id}/revisions`))).json().data;
    await send({ method: 'PATCH', url: `/${id}`, payload: { name: 'kept' } });
    const tries: Sent[] = [
      { method: 'POST', url: `?${shape}`, payload: { name: 'new' } },
      { method: 'POST', url: `?${shape}`, payload: [{ name: 'new' }, { name: 'new' }] },
      { method: 'PUT', url: `?upsert=code&${shape}`, payload: { name: 'new', code: `old ${shape}` } },
      { method: 'PATCH', url: `/${id}?${shape}`, payload: { name: 'new' } },
      { method: 'PATCH', url: `?${shape}`, payload: { keys: [id], data: { name: 'new' } } },
      { method: 'PATCH', url: `?${shape}`, payload: [{ id, name: 'new' }] },
      { method: 'POST', url: `/${gone}/restore?${shape}` },
      { method: 'POST', url: `/${id}/revert?${shape}`, payload: { revision: first.id } },
    ];
    for (const each of tries) expect([each, (await send(each)).statusCode]).toEqual([each, 400]);
    expect(await named('new', '&deleted=with')).toEqual([]);
    expect((await place.owner.browser.get(place.at('notes', `/${id}`))).json().data).toMatchObject({ name: 'kept', version: 2 });
    expect((await place.owner.browser.get(place.at('notes', `/${gone}`))).statusCode).toBe(404);
  });
});

describe('a version', () => {
  test('is checked by an upsert too; what is not there has none', async () => {
    await make('versioned');
    const put = (code: string, version: number) =>
      send({ method: 'PUT', url: '?upsert=code', payload: { name: 'put', code }, version });
    expect((await put('versioned', 2)).statusCode).toBe(412);
    expect((await put('absent', 1)).statusCode).toBe(412);
    expect(await named('put')).toEqual([]);
    expect((await put('versioned', 1)).json()).toMatchObject({ data: { name: 'put', version: 2 } });
    const batch = (operation: object) =>
      place.owner.browser.post(`/api/projects/${place.project.id}/batch`, { operations: [operation] });
    const upsert = { op: 'upsert', model: 'notes', on: ['code'], data: { code: 'versioned', name: 'batched' } };
    expect((await batch({ ...upsert, ifMatch: 1 })).statusCode).toBe(412);
    expect((await batch({ ...upsert, ifMatch: 2 })).statusCode).toBe(200);
    expect((await batch({ op: 'create', model: 'notes', data: {}, ifMatch: 1 })).json()).toMatchObject({
      error: { code: 'validation_failed', details: [{ path: 'operations.0.ifMatch' }] },
    });
    expect((await batch({ op: 'restore', model: 'notes', id: crypto.randomUUID(), ifMatch: 1 })).statusCode).toBe(400);
    expect((await batch({ ...upsert, on: ['name'] })).json()).toMatchObject({
      error: { details: [{ path: 'operations.0.on' }] },
    });
  });

  test('is refused where no record, or several, can be meant', async () => {
    const id = await make('several');
    const tries: Sent[] = [
      { method: 'POST', url: '', payload: { name: 'guarded' } },
      { method: 'PUT', url: '?upsert=code', payload: [{ name: 'guarded', code: 'several' }] },
      { method: 'PATCH', url: '', payload: { keys: [id], data: { name: 'guarded' } } },
      { method: 'DELETE', url: '', payload: [id] },
      { method: 'POST', url: `/${id}/restore` },
    ];
    for (const each of tries) expect([each, (await send({ ...each, version: 1 })).statusCode]).toEqual([each, 400]);
    expect(await named('guarded')).toEqual([]);
    expect(await named('several')).toHaveLength(1);
  });

  test('beyond all versions is another one; what is none is told so, for Piper’s own records too', async () => {
    const id = await make('beyond');
    const own = `/api/projects/${place.project.id}`;
    for (const url of [place.at('notes', `/${id}`), own]) {
      const patch = (tag: string) =>
        place.owner.browser.send({ method: 'PATCH', url, payload: { name: 'x' }, headers: { 'if-match': tag } });
      expect((await patch('"99999999999999999999"')).statusCode).toBe(412);
      expect((await patch('"2147483648"')).statusCode).toBe(412);
      expect((await patch('nonsense')).statusCode).toBe(400);
    }
  });
});

test('one record under two spellings of its id is changed twice', async () => {
  const id = await make('twice');
  const reply = await send({
    method: 'PATCH',
    url: '',
    payload: [
      { id: id.toUpperCase(), name: 'first' },
      { id, name: 'second' },
    ],
  });
  expect([reply.statusCode, reply.json().data.map(({ version }: { version: number }) => version)]).toEqual([200, [2, 3]]);
  expect(await named('second')).toHaveLength(1);
});
