/** A stream is cut when its reader loses the right to it; the run goes on for those who keep it. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addMember, createProject, registerUser, type TestUser } from '../../../../test/accounts.ts';
import { openStream, type LiveTurn } from '../../../../test/chat.ts';
import { startFakeLlm } from '../../../../test/fake-llm/fake-llm.ts';
import { useTestServer } from '../../../../test/harness.ts';

const fake = await startFakeLlm();
const aiModel = 'fake-stream-200x50';
const env = { ai: { provider: 'openai', model: aiModel, providers: { openai: { apiKey: 'sk-test', baseUrl: fake.url } } } };
const server = useTestServer({ listen: true, env: env as never });
afterAll(() => fake.close());

let owner: TestUser;
let project: { id: string };

beforeAll(async () => {
  owner = await registerUser(server);
  project = await createProject(owner);
});

async function newMember(): Promise<TestUser> {
  const member = await registerUser(server);
  await addMember(owner, project, member);
  return member;
}

async function startAnswer(user: TestUser): Promise<LiveTurn> {
  const body = { projectId: project.id, text: 'Talk for ten seconds.', clientId: randomUUID() };
  const stream = await openStream(`${server.url}/api/chat`, { method: 'POST', headers: user.headers, body });
  expect(await stream.until((frames) => frames.length > 3)).toBe(true);
  return stream;
}

async function msUntilCut(stream: LiveTurn): Promise<number> {
  const before = performance.now();
  await stream.ended;
  expect(stream.frames.map(({ data }) => (data as { type?: string }).type)).not.toContain('finish');
  return performance.now() - before;
}

describe('the stream of an answer', () => {
  test('ends with the session it is read in', async () => {
    const member = await newMember();
    const stream = await startAnswer(member);
    const sessions = (await member.browser.get('/api/auth/sessions')).json<{ data: { id: string }[] }>().data;
    const reply = await member.browser.delete(`/api/auth/sessions/${sessions[0]!.id}`);
    expect(reply.statusCode).toBe(204);
    expect(await msUntilCut(stream)).toBeLessThan(2_000);
  });

  test('ends when its reader is no longer a member, and for nobody else', async () => {
    const member = await newMember();
    const [lost, kept] = [await startAnswer(member), await startAnswer(owner)];
    const filter = JSON.stringify({ userId: { _eq: member.user.id }, projectId: { _eq: project.id } });
    const found = await owner.browser.get(`/api/members?filter=${encodeURIComponent(filter)}`);
    const [membership] = found.json<{ data: { id: string }[] }>().data;
    const reply = await owner.browser.delete(`/api/members/${membership!.id}`);
    expect(reply.statusCode).toBe(204);
    expect(await msUntilCut(lost)).toBeLessThan(2_000);
    const seen = kept.frames.length;
    expect(await kept.until((frames) => frames.length > seen + 3)).toBe(true);
    kept.cut();
  });
});
