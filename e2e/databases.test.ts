/** Attaching an existing database: a wrong password, what it would become, the copy, its report, and working with what came. */
import { expect, test } from 'vitest';
import { useBrowser } from '../test/browser.ts';
import { useForeignDatabase } from '../test/sample-database/foreign.ts';
import { loadChinook } from '../test/sample-database/load.ts';
import { createProject, expectAccessible, register } from './app.ts';

const piper = useBrowser();
const foreign = useForeignDatabase(loadChinook);

test('attach a database by its screen and look at what it became', { timeout: 180_000 }, async () => {
  const page = await piper.newPage();
  await register(page);
  const project = await createProject(page, 'Music');
  await page.goto(`${project}/settings`);
  await page.getByRole('link', { name: 'Attached databases' }).click();
  await page.getByRole('heading', { name: 'Attached databases', level: 1 }).waitFor();
  await expectAccessible(page, 'no attached database');

  const { hostname, port, pathname, username, password } = new URL(foreign.url);
  await page.getByLabel('Host').fill(hostname);
  await page.getByLabel('Port').fill(port);
  await page.getByRole('textbox', { name: 'Database' }).fill(`${pathname.slice(1)}_not`);
  await page.getByLabel('Connection').selectOption({ label: 'Not encrypted' });
  await page.getByLabel('User').fill(username);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'See what it would become' }).click();
  await page.getByText(/does not exist/).waitFor();

  await page.getByRole('textbox', { name: 'Database' }).fill(pathname.slice(1));
  await page.getByRole('button', { name: 'See what it would become' }).click();
  await page.getByText('10 data models:').waitFor();
  await expectAccessible(page, 'preview of a database');
  await page.getByRole('button', { name: 'Attach and copy' }).click();
  await page.getByText(/All \d+ tables are the same on both sides/).waitFor({ timeout: 60_000 });
  await expectAccessible(page, 'attached database');

  await page.goto(`${project}/data/artist`);
  await page.getByRole('row', { name: /AC\/DC/ }).waitFor();
  await page.getByText('275 records').waitFor();
  await page.getByRole('row', { name: /AC\/DC/ }).click();
  await page.getByRole('heading', { name: 'AC/DC', level: 1 }).waitFor();
  await page.getByRole('link', { name: /Albums/ }).click();
  await page.getByText('2 records').waitFor();
  await page.getByRole('row', { name: /Let There Be Rock/ }).waitFor();

  await page.goto(`${project}/databases`);
  await page.getByRole('button', { name: /^Forget/ }).click();
  await expect.poll(() => page.getByRole('list', { name: 'Attached databases' }).getByRole('listitem').count()).toBe(0);
  await page.goto(`${project}/data/artist`);
  await page.getByRole('row', { name: /AC\/DC/ }).waitFor();
});
