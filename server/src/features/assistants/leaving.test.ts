/** Who loses a project loses what was said there: by every way, also while an answer is being written. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addMember, createProject, registerUser, type TestUser } from '../../../../test/accounts.ts';
import { ask, openStream, readTurn } from '../../../../test/chat.ts';
import { startFakeLlm } from '../../../../test/fake-llm/fake-llm.ts';
import { until, useTestServer } from '../../../../test/harness.ts';

const fake = await startFakeLlm();
const env = { ai: { provider: 'openai', model: 'fake-echo', providers: { openai: { apiKey: 'sk-test', baseUrl: fake.url } } } };
const server = useTestServer({ listen: true, env: env as never });
let owner: TestUser;
let member: TestUser;
let project: { id: string };

beforeAll(async () => {
  owner = await registerUser(server);
  member = await registerUser(server);
  project = await createProject(owner);
  await addMember(owner, project, member);
});
afterAll(() => fake.close());

const status = async (user: TestUser, url: string): Promise<number> => (await user.browser.get(url)).statusCode;

test('a member who left reads their runs there no longer', async () => {
  const { frame } = await ask(member, { projectId: project.id, text: 'What do we plan?' });
  const urls = [`/api/runs/${frame.runId}`, `/api/runs/${frame.runId}/stream`, `/api/threads/${frame.threadId}/messages`];
  for (const url of urls) expect([url, await status(member, url)]).toEqual([url, 200]);
  expect(readTurn((await member.browser.get(urls[1]!)).body).text).toContain('What do we plan?');
  const filter = encodeURIComponent(JSON.stringify({ projectId: { _eq: project.id }, userId: { _eq: member.user.id } }));
  const membership = (await owner.browser.get(`/api/members?filter=${filter}`)).json<{ data: { id: string }[] }>().data[0]!;
  expect((await owner.browser.delete(`/api/members/${membership.id}`)).statusCode).toBe(204);
  for (const url of urls) expect([url, await status(member, url)]).toEqual([url, 404]);
  const steps = encodeURIComponent(JSON.stringify({ runId: { _eq: frame.runId } }));
  expect((await member.browser.get(`/api/run-steps?filter=${steps}`)).json()).toMatchObject({ data: [] });
});

test('with its project, what is written in it stops, and its threads fall silent', async () => {
  const doomed = await createProject(owner);
  const stream = await openStream(`${server.url}/api/chat`, {
    method: 'POST',
    headers: owner.headers,
    body: { projectId: doomed.id, clientId: randomUUID(), text: 'x', aiModel: 'openai/fake-stream-1000x20' },
  });
  await stream.until((frames) => frames.some(({ event }) => event === 'part'));
  const { threadId } = stream.frames[0]!.data as { threadId: string };
  const abort = new AbortController();
  const reply = await fetch(`${server.url}/api/live/events?topic=thread:${threadId}`, {
    headers: owner.headers,
    signal: abort.signal,
  });
  let heard = '';
  const reading = (async () => {
    for await (const chunk of reply.body!) heard += Buffer.from(chunk as Uint8Array).toString();
  })().catch(() => undefined);
  await until(() => heard.includes('"subscribed"'));
  expect((await owner.browser.delete(`/api/projects/${doomed.id}`)).statusCode).toBe(200);
  await until(() => heard.includes('"code":"not_found"'), { what: `still subscribed: ${heard}` });
  await stream.ended;
  expect(stream.frames.at(-1)?.data).toMatchObject({ type: 'finish', reason: 'cancelled' });
  abort.abort();
  await reading;
});
