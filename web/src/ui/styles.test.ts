/** A HeroUI component without its CSS fails silently: what the code uses is compared with what styles.css imports. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const source = new URL('..', import.meta.url);
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
  (file) => /\.tsx?$/.test(file) && !file.includes('.test.'),
);
const code = files.map((file) => readFileSync(new URL(file, source), 'utf8')).join('\n');
const css = readFileSync(new URL('styles.css', source), 'utf8');

/** CSS files each HeroUI component needs. */
const needs: Record<string, string[]> = { Modal: ['modal', 'close-button'], Dropdown: ['dropdown', 'menu', 'menu-item'] };
const classNeeds: Record<string, string> = { 'button--': 'button', 'input ': 'input' };

test('every HeroUI component in use has its styles', () => {
  const imported = [...code.matchAll(/import \{([^}]+)\} from '@heroui\/react'/g)].flatMap((match) =>
    match[1]!.split(',').map((name) => name.trim()),
  );
  expect(imported.length).toBeGreaterThan(0);
  const sheets = imported.flatMap((name) => needs[name] ?? [`unknown component ${name}: add it to this test`]);
  const byClass = Object.entries(classNeeds).flatMap(([text, sheet]) => (code.includes(text) ? [sheet] : []));
  const missing = [...sheets, ...byClass].filter((sheet) => !css.includes(`components/${sheet}.css`));
  expect(missing).toEqual([]);
});
