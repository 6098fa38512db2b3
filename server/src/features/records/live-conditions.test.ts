/** Filters and rules over every type of field are decided on events, live and in revisions, as they are on rows. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addMember, registerUser, type TestUser } from '../../../../test/accounts.ts';
import { until, useTestServer } from '../../../../test/harness.ts';
import { enterLive, eventsOf, subscribeLive, type LiveClient } from '../../../../test/live.ts';
import { createRecordsProject, model, text, type RecordsProject } from '../../../../test/records.ts';
import type { NewField } from '@piper/shared/data-models';
import { catalogueOfProject } from '#features/data-models';

const server = useTestServer({ listen: true });
let place: RecordsProject;
let viewer: TestUser;
let book: string;
let client: LiveClient;
const topics: Record<string, string> = {};

const point = (longitude: number, latitude: number) => ({ type: 'Point', coordinates: [longitude, latitude] });
const europe = { _intersects_bbox: [-10, 35, 30, 70] };
const choices = {
  choices: [
    { value: 'a', label: 'A' },
    { value: 'b', label: 'B' },
  ],
};

interface Case {
  field: NewField;
  /** Of the field, or whole where the path to it is no field's key. */
  filter: object;
  fits: unknown;
  not: unknown;
}

const cases = (): Record<string, Case> => ({
  text: { field: { type: 'text' }, filter: { _istarts_with: 'AB' }, fits: 'abc', not: 'bc' },
  'rich-text': { field: { type: 'rich-text' }, filter: { _nnull: true }, fits: 'x', not: null },
  integer: { field: { type: 'integer' }, filter: { _between: [2, 3] }, fits: 2, not: 4 },
  decimal: { field: { type: 'decimal' }, filter: { _gt: '0.1' }, fits: '0.10000001', not: '0.1' },
  boolean: { field: { type: 'boolean' }, filter: { _eq: true }, fits: true, not: false },
  date: { field: { type: 'date' }, filter: { _lt: '2026-01-01' }, fits: '2025-12-31', not: '2026-01-01' },
  'date-time': {
    field: { type: 'date-time' },
    filter: { _gte: '2026-01-01T00:00:00Z' },
    fits: '2026-01-01T00:00:00.001Z',
    not: '2025-12-31T23:59:59.999Z',
  },
  time: { field: { type: 'time' }, filter: { _gt: '12:00' }, fits: '12:00:01', not: '12:00:00' },
  duration: { field: { type: 'duration' }, filter: { _gt: 60 }, fits: 61, not: 60 },
  'multi-select': { field: { type: 'multi-select', options: choices }, filter: { _contains: 'a' }, fits: ['b', 'a'], not: ['b'] },
  json: { field: { type: 'json' }, filter: { _nnull: true }, fits: { a: [null] }, not: null },
  'geo-point': { field: { type: 'geo-point' }, filter: europe, fits: point(2.35, 48.85), not: point(-74, 40.7) },
  'any-relation': {
    field: { type: 'any-relation', relation: { kind: 'any', targets: ['books'] } },
    filter: { 'the_any_relation:books': { name: { _eq: 'Ada' } } },
    fits: { model: 'books', id: book },
    not: null,
  },
});

const keyOf = (name: string): string => `the_${name.replaceAll('-', '_')}`;
const filterOf = (name: string, filter: object): object =>
  keyOf(name) in filter || 'the_any_relation:books' in filter ? filter : { [keyOf(name)]: filter };
const names = Object.keys(cases());

beforeAll(async () => {
  const all = { filter: {}, fields: '*' as const };
  const rules = (filter: object) => [
    ...(['read', 'create', 'update', 'delete'] as const).map((action) => ({ action, roles: ['owner'], ...all })),
    { action: 'read' as const, roles: ['viewer'], filter, fields: '*' as const },
  ];
  const fields = Object.entries(cases()).map(([name, { field }]): NewField => ({ ...field, key: keyOf(name) }));
  const about = fields.at(-1)!;
  place = await createRecordsProject(server, [
    model('books', [text('name')], { rules: rules({}) }),
    model('things', [text('title'), ...fields], { rules: rules({}) }),
    model('places', [text('title'), { type: 'geo-point', key: 'place' }], { rules: rules({ place: europe }) }),
    model('notes', [text('title'), { ...about, key: 'about' }], { rules: rules({ 'about:books': { name: { _eq: 'Ada' } } }) }),
  ]);
  viewer = await registerUser(server);
  await addMember(place.owner, place.project, viewer, 'viewer');
  const { catalogue } = await catalogueOfProject(server, place.project.id);
  for (const key of ['things', 'places', 'notes']) topics[key] = `project:${place.project.id}:model:${catalogue.find(key)!.id}`;
  book = await make('books', { name: 'Ada' });
  client = await enterLive(server, place.owner);
});
afterAll(() => client.socket.terminate());

async function make(modelKey: string, values: object): Promise<string> {
  const reply = await place.owner.browser.post(place.at(modelKey), values);
  expect([reply.statusCode, reply.body]).toEqual([200, expect.any(String)]);
  return reply.json<{ data: { id: string } }>().data.id;
}
const change = async (modelKey: string, id: string, values: object): Promise<void> => {
  const reply = await place.owner.browser.patch(place.at(modelKey, `/${id}`), values);
  expect([reply.statusCode, reply.body]).toEqual([200, expect.any(String)]);
};

describe('a filter over a field of type', () => {
  test.each(names)('%s', async (name) => {
    const { filter, fits, not } = cases()[name]!;
    // Beside a condition that only SQL decides.
    const asked = { _and: [filterOf(name, filter), { title: { _icontains: 'T' } }] };
    await subscribeLive(client, { topic: topics['things']!, name, filter: asked });
    const id = await make('things', { title: 't', [keyOf(name)]: not });
    await change('things', id, { [keyOf(name)]: fits });
    await change('things', id, { [keyOf(name)]: not });
    const told = () => eventsOf(client, name).filter(({ subject }) => subject === id);
    await until(() => told().length === 2);
    expect(told().map(({ event }) => event)).toEqual(['record.entered', 'record.left']);
    const read = await place.owner.browser.get(place.at('things', `/${id}/revisions`));
    const [, revision] = read.json<{ data: { changes: { after: unknown }[] }[] }>().data;
    expect(revision!.changes[0]!.after).toEqual((told()[0]!.data['after'] as Record<string, unknown>)[keyOf(name)]);
  });
});

test.each([
  ['places', 'place', () => [point(2.35, 48.85), point(-74, 40.7)]],
  ['notes', 'about', () => [{ model: 'books', id: book }, null]],
] as const)('a rule over a field of %s shows what it shows of rows, live and in revisions', async (modelKey, key, values) => {
  const [fits, not] = values();
  const reader = await enterLive(server, viewer, { topic: topics[modelKey]! });
  const id = await make(modelKey, { title: 'one', [key]: fits });
  await change(modelKey, id, { [key]: not, title: 'hidden' });
  await change(modelKey, id, { [key]: fits, title: 'two' });
  const told = () => eventsOf(reader).filter(({ subject }) => subject === id);
  await until(() => told().length === 3);
  expect(told().map(({ event }) => event)).toEqual(['record.created', 'record.left', 'record.entered']);
  // As records are read: a relation to any names the model by its key.
  expect(told()[2]!.data).toMatchObject({ after: { [key]: fits, title: 'two' } });
  const { data } = (await viewer.browser.get(place.at(modelKey, `/${id}/revisions`))).json<{
    data: { id: string; type: string }[];
  }>();
  expect(data.map(({ type }) => type)).toEqual(['updated', 'created']);
  const whole = await viewer.browser.get(place.at(modelKey, `/${id}/revisions/${data[0]!.id}`));
  expect(whole.json().data.record).toMatchObject({ title: 'two', [key]: fits });
  // Nothing differs: nothing is written.
  const back = await place.owner.browser.post(place.at(modelKey, `/${id}/revert`), { revision: data[0]!.id });
  expect(back.json()).toMatchObject({ data: { version: 3 }, meta: { skipped: [] } });
  reader.socket.terminate();
});

test('a comment is heard by whoever may see its record by such a rule', async () => {
  const reader = await enterLive(server, viewer, { topic: topics['notes']! });
  const id = await make('notes', { title: 'one', about: { model: 'books', id: book } });
  await place.owner.browser.post(place.at('notes', `/${id}/comments`), { text: 'said' });
  const comment = () => eventsOf(reader).find(({ event, subject }) => event === 'comment.created' && subject === id);
  await until(() => comment() !== undefined);
  expect(comment()!.data).toMatchObject({ comment: { text: 'said' } });
  reader.socket.terminate();
});
