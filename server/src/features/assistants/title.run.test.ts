import { expect, test } from 'vitest';
import { cleanTitle } from './title.run.ts';

test.each([
  ['"Refunds above 500 euros."', 'Refunds above 500 euros'],
  ['\n\n## **Title**\nand why', 'Title'],
  ['***', null],
])('%j becomes %j', (answer, title) => expect(cleanTitle(answer)).toBe(title));

test('a line made to be slow to read is not', () => {
  const start = performance.now();
  expect(cleanTitle(`a${'*'.repeat(100_000)}b`)).toMatch(/^a\**$/);
  expect(performance.now() - start).toBeLessThan(500);
});
