import { beforeAll, expect, test } from 'vitest';
import { addMember, registerUser, type TestUser } from '../../../../test/accounts.ts';
import { eventsOf } from '../../../../test/actors.ts';
import { useTestServer } from '../../../../test/harness.ts';
import { createRecordsProject, model, text, type RecordsProject } from '../../../../test/records.ts';

const server = useTestServer();
let place: RecordsProject;
let member: TestUser;
let viewer: TestUser;
let record: string;
let url: string;

beforeAll(async () => {
  place = await createRecordsProject(server, [model('notes', [text('name')])]);
  [member, viewer] = [await registerUser(server), await registerUser(server)];
  await addMember(place.owner, place.project, member);
  await addMember(place.owner, place.project, viewer, 'viewer');
  record = (await place.owner.browser.post(place.at('notes'), { name: 'n' })).json().data.id as string;
  url = place.at('notes', `/${record}/comments`);
});

const say = async (who: TestUser, words: string): Promise<string> =>
  (await who.browser.post(url, { text: words })).json().data.id;

test('are written, listed in order, changed and deleted, and told in the log', async () => {
  const first = await member.browser.post(url, { text: 'first' });
  expect([first.statusCode, first.json()]).toMatchObject([
    201,
    { data: { text: 'first', by: { id: member.user.id, name: 'Somebody' } } },
  ]);
  const { id } = first.json<{ data: { id: string } }>().data;
  const second = await say(place.owner, 'second');
  const page = (await viewer.browser.get(`${url}?limit=1`)).json();
  expect([page.data.map(({ text: words }: { text: string }) => words), page.meta.nextCursor]).toEqual([['first'], id]);
  expect((await viewer.browser.get(`${url}?cursor=${id}`)).json().data).toMatchObject([{ id: second, text: 'second' }]);
  expect((await member.browser.patch(`${url}/${id}`, { text: 'changed' })).json().data).toMatchObject({
    text: 'changed',
    version: 2,
  });
  expect((await member.browser.delete(`${url}/${id}`)).statusCode).toBe(204);
  const told = (await eventsOf(server.deps.db, record)).filter(({ type }) => type.startsWith('comment.'));
  expect(told.map(({ type }) => type)).toEqual(['comment.created', 'comment.created', 'comment.updated', 'comment.deleted']);
  expect(told[2]).toMatchObject({
    topic: expect.stringMatching(/^project:.*:model:/),
    data: { comment: { text: 'changed' }, record: { id: record, name: 'n' } },
  });
});

test('are changed by who wrote them, deleted by them or by who manages the project', async () => {
  const id = await say(member, 'mine');
  expect((await place.owner.browser.patch(`${url}/${id}`, { text: 'yours' })).statusCode).toBe(403);
  const other = await say(place.owner, 'the owner’s');
  expect((await member.browser.delete(`${url}/${other}`)).statusCode).toBe(403);
  expect((await place.owner.browser.delete(`${url}/${id}`)).statusCode).toBe(204);
  expect((await member.browser.patch(`${url}/${id}`, { text: 'gone' })).statusCode).toBe(404);
});

test('viewers only read them; strangers and other records know nothing of them', async () => {
  const id = await say(member, 'here');
  expect((await viewer.browser.post(url, { text: 'x' })).statusCode).toBe(403);
  const stranger = await registerUser(server);
  for (const reply of [await stranger.browser.get(url), await stranger.browser.post(url, { text: 'x' })])
    expect(reply.statusCode).toBe(404);
  const elsewhere = (await place.owner.browser.post(place.at('notes'), { name: 'other' })).json().data.id as string;
  expect((await place.owner.browser.delete(place.at('notes', `/${elsewhere}/comments/${id}`))).statusCode).toBe(404);
  expect((await member.browser.post(url, { text: '' })).statusCode).toBe(400);
  expect((await member.browser.get(`${url}?cursor=x`)).statusCode).toBe(400);
});

test('say something', async () => {
  for (const words of ['', ' ', '\n\t '])
    expect([words, (await member.browser.post(url, { text: words })).statusCode]).toEqual([words, 400]);
});
