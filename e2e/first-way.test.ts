/** A newcomer's way: register, project, prompt, chat with the built-in assistant and with a provider. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useBrowser } from '../test/browser.ts';
import { startFakeLlm, type FakeLlm } from '../test/fake-llm/fake-llm.ts';
import {
  answered,
  chooseModel,
  createProject,
  createPrompt,
  expectAccessible,
  lastAnswer,
  messageField,
  register,
  say,
} from './app.ts';

let fake: FakeLlm;
beforeAll(async () => {
  fake = await startFakeLlm();
});
afterAll(() => fake.close());

const piper = useBrowser();

test('register, project, prompt, a chat without any provider, then with one', { timeout: 120_000 }, async () => {
  const page = await piper.newPage();
  await page.goto('/');
  await page.getByText('it will be its owner').waitFor();
  await expectAccessible(page, 'register');
  await register(page);
  await expectAccessible(page, 'first dashboard');
  const project = await createProject(page, 'Customer support');
  await createPrompt(
    page,
    project,
    'Friendly agent',
    'You answer questions about {{product}}.\n\nRefunds take five working days.',
  );
  expect(await page.locator('.cm-variable').innerText()).toBe('{{product}}');
  await expectAccessible(page, 'prompt');

  await page.getByRole('link', { name: 'Try it' }).click();
  await page.getByLabel('product').fill('Piper');
  await say(page, 'How long do refunds take?');
  await answered(page);
  await expect.poll(() => lastAnswer(page).innerText()).toContain('Refunds take five working days');
  expect(await page.getByLabel('product').isVisible()).toBe(false);
  await lastAnswer(page).getByRole('link', { name: 'Friendly agent' }).waitFor();
  await expectAccessible(page, 'chat');

  await page.goto('/settings/providers');
  await page.getByRole('button', { name: 'Set up OpenAI-compatible server' }).first().click();
  await page.getByLabel('Address').fill(`${fake.url}/v1`);
  await page.getByRole('button', { name: 'Check' }).click();
  await page.getByText(/It works/).waitFor();
  await expectAccessible(page, 'provider dialog');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('is set up').waitFor();

  await page.goto(`${project}/chat`);
  await page.getByLabel('product').fill('Piper');
  await chooseModel(page, 'fake-markdown');
  await say(page, 'Show me Markdown');
  await answered(page);
  await lastAnswer(page).getByRole('heading', { name: 'A heading' }).waitFor();
  await lastAnswer(page).getByRole('button', { name: 'Copy code' }).waitFor();
  expect(await lastAnswer(page).getByRole('table').innerText()).toContain('1');
  expect(await messageField(page).inputValue()).toBe('');
});

test('HTML and scripts in names, titles and messages are text', async () => {
  const page = await piper.newPage();
  const evil = '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>';
  await register(page, 'Mallory');
  const project = await createProject(page, evil);
  await page.goto(`${project}/chat`);
  await say(page, `${evil} **bold**`);
  await answered(page);
  await page.getByRole('article', { name: 'You' }).getByText('onerror').waitFor();
  expect(await page.locator('main img[src="x"]').count()).toBe(0);
  await page.goto('/projects');
  await page.getByText('onerror').first().waitFor();
  expect(await page.title()).not.toContain('owned');
});
