/** The reducer both sides fold a turn with. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { emptyTurn, foldPart, textOf, type TurnState } from './fold.ts';
import type { StreamPart } from './parts.ts';

const fold = (parts: readonly StreamPart[], from: TurnState = emptyTurn) => parts.reduce(foldPart, from);

describe('folding', () => {
  test('joins the deltas of one id where it began, and keeps the order of parts', () => {
    const state = fold([
      { type: 'reasoning-delta', id: 'r', text: 'Hm' },
      { type: 'text-delta', id: 'a', text: 'One ' },
      { type: 'tool-call', id: 't', name: 'look', input: { q: 1 } },
      { type: 'text-delta', id: 'a', text: 'two' },
      { type: 'tool-result', id: 't', output: 3 },
      { type: 'text-delta', id: 'r', text: 'same id, another kind' },
      { type: 'source', id: 's', title: 'S' },
    ]);
    expect(state.parts).toEqual([
      { type: 'reasoning', id: 'r', text: 'Hm' },
      { type: 'text', id: 'a', text: 'One two' },
      { type: 'tool', id: 't', name: 'look', input: { q: 1 }, output: 3 },
      { type: 'text', id: 'r', text: 'same id, another kind' },
      { type: 'source', id: 's', title: 'S' },
    ]);
    expect(textOf(state.parts)).toBe('One two\n\nsame id, another kind');
  });

  test('a result without its call changes nothing; a failed one is kept as such', () => {
    expect(fold([{ type: 'tool-result', id: 'x', output: 1 }])).toEqual(emptyTurn);
    const state = fold([
      { type: 'tool-call', id: 't', name: 'look', input: null },
      { type: 'tool-result', id: 't', error: 'no' },
    ]);
    expect(state.parts).toEqual([{ type: 'tool', id: 't', name: 'look', input: null, error: 'no' }]);
  });

  test('a reset starts over, an error and a finish stay', () => {
    const state = fold([
      { type: 'text-delta', id: 'a', text: 'old' },
      { type: 'error', code: 'x', message: 'y' },
      { type: 'reset' },
      { type: 'text-delta', id: 'a', text: 'new' },
      { type: 'finish', reason: 'stop', usage: null },
      { type: 'text-delta', id: 'a', text: ' after the end' },
      { type: 'reset' },
    ]);
    expect(state).toEqual({
      parts: [{ type: 'text', id: 'a', text: 'new' }],
      error: null,
      finish: { reason: 'stop', usage: null },
    });
  });
});

const text = fc.string({ unit: 'binary' });
const id = fc.constantFrom('a', 'b');
const part: fc.Arbitrary<StreamPart> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant('text-delta' as const), id, text }) },
  fc.record({ type: fc.constant('reasoning-delta' as const), id, text }),
  fc.record({ type: fc.constant('tool-call' as const), id, name: text, input: fc.jsonValue() }),
  fc.record({ type: fc.constant('tool-result' as const), id, output: fc.jsonValue() }),
  fc.record({ type: fc.constant('source' as const), id, title: text }),
  fc.constant<StreamPart>({ type: 'reset' }),
  fc.constant<StreamPart>({ type: 'finish', reason: 'stop', usage: null }),
);

/** What the stream's writer may do: join neighbouring deltas of one id. */
function coalesce(parts: readonly StreamPart[]): StreamPart[] {
  const joined: StreamPart[] = [];
  for (const each of parts) {
    const last = joined.at(-1);
    if (
      last &&
      last.type === each.type &&
      (last.type === 'text-delta' || last.type === 'reasoning-delta') &&
      'text' in each &&
      last.id === each.id
    ) {
      joined[joined.length - 1] = { ...last, text: last.text + each.text };
    } else joined.push(each);
  }
  return joined;
}

test('it does not matter where the stream was cut or how its deltas were joined', () => {
  fc.assert(
    fc.property(fc.array(part), fc.nat(), (parts, at) => {
      const cut = at % (parts.length + 1);
      const whole = fold(parts);
      expect(fold(parts.slice(cut), fold(parts.slice(0, cut)))).toEqual(whole);
      expect(fold(coalesce(parts))).toEqual(whole);
    }),
  );
});
