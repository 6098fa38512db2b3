/** Every screen, in light and dark, on a phone and by keyboard alone; axe finds nothing on any of them. */
import { expect, test } from 'vitest';
import { useBrowser } from '../test/browser.ts';
import { answered, createProject, createPrompt, expectAccessible, messageField, register, say, signIn } from './app.ts';

const piper = useBrowser();
const screens = (project: string): string[] => [
  '/',
  '/projects',
  project,
  `${project}/chat`,
  `${project}/prompts`,
  `${project}/members`,
  `${project}/settings`,
  '/settings',
  '/settings/security',
  '/settings/appearance',
  '/settings/providers',
  '/settings/keys',
  '/settings/people',
  '/m',
  '/m/projects',
  '/m/messages',
  '/m/events',
  '/nowhere',
];
let project = '';

test('axe finds nothing on any screen', { timeout: 180_000 }, async () => {
  const page = await piper.newPage();
  await register(page);
  project = await createProject(page, 'Garden');
  await createPrompt(page, project, 'Gardener', 'You know plants. {{season}}');
  await page.getByRole('button', { name: 'versions' }).click();
  await expectAccessible(page, 'versions');
  for (const screen of screens(project)) {
    await page.goto(screen);
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(await page.title(), screen).toContain('Piper');
    await expectAccessible(page, screen);
  }
});

test('dark is dark everywhere, and axe finds nothing', { timeout: 180_000 }, async () => {
  const page = await piper.newPage({ colorScheme: 'dark' });
  await signIn(page);
  for (const screen of screens(project)) {
    await page.goto(screen);
    await page.getByRole('heading', { level: 1 }).waitFor();
    const brightness = await page.evaluate(() => {
      const canvas = document.createElement('canvas').getContext('2d');
      if (!canvas) return 255;
      canvas.fillStyle = getComputedStyle(document.body).backgroundColor;
      canvas.fillRect(0, 0, 1, 1);
      return canvas.getImageData(0, 0, 1, 1).data[0];
    });
    expect(brightness, screen).toBeLessThan(60);
    await expectAccessible(page, `${screen} (dark)`);
  }
});

test('on a phone everything is reachable and nothing overflows', { timeout: 180_000 }, async () => {
  const page = await piper.newPage({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  await signIn(page);
  await page.getByRole('button', { name: 'Open navigation' }).click();
  await page.getByRole('dialog', { name: 'Navigation' }).getByRole('link', { name: 'Garden' }).click();
  await page.getByRole('heading', { name: 'Garden', level: 1 }).waitFor();
  for (const screen of screens(project)) {
    await page.goto(screen);
    await page.getByRole('heading', { level: 1 }).waitFor();
    const overflow = await page.evaluate(() =>
      [document.documentElement, document.querySelector('main')].map((box) => (box ? box.scrollWidth - box.clientWidth : 0)),
    );
    expect(overflow, screen).toEqual([0, 0]);
    await expectAccessible(page, `${screen} (390 px)`);
  }
  await page.goto(`${project}/chat`);
  await page.getByLabel('season').fill('spring');
  await messageField(page).fill('What grows now?');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await answered(page);
  await page.getByRole('button', { name: 'Threads' }).click();
  await page.getByRole('dialog', { name: 'Threads' }).getByRole('link', { name: 'New chat' }).waitFor();
});

test('the keyboard alone goes all the way', async () => {
  const page = await piper.newPage();
  await signIn(page);
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Search or go to…' }).waitFor();
  await page.keyboard.type('new chat in garden');
  await page.getByRole('option', { name: 'New chat in Garden' }).waitFor();
  await page.keyboard.press('Enter');
  await messageField(page).waitFor();
  await page.getByLabel('season').focus();
  await page.keyboard.type('autumn');
  await expect.poll(() => page.getByLabel('season').inputValue()).toBe('autumn');
  await messageField(page).focus();
  await say(page, 'And now?');
  await answered(page);

  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Search or go to…' }).waitFor();
  await page.keyboard.type('everything');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Everything' }).waitFor();
  await page.getByRole('link', { name: /^Projects A project/ }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('grid', { name: 'Projects' }).waitFor();
  await page.locator('[data-row="0"]').focus();
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Garden', level: 1 }).waitFor();
});
