/** Shaping data and working with it: two related models, records, a filter, a rename taken back, a rule, and a second person. */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { useBrowser } from '../test/browser.ts';
import { createProject, emailOf, expectAccessible, password, register } from './app.ts';

const piper = useBrowser();

async function createModel(page: Page, project: string, label: string, firstField: string): Promise<void> {
  await page.goto(`${project}/data`);
  await page.getByRole('button', { name: 'New data model' }).first().click();
  await page.getByLabel('Name of one record').fill(label);
  await page.getByLabel('Name of field 1').fill(firstField);
  await page.getByRole('button', { name: 'Create data model' }).click();
  await page.getByRole('heading', { name: `${label}s`, level: 1 }).waitFor();
}

/** Fills the open form's own fields and creates the record; ends on its page. */
async function createRecord(page: Page, field: string, value: string, related?: [field: string, record: string]): Promise<void> {
  await page.getByRole('button', { name: 'New', exact: true }).click();
  await page.getByRole('dialog').getByLabel(field).first().fill(value);
  if (related) {
    const choose = page.getByRole('button', { name: `${related[0]}: Choose…` });
    await choose.click();
    // Neither leaving the list nor a slip of the mouse closes the form behind, with what was typed.
    await page.getByRole('combobox', { name: `Choose ${related[0]}` }).press('Escape');
    await page.mouse.click(5, 5);
    await choose.click();
    await page.getByRole('option', { name: related[1] }).click();
  }
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  await page.getByRole('heading', { name: value, level: 1 }).waitFor();
}

const tab = (page: Page, name: string): Promise<void> => page.getByRole('link', { name, exact: true }).click();

/** Registers by the invitation the project's owner makes. */
async function inviteViewer(owner: Page, project: string, name: string): Promise<Page> {
  await owner.goto(`${project}/members`);
  await owner.getByRole('button', { name: 'Invite' }).click();
  const dialog = owner.getByRole('dialog');
  await dialog.getByLabel('E-mail').fill(emailOf(name));
  await dialog.getByLabel('Role').selectOption('viewer');
  await dialog.getByRole('button', { name: 'Invite' }).click();
  const { pathname, search } = new URL(await dialog.getByLabel('Link').inputValue());
  const page = await piper.newPage();
  await page.goto(pathname + search);
  await expect.poll(() => page.getByLabel('E-mail').inputValue(), { timeout: 20_000 }).toBe(emailOf(name));
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByRole('heading', { name: /^Hello|^Shop/, level: 1 }).waitFor();
  return page;
}

test('model data, keep records, change the model and take it back, rule, and see each other', { timeout: 240_000 }, async () => {
  const page = await piper.newPage();
  await register(page);
  const project = await createProject(page, 'Shop');
  await page.goto(`${project}/data`);
  await page.getByText('Make the first data model').waitFor();
  await expectAccessible(page, 'no data models');
  await createModel(page, project, 'Customer', 'Name');
  await createRecord(page, 'Name', 'Grace');
  await tab(page, 'Records');
  await createRecord(page, 'Name', 'Alan');

  await createModel(page, project, 'Order', 'Title');
  await tab(page, 'Fields');
  await page.getByRole('button', { name: 'New field' }).first().click();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Customer');
  await page.getByRole('button', { name: /^Type:/ }).click();
  await page.getByRole('combobox', { name: 'Choose a type' }).fill('relation');
  await page.getByRole('option', { name: /^Relation A record/ }).click();
  await page.getByLabel('Of the data model').selectOption({ label: 'Customer' });
  await page.getByLabel('Name of the list on the other side').fill('Orders');
  await expectAccessible(page, 'new field');
  await page.getByRole('button', { name: 'Create field' }).click();
  await page.getByRole('button', { name: 'Edit Customer' }).waitFor();
  await expectAccessible(page, 'fields');

  await tab(page, 'Records');
  await createRecord(page, 'Title', 'Compiler', ['Customer', 'Grace']);
  await page.getByRole('link', { name: 'Grace' }).waitFor();
  await expectAccessible(page, 'record');
  await page.getByRole('textbox', { name: 'Comment' }).fill('Needed by Monday');
  await page.getByRole('button', { name: 'Comment', exact: true }).click();
  await page.getByRole('list', { name: 'Comments' }).getByText('Needed by Monday').waitFor();
  await page.getByRole('button', { name: 'Edit this comment' }).click();
  await page.getByRole('textbox', { name: 'Change the comment' }).fill('Needed by Tuesday');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('list', { name: 'Comments' }).getByText('Needed by Tuesday').waitFor();
  await tab(page, 'Records');
  await createRecord(page, 'Title', 'Bombe', ['Customer', 'Alan']);
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByRole('dialog').getByLabel('Title').fill('Bombe 2');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: 'Bombe 2', level: 1 }).waitFor();
  await page.getByRole('button', { name: 'Back to this' }).click();
  await page.getByRole('heading', { name: 'Bombe', level: 1, exact: true }).waitFor();

  await tab(page, 'Records');
  await page.getByRole('button', { name: 'Filter' }).click();
  await page.getByLabel('Comparison').selectOption({ label: 'contains' });
  await page.getByLabel('Value').fill('comp');
  await page.getByText('1 record', { exact: true }).waitFor();
  await page.getByRole('row', { name: /Compiler/ }).waitFor();
  await expectAccessible(page, 'records');
  await page.reload();
  expect(await page.getByLabel('Value').inputValue()).toBe('comp');
  await page.getByRole('button', { name: 'Clear' }).click();
  await page.getByRole('row', { name: /Bombe/ }).click();
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByRole('button', { name: 'Deleted' }).click();
  await page.getByRole('heading', { name: 'Deleted orders' }).waitFor();
  await expectAccessible(page, 'deleted records');
  await page.getByRole('button', { name: 'Restore Bombe' }).click();
  await page.getByText('Nothing is deleted').waitFor();

  await page.goto(`${project}/data/orders/fields`);
  await page.getByRole('button', { name: 'Edit Title' }).click();
  await page.getByRole('textbox', { name: 'Key' }).fill('subject');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('subject', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Undo' }).last().click();
  await page.getByText('Taken back.').waitFor();
  await page.getByText('title', { exact: true }).waitFor();
  await tab(page, 'Changes');
  await page.getByRole('list', { name: 'Changes' }).getByText('(taken back)').waitFor();
  await expectAccessible(page, 'changes');

  await tab(page, 'Rules');
  await page
    .getByRole('button', { name: /^Edit rule/ })
    .first()
    .click();
  const asJson = page.getByRole('group', { name: 'On which records' }).getByRole('button', { name: 'As JSON' });
  await asJson.click();
  await page.getByLabel('On which records').fill('{"customer": ');
  await page.getByText(/not a valid JSON object/).waitFor();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect.poll(() => page.getByLabel('On which records').evaluate((field) => field.matches(':invalid:focus'))).toBe(true);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page
    .getByRole('list', { name: 'Rules for read' })
    .getByRole('button', { name: /^Edit rule/ })
    .last()
    .click();
  await asJson.click();
  await page.getByLabel('On which records').fill('{"customer": {"name": {"_eq": "Grace"}}}');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Rules changed.').waitFor();
  await page.getByLabel('Whose eyes').selectOption('role:viewer');
  await page.getByRole('button', { name: 'Look' }).click();
  const seen = page.getByRole('region', { name: 'What they see' });
  await seen.getByText('Compiler').waitFor();
  expect(await seen.getByText('Bombe').count()).toBe(0);
  await expectAccessible(page, 'rules');

  const viewer = await inviteViewer(page, project, 'Vera Viewer');
  await viewer.goto(`${project}/data/orders`);
  await viewer.getByRole('row', { name: /Compiler/ }).waitFor();
  expect(await viewer.getByRole('row', { name: /Bombe/ }).count()).toBe(0);
  expect(await viewer.getByRole('button', { name: 'New', exact: true }).count()).toBe(0);

  await page.goto(`${project}/data/orders`);
  await createRecord(page, 'Title', 'Nanosecond wire', ['Customer', 'Grace']);
  await viewer.getByRole('row', { name: /Nanosecond wire/ }).waitFor();
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByText('Deleted “Nanosecond wire”.').waitFor();
  await viewer.getByRole('row', { name: /Nanosecond wire/ }).waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Undo' }).last().click();
  await viewer.getByRole('row', { name: /Nanosecond wire/ }).waitFor();

  await viewer.setViewportSize({ width: 390, height: 800 });
  await expectAccessible(viewer, 'records on a phone');
  expect(await viewer.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  await viewer.getByRole('row', { name: /Compiler/ }).click();
  await viewer.getByRole('list', { name: 'Comments' }).getByText('Needed by Tuesday').waitFor();
  expect(await viewer.getByRole('textbox', { name: 'Comment' }).count()).toBe(0);
  await page.goto(viewer.url());
  await page.getByRole('list', { name: 'History' }).waitFor();
  const isLonger = await page.evaluate(() => document.documentElement.scrollHeight > innerHeight);
  expect(isLonger, 'only the part below the tabs scrolls').toBe(false);
});
