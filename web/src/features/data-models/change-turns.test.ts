import { expect, test } from 'vitest';
import { turnOf } from './change-turns.ts';

interface Given {
  kind?: 'change' | 'undo' | 'redo' | 'empty-bin';
  of?: number;
  models?: string[];
  isUndone?: boolean;
}

const given = (number: number, { kind = 'change', of, models = ['orders'], isUndone = false }: Given = {}) => ({
  id: String(number),
  number,
  status: 'applied' as const,
  kind,
  of: of === undefined ? null : String(of),
  models,
  isUndone,
});
const turns = (all: ReturnType<typeof given>[]) => all.map((one) => turnOf(one, all));

test('only the last change of a model can be undone; one of another model too', () => {
  expect(turns([given(3), given(2, { models: ['customers'] }), given(1)])).toEqual(['undo', 'undo', undefined]);
});

test('a change that was undone, redone and undone again offers one redo', () => {
  const all = [
    given(4, { kind: 'undo', of: 3 }),
    given(3, { kind: 'redo', of: 2, isUndone: true }),
    given(2, { kind: 'undo', of: 1 }),
    given(1, { isUndone: true }),
  ];
  expect(turns(all)).toEqual([undefined, undefined, undefined, 'redo']);
});

test('what was undone before a later change can not be redone over it', () => {
  const all = [given(3), given(2, { kind: 'undo', of: 1 }), given(1, { isUndone: true })];
  expect(turns(all)).toEqual(['undo', undefined, undefined]);
});

test('an emptied bin stands in nobody’s way and can not be turned', () => {
  expect(turns([given(2, { kind: 'empty-bin' }), given(1)])).toEqual([undefined, 'undo']);
});
