/** Long answers and their bad days: stop, go on, reload, a second tab, branches, a server that is killed. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Page } from 'playwright-core';
import { useBrowser } from '../test/browser.ts';
import { startFakeLlm, type FakeLlm } from '../test/fake-llm/fake-llm.ts';
import { answered, chooseModel, createProject, lastAnswer, register, say, writing } from './app.ts';

let fake: FakeLlm;
const env: Record<string, string> = { OPENAI_API_KEY: 'sk-fake' };
beforeAll(async () => {
  fake = await startFakeLlm();
  env['OPENAI_BASE_URL'] = `${fake.url}/v1`;
});
afterAll(() => fake.close());

const piper = useBrowser({ env });

let people = 0;
async function openChat(model: string): Promise<Page> {
  const page = await piper.newPage();
  await register(page, `Person ${++people}`);
  const project = await createProject(page, `Project ${people}`);
  await page.goto(`${project}/chat`);
  await chooseModel(page, model);
  return page;
}

test('edit and ask again make branches one can go back to', async () => {
  const page = await openChat('fake-echo');
  await say(page, 'first question');
  await answered(page);
  const question = page.getByRole('article', { name: 'You' }).first();
  await question.hover();
  await question.getByRole('button', { name: 'Edit' }).click();
  await page.getByLabel('Edit the message').fill('better question');
  await page.keyboard.press('Enter');
  await page.getByText('You said: better question').waitFor();
  await answered(page);
  await question.getByText('2 / 2').waitFor();
  await question.getByRole('button', { name: 'Previous alternative' }).click();
  await page.getByText('You said: first question').waitFor();
  await page.reload();
  await page.getByText('You said: first question').waitFor();
  await lastAnswer(page).getByRole('button', { name: 'Ask again' }).click();
  await lastAnswer(page).getByText('2 / 2').waitFor();
  await answered(page);
  expect(await page.getByText('You said: first question').count()).toBe(1);
});

test('a thread is renamed from its menu, by typing at once', async () => {
  const page = await openChat('fake-echo');
  await say(page, 'to be renamed');
  await answered(page);
  await page
    .getByRole('button', { name: /^Actions for/ })
    .first()
    .click();
  await page.getByRole('menuitem', { name: 'Rename' }).click();
  await expect
    .poll(() => page.getByLabel('Title of the thread').evaluate((field) => field === document.activeElement))
    .toBe(true);
  await page.keyboard.type('Renamed by typing');
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'Renamed by typing' }).waitFor();
});

test('undoing the deletion of the open thread leads back into it', async () => {
  const page = await openChat('fake-echo');
  await say(page, 'keep me');
  await answered(page);
  const address = page.url();
  await page
    .getByRole('button', { name: /^Actions for/ })
    .first()
    .click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await page.getByRole('heading', { name: 'New chat' }).waitFor();
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByText('You said: keep me').waitFor();
  expect(page.url()).toBe(address);
});

test('a failed answer proposes one way on', async () => {
  const page = await openChat('fake-500');
  await say(page, 'will fail');
  await lastAnswer(page).getByRole('button', { name: 'Try again' }).waitFor();
  expect(await lastAnswer(page).getByRole('button').count()).toBe(1);
});

test('stop keeps what was written, and one can go on', async () => {
  const page = await openChat('fake-slow');
  await say(page, 'slowly please');
  await lastAnswer(page).getByText('The quick').waitFor();
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByText('Stopped.').waitFor();
  const kept = await lastAnswer(page).locator('.markdown').innerText();
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect.poll(async () => (await lastAnswer(page).innerText()).length).toBeGreaterThan(kept.length + 5);
  expect(await lastAnswer(page).innerText()).toContain(kept);
});

test('a reload and a second tab read the same answer to its end', async () => {
  const page = await openChat('fake-stream-150x66');
  await say(page, 'a long answer');
  await lastAnswer(page).getByText('The quick').waitFor();
  await page.reload();
  await writing(page);
  const second = await page.context().newPage();
  await second.goto(page.url());
  await writing(second);
  await Promise.all([answered(page), answered(second)]);
  await expect.poll(async () => (await lastAnswer(page).innerText()) === (await lastAnswer(second).innerText())).toBe(true);
  // What is said in one tab appears in the other.
  await chooseModel(second, 'fake-echo');
  await say(second, 'from the second tab');
  await page.getByText('You said: from the second tab').waitFor();
});

test('a server killed in the middle of an answer loses nothing', async () => {
  const page = await openChat('fake-stream-150x66');
  await say(page, 'survive this');
  await lastAnswer(page).getByText('The quick').waitFor();
  await piper.piper.kill();
  await page.getByText('The connection was lost', { exact: false }).waitFor();
  await piper.piper.restart();
  await answered(page);
  const words = (await lastAnswer(page).locator('.markdown').innerText()).split(/\s+/);
  expect(words.filter((word) => word === 'brown').length).toBeGreaterThan(5);
  expect(await page.getByRole('article', { name: 'Assistant' }).count()).toBe(1);
});
