import { expect, test } from 'vitest';
import { matchItems } from './match-items.ts';

const item = (label: string, keywords = '') => ({ id: label, label, keywords, run: () => undefined });

test('every word must be found; the beginning of a label counts most', () => {
  const items = [item('All projects'), item('Project settings'), item('Sign out', 'leave project')];
  expect(matchItems(items, 'proj').map(({ label }) => label)).toEqual(['Project settings', 'All projects', 'Sign out']);
  expect(matchItems(items, 'proj sett').map(({ label }) => label)).toEqual(['Project settings']);
  expect(matchItems(items, 'nothing')).toEqual([]);
  expect(matchItems(items, '  ')).toHaveLength(3);
});
