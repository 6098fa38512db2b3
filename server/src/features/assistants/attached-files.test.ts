/** Who may read a file that was attached to a message, and when it goes. */
import { beforeAll, expect, test } from 'vitest';
import { system } from '#platform/actor';
import { ctxFor } from '#platform/ctx';
import { contributed } from '#platform/feature';
import { newId } from '#platform/ids';
import { addMember, createProject, registerUser, type TestUser } from '../../../../test/accounts.ts';
import { ask } from '../../../../test/chat.ts';
import { useTestServer } from '../../../../test/harness.ts';

const server = useTestServer({ listen: true });
let owner: TestUser;
let colleague: TestUser;
let projectId: string;

beforeAll(async () => {
  owner = await registerUser(server);
  colleague = await registerUser(server);
  const project = await createProject(owner);
  await addMember(owner, project, colleague);
  projectId = project.id;
});

const secret = 'The Zanzibar budget is 4711 guilders.';

async function upload(user: TestUser): Promise<string> {
  const form = new FormData();
  form.set('file', new Blob([secret], { type: 'text/plain' }), 'budget.txt');
  const reply = await fetch(`${server.url}/api/files`, { method: 'POST', headers: user.headers, body: form });
  return ((await reply.json()) as { data: { id: string } }).data.id;
}

const status = async (user: TestUser, url: string): Promise<number> => (await user.browser.get(url)).statusCode;
const listed = async (user: TestUser): Promise<string[]> =>
  (await user.browser.get('/api/files?limit=-1&fields=id')).json<{ data: { id: string }[] }>().data.map((file) => file.id);
const join = (threadId: string, user: TestUser) =>
  server.deps.pool.query(`insert into piper.participants (id, thread_id, user_id, kind) values ($1, $2, $3, 'user')`, [
    newId(),
    threadId,
    user.user.id,
  ]);

async function sweep(name: string): Promise<void> {
  const sweepers = contributed(server.deps.features, 'sweepers').flat();
  await sweepers.find((sweeper) => sweeper.name === name)!.sweep(ctxFor(server.deps, system, 'test'));
}

test('it stays its owner’s; other members of the project neither read, find nor list it', async () => {
  const fileId = await upload(owner);
  const { frame } = await ask(owner, { projectId, text: 'Read this', fileIds: [fileId] });
  expect((await owner.browser.get(`/api/files/${fileId}`)).json().data).toMatchObject({
    projectId: null,
    createdBy: owner.user.id,
  });
  for (const url of [`/api/files/${fileId}`, `/api/files/${fileId}/content`, `/api/messages/${frame.userMessageId}`]) {
    expect([url, await status(owner, url)]).toEqual([url, 200]);
    expect([url, await status(colleague, url)]).toEqual([url, 404]);
  }
  expect(await listed(colleague)).not.toContain(fileId);
  const filter = encodeURIComponent(JSON.stringify({ fileId: { _eq: fileId } }));
  expect((await colleague.browser.get(`/api/attachments?filter=${filter}`)).json().data).toEqual([]);
  expect((await owner.browser.get(`/api/attachments?filter=${filter}`)).json().data).toMatchObject([
    { messageId: frame.userMessageId },
  ]);
  const elsewhere = await colleague.browser.post('/api/chat', { projectId, text: 'mine?', fileIds: [fileId], clientId: newId() });
  expect(elsewhere.statusCode).toBe(404);
  expect((await ask(owner, { projectId, text: 'How large is the Zanzibar budget?' })).text).toContain('4711');
  expect((await ask(colleague, { projectId, text: 'How large is the Zanzibar budget?' })).text).not.toContain('4711');
});

test('whoever takes part in the thread reads it, as long as they belong to the project', async () => {
  const guest = await registerUser(server);
  const membership = await createProject(owner);
  await addMember(owner, membership, guest);
  const fileId = await upload(owner);
  const { frame } = await ask(owner, { projectId: membership.id, text: 'Read this', fileIds: [fileId] });
  expect(await status(guest, `/api/files/${fileId}/content`)).toBe(404);
  await join(frame.threadId, guest);
  expect(await status(guest, `/api/files/${fileId}/content`)).toBe(200);
  expect(await listed(guest)).toEqual([fileId]);
  expect((await ask(guest, { projectId: membership.id, text: 'What of Zanzibar?' })).text).toContain('4711');
  for (const verb of ['patch', 'delete'] as const) {
    expect((await guest.browser[verb](`/api/files/${fileId}`, { name: 'mine' })).statusCode).toBe(403);
  }
  await server.deps.pool.query('delete from piper.members where project_id = $1 and user_id = $2', [
    membership.id,
    guest.user.id,
  ]);
  expect(await status(guest, `/api/files/${fileId}`)).toBe(404);
});

test('it goes a day after the last thread that has it is gone for good', async () => {
  const { pool } = server.deps;
  const fileId = await upload(owner);
  const first = await ask(owner, { projectId, text: 'one', fileIds: [fileId] });
  const second = await ask(owner, { projectId, text: 'two', fileIds: [fileId] });
  const later = (): Promise<unknown> => pool.query(`update piper.files set orphan_after = orphan_after - interval '25 hours'`);
  for (const { frame, left } of [
    { ...first, left: true },
    { ...second, left: false },
  ]) {
    expect((await owner.browser.delete(`/api/threads/${frame.threadId}`)).statusCode).toBe(204);
    await later();
    await sweep('file-orphans');
    // It may still be restored.
    expect(await status(owner, `/api/files/${fileId}`)).toBe(200);
    await pool.query(`update piper.threads set deleted_at = now() - interval '100 days' where deleted_at is not null`);
    await sweep('threads-purge');
    await sweep('file-orphans');
    expect(await status(owner, `/api/files/${fileId}`)).toBe(200);
    await later();
    await sweep('file-orphans');
    expect(await status(owner, `/api/files/${fileId}`)).toBe(left ? 200 : 404);
  }
});
