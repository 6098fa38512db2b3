/** What a person does in the app, in the words of its screens; every journey is made of these. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { settle } from '../test/browser.ts';

export const password = 'correct horse';

/** Registers in the browser; the first one owns the server. */
export async function register(page: Page, name = 'Ada Lovelace'): Promise<void> {
  await page.goto('/register');
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('E-mail').fill(emailOf(name));
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByRole('heading', { name: /^Hello/ }).waitFor();
}

export const emailOf = (name: string): string => `${name.toLowerCase().replaceAll(/\W+/g, '.')}@example.com`;

export async function signIn(page: Page, name = 'Ada Lovelace'): Promise<void> {
  await page.goto('/sign-in');
  await page.getByLabel('E-mail').fill(emailOf(name));
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: /^Hello/ }).waitFor();
}

/** Makes a project from the start page and answers its address, `/p/<slug>`. */
export async function createProject(page: Page, name: string): Promise<string> {
  await page.goto('/');
  await page.getByRole('button', { name: 'New project' }).click();
  await page.getByLabel('Name').fill(name);
  await page.getByRole('button', { name: 'Create project' }).click();
  await page.getByRole('heading', { name, level: 1 }).waitFor();
  return new URL(page.url()).pathname;
}

/** Writes a prompt in the open project and stays in its editor. */
export async function createPrompt(page: Page, project: string, title: string, content: string): Promise<void> {
  await page.goto(`${project}/prompts`);
  await page.getByRole('button', { name: 'New prompt' }).first().click();
  await page.getByLabel('Title').fill(title);
  await page.getByLabel('Content').fill(content);
  await page.getByRole('button', { name: 'Create prompt' }).click();
  await page.locator('.cm-content').waitFor();
}

export async function chooseModel(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: /^AI model:/ }).click();
  await page.getByRole('combobox', { name: 'Choose an AI model' }).fill(name);
  await page.getByRole('option', { name }).first().waitFor();
  await page.keyboard.press('Enter');
}

export const messageField = (page: Page): Locator => page.getByLabel('Message', { exact: true });

export async function say(page: Page, text: string): Promise<void> {
  await messageField(page).fill(text);
  await page.keyboard.press('Enter');
}

export const writing = (page: Page): Promise<void> =>
  page.getByText('The answer is being written.').waitFor({ state: 'attached' });
export const answered = (page: Page): Promise<void> =>
  page.getByText('The answer is complete.').waitFor({ state: 'attached', timeout: 30_000 });

/** The text of the last answer on the page. */
export const lastAnswer = (page: Page): Locator => page.getByRole('article', { name: 'Assistant' }).last();

/** Fails with what axe finds, in a form that says where. */
export async function expectAccessible(page: Page, screen: string): Promise<void> {
  await settle();
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${screen}: ${id} ${nodes[0]?.html.slice(0, 200)}`)).toEqual([]);
}
