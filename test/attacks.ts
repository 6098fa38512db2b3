/** A project with a spy in it, who may not see all of it: for tests that try every way round the rules. */
import { beforeAll, expect } from 'vitest';
import type { Rule } from '@piper/shared/data-model';
import { addMember, registerUser, type TestUser } from './accounts.ts';
import { until, useTestServer } from './harness.ts';
import { createRecordsProject, model, text, toMany, toOne, type RecordsProject } from './records.ts';

export const server = useTestServer();
/** Open and hidden cases, with rooms and tags; set before the first test. */
export let place: RecordsProject;
/** Belongs to the project, as whoever `beRole` made of them. */
export let spy: TestUser;
export const ids: Record<string, string> = {};

/** Stands wherever the spy may not look. */
export const marker = 'TOPSECRET';
export const owner: Rule[] = (['read', 'create', 'update', 'delete'] as const).map((action) => ({
  action,
  roles: ['owner'],
  filter: {},
  fields: '*',
}));
const open = { open: { _eq: true } };
const shownFields = ['name', 'open', 'code', 'room', 'tags', 'state'];

beforeAll(async () => {
  await registerUser(server);
  spy = await registerUser(server);
  place = await createRecordsProject(server, [
    model('rooms', [text('title'), text('key')], {
      rules: [...owner, { action: 'read', roles: ['viewer', 'member'], filter: {}, fields: ['title'] }],
    }),
    model('tags', [text('word')], {
      rules: [...owner, { action: 'read', roles: ['viewer', 'member'], filter: { word: { _neq: marker } }, fields: ['word'] }],
    }),
    model(
      'cases',
      [
        text('name'),
        text('secret'),
        text('pin', { unique: true }),
        text('code', { unique: true }),
        text('state'),
        { type: 'boolean', key: 'open' },
        toOne('room', 'rooms', { reverse: 'cases' }),
        toMany('tags', 'tags', 'cases'),
      ],
      {
        rules: [
          ...owner,
          { action: 'read', roles: ['viewer', 'member'], filter: open, fields: shownFields },
          { action: 'update', roles: ['member'], filter: {}, check: {}, fields: ['name', 'state', 'open', 'code', 'tags'] },
          { action: 'delete', roles: ['member'], filter: {}, fields: '*' },
          { action: 'create', roles: ['member'], filter: {}, check: {}, fields: ['name', 'code', 'open'] },
        ],
      },
    ),
  ]);
  await addMember(place.owner, place.project, spy, 'viewer');
  const make = async (name: string, modelKey: string, body: object): Promise<void> => {
    const reply = await place.owner.browser.post(place.at(modelKey), body);
    expect([reply.statusCode, reply.body]).toEqual([200, expect.any(String)]);
    ids[name] = reply.json<{ data: { id: string } }>().data.id;
  };
  await make('room', 'rooms', { title: 'r', key: marker });
  await make('tag', 'tags', { word: marker });
  await make('shown', 'cases', { name: 'shown', secret: marker, pin: `1${marker}`, code: 'c1', open: true, room: ids['room'] });
  await make('hidden', 'cases', { name: marker, secret: marker, pin: `2${marker}`, code: 'c2', open: false, tags: [ids['tag']] });
  await place.owner.browser.patch(place.at('cases', `/${ids['shown']}`), { secret: `${marker}2` });
  await place.owner.browser.patch(place.at('cases', `/${ids['hidden']}`), { state: marker });
});

export async function beRole(role: 'viewer' | 'member'): Promise<void> {
  const list = await place.owner.browser.get(
    `/api/members?filter[projectId][_eq]=${place.project.id}&filter[userId][_eq]=${spy.user.id}`,
  );
  const { id } = list.json<{ data: { id: string }[] }>().data[0]!;
  expect((await place.owner.browser.patch(`/api/members/${id}`, { role })).statusCode).toBe(200);
  // Roles are remembered until the log says that they changed.
  await until(async () => {
    const reply = await spy.browser.get('/api/models/cases?project=' + place.project.id);
    return reply.json<{ data: { allowedActions: string[] } }>().data.allowedActions.includes('delete') === (role === 'member');
  });
}

export const send = (method: string, url: string, payload?: object, headers: Record<string, string> = {}) =>
  spy.browser.send({ method: method as 'GET', url, ...(payload && { payload }), headers });
