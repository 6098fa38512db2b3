/** The provider without a language model: what it finds, cites and says. */
import { beforeAll, describe, expect, test } from 'vitest';
import { addMember, createProject, registerUser, type TestUser } from '../../../../../test/accounts.ts';
import { ask } from '../../../../../test/chat.ts';
import { useTestServer } from '../../../../../test/harness.ts';
import { bestPassage } from './passages.ts';
import { searchTerms } from './search-terms.ts';

const server = useTestServer({ listen: true });
let user: TestUser;
beforeAll(async () => {
  user = await registerUser(server);
});

async function upload(projectId: string, name: string, text: string): Promise<string> {
  const form = new FormData();
  form.set('projectId', projectId);
  form.set('file', new Blob([text], { type: 'text/plain' }), name);
  const reply = await fetch(`${server.url}/api/files`, { method: 'POST', headers: user.headers, body: form });
  if (reply.status !== 201) throw new Error(`upload answered ${reply.status}: ${await reply.text()}`);
  return ((await reply.json()) as { data: { id: string } }).data.id;
}

const sourcesOf = (turn: Awaited<ReturnType<typeof ask>>) =>
  turn.parts.flatMap(({ part }) => (part.type === 'source' ? [part] : []));

describe('it answers from the project', () => {
  test('with the best passages of files, prompts and other threads, each cited', async () => {
    const projectId = (await createProject(user)).id;
    const filler = 'Nothing of interest stands here, only weather and small talk.\n\n'.repeat(200);
    const fileId = await upload(
      projectId,
      'handbook.md',
      `${filler}Refunds are paid within 14 days of the cancellation.\n\n${filler}`,
    );
    const prompt = await user.browser.post('/api/prompts', {
      projectId,
      title: 'Support',
      content: 'Never promise refunds over 500 euros.',
    });
    const promptId = prompt.json<{ data: { id: string } }>().data.id;
    const earlier = await ask(user, { projectId, text: 'Anna decided: refunds need her signature.' });
    const turn = await ask(user, { projectId, text: 'How are refunds handled?' });
    expect(turn.finish).toMatchObject({ reason: 'stop' });
    const sources = sourcesOf(turn);
    expect(sources.map((s) => s.fileId ?? s.promptId ?? s.messageId).toSorted()).toEqual(
      [fileId, promptId, earlier.frame.userMessageId].toSorted(),
    );
    expect(sources.find((s) => s.fileId)?.snippet).toBe('Refunds are paid within 14 days of the cancellation.');
    expect(turn.text).toContain('**handbook.md** (file)');
    expect(turn.text).toContain('not a language model');
    expect(turn.text).toContain('OPENAI_API_KEY');
    const message = (await user.browser.get(`/api/messages/${turn.frame.messageId}`)).json().data;
    expect(message).toMatchObject({ status: 'done', aiModel: 'local/piper' });
  });

  test('other forms of a word, and what fits best first', async () => {
    const projectId = (await createProject(user)).id;
    await upload(projectId, 'b.txt', 'An invoice was sent.');
    const best = await upload(projectId, 'a.txt', 'Invoices for deliveries abroad carry no tax.');
    const sources = sourcesOf(await ask(user, { projectId, text: 'What about the invoicing of a delivery abroad?' }));
    expect(sources[0]?.fileId).toBe(best);
  });

  test.each([
    ['Russian', 'Возврат денег занимает четырнадцать дней.', 'Сколько занимает возврат?'],
    ['Chinese', '退款将在十四天内支付给客户。', '退款需要多久?'],
    ['Japanese', '返金は十四日以内に支払われます。', '返金はいつですか'],
    ['Arabic', 'يتم دفع المبالغ المستردة خلال أربعة عشر يوما', 'متى يتم دفع المبالغ؟'],
    ['Thai', 'การคืนเงินใช้เวลาสิบสี่วัน', 'การคืนเงินใช้เวลากี่วัน'],
    ['emoji and signs', "Use 100%_\\ of it: 'quoted' & C++ costs €5", "100%_\\ 'quoted' C++"],
  ])('in %s', async (_name, text, question) => {
    const projectId = (await createProject(user)).id;
    const fileId = await upload(projectId, 'file.txt', text);
    await upload(projectId, 'other.txt', 'Completely unrelated words about gardening.');
    const turn = await ask(user, { projectId, text: question });
    expect(sourcesOf(turn).map((s) => s.fileId)).toEqual([fileId]);
  });

  test('quotes text as text', async () => {
    const projectId = (await createProject(user)).id;
    await upload(
      projectId,
      'x.md',
      'Pelican ![x](http://evil.test/a.png) <script>alert(1)</script> [link](javascript:1) # title',
    );
    const { text } = await ask(user, { projectId, text: 'pelican' });
    expect(text).toContain('Pelican \\!\\[x\\](http://evil.test/a.png) \\<script\\>');
  });
});

describe('it says so when there is nothing', () => {
  test('in an empty project, and when nothing fits', async () => {
    const projectId = (await createProject(user)).id;
    expect((await ask(user, { projectId, text: 'Anything?' })).text).toContain('no files and no prompts yet');
    await upload(projectId, 'a.txt', 'apples');
    const turn = await ask(user, { projectId, text: 'zeppelin <b>' });
    expect(turn.text).toContain('nothing about “zeppelin”');
    expect(sourcesOf(turn)).toEqual([]);
    expect((await ask(user, { projectId, text: '???' })).text).toContain('Ask me with words');
  });
});

describe('it shows only what the asking user may see', () => {
  test('not other projects, not others’ threads, not what they no longer belong to', async () => {
    const [mine, other] = [(await createProject(user)).id, (await createProject(user)).id];
    const mate = await registerUser(server);
    await addMember(user, { id: mine }, mate);
    await upload(other, 'secret.txt', 'The flamingo is secret.');
    await ask(user, { projectId: mine, text: 'My private flamingo message.' });
    expect(sourcesOf(await ask(mate, { projectId: mine, text: 'flamingo' }))).toEqual([]);
    expect(sourcesOf(await ask(user, { projectId: mine, text: 'flamingo' })).map((s) => s.snippet)).toEqual([
      'My private flamingo message.',
    ]);
  });
});

test('terms are the words that matter', () => {
  const words = (question: string) => searchTerms(question).map((term) => term.word);
  expect(words('What is the refund policy of our shop?')).toEqual(['refund', 'policy', 'shop']);
  expect(words('Was ist das?')).toEqual(['was', 'ist', 'das']);
  expect(words('C 7 7')).toEqual(['7']);
  expect(words('')).toEqual([]);
  expect(searchTerms('x '.repeat(5000) + 'word'.repeat(3000)).length).toBeLessThanOrEqual(12);
  expect(searchTerms('invoicing 退款').map((t) => [t.stem, t.isUnspaced])).toEqual([
    ['invoici', false],
    ['退款', true],
  ]);
});

test('a passage never cuts a character in two', () => {
  const text = `${'😀'.repeat(1_000)} needle ${'😀'.repeat(1_000)}`;
  const passage = bestPassage(text, searchTerms('needle'));
  expect(passage?.text).toContain('needle');
  expect(passage?.text.isWellFormed()).toBe(true);
});
