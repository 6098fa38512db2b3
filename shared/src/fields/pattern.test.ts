import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InvalidValue } from './field-type.ts';
import { compilePattern } from './pattern.ts';

/** Without \B, which V8 also finds within a pair of surrogates. */
const atoms = [
  'a',
  'b',
  '.',
  '[ab]',
  '[^a]',
  '\\d',
  '\\w',
  '\\s',
  '\\.',
  '[\\]-a]',
  '\\u{1F600}',
  '\\p{L}',
  '\\x41',
  '^',
  '$',
  '\\b',
];
const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
  pattern: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(...atoms),
    fc.tuple(tie('pattern'), tie('pattern')).map(([left, right]) => left + right),
    fc.tuple(tie('pattern'), tie('pattern')).map(([left, right]) => `(?:${left}|${right})`),
    fc
      .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '*?', '{2}', '{1,}', '{0,2}', '{0}'))
      .map(([inner, times]) => `(${inner})${times}`),
  ),
}));
const texts = fc
  .array(fc.constantFrom('a', 'b', 'A', '1', ' ', '.', ']', 'é', '😀', '\n'), { maxLength: 8 })
  .map((signs) => signs.join(''));

test('patterns match what JavaScript matches', () => {
  fc.assert(
    fc.property(pattern, fc.array(texts, { minLength: 8, maxLength: 8 }), (source, given) => {
      const matches = compilePattern(source);
      const form = new RegExp(source, 'u');
      for (const text of given)
        expect({ source, text, matches: matches(text) }).toEqual({ source, text, matches: form.test(text) });
    }),
    { numRuns: 2_000 },
  );
});

test('patterns that make other engines hang answer at once', () => {
  const start = Date.now();
  for (const source of [
    '(a+)+$',
    '(a|a)*$',
    '(a|aa)+$',
    '(.*a){12}$',
    'a*a*a*a*a*a*a*a*b',
    '(x+x+)+y',
    '()*$',
    '((((a*)*)*)*)*$',
  ]) {
    compilePattern(source)(`${'a'.repeat(1_999)}!`);
  }
  expect(Date.now() - start).toBeLessThan(2_000);
});

test('texts that would take too long are refused at once', () => {
  const start = Date.now();
  for (const source of ['(a?){50}a{50}$', '(a{0,49}){0,49}$', '((a{0,9}){0,9}){0,9}b'])
    expect(() => compilePattern(source)(`${'a'.repeat(1_999)}!`)).toThrow('takes too long');
  expect(compilePattern('^(a?){50}a{50}$')('a'.repeat(60))).toBe(true);
  expect(compilePattern('^.{1,2000}$')('a'.repeat(2_000))).toBe(true);
  expect(Date.now() - start).toBeLessThan(500);
});

test.each([
  '(?i:abc)',
  '(?-i:abc)',
  '(?i-:abc)',
  '(?ims:a)',
  '(',
  '[',
  'a{2,1}',
  '(a)\\1',
  '(?<n>a)\\k<n>',
  '(?=a)',
  '(?!a)',
  '(?<=a)',
  '(?<!a)',
  'a'.repeat(501),
  '(a{1,99}){1,99}',
  '(){5000000}',
])('%s is refused', (source) => {
  expect(() => compilePattern(source)).toThrow(InvalidValue);
});
