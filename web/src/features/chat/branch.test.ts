import { expect, test } from 'vitest';
import { mergeTail, type Branch, type ChatMessage } from './branch.ts';

const message = (id: string): ChatMessage => ({ id }) as ChatMessage;
const branch = (ids: string, before: string | null = null): Branch => ({
  messages: ids.split('').map(message),
  before,
  leafId: ids.at(-1) ?? null,
});
const idsOf = ({ messages }: Branch): string => messages.map(({ id }) => id).join('');

test('older pages stay in front of a tail that was read again', () => {
  const merged = mergeTail(branch('abcdef', 'x'), branch('efgh', 'e'));
  expect(idsOf(merged)).toBe('abcdefgh');
  expect(merged.before).toBe('x');
  expect(merged.leafId).toBe('h');
});

test('a tail of another branch takes the place of everything', () => {
  expect(idsOf(mergeTail(branch('abc'), branch('xyz')))).toBe('xyz');
  expect(idsOf(mergeTail(undefined, branch('a')))).toBe('a');
});

test('messages that are gone from the branch do not stay behind', () => {
  expect(idsOf(mergeTail(branch('abcd'), branch('bx')))).toBe('abx');
});
