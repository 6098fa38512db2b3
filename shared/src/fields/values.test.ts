/** What each field type takes, in which form it keeps it, and what it refuses with a sentence that says what to do. */
import { describe, expect, test } from 'vitest';
import type { Field } from '../data-model.ts';
import { fieldTypeOf, fieldTypes, InvalidValue } from './index.ts';
import { checkOptions } from './options.ts';
import { plainText, type RichNode } from './rich-text/index.ts';

const choices = [{ value: 'a', label: 'A' }, { value: 'b' }];
const field = (type: string, options: Record<string, unknown> = {}): Field => ({ id: 'f', key: 'f', type, label: 'F', options });
const normalise = (type: string, value: unknown, options: Record<string, unknown> = {}): unknown => {
  const given = field(type, options);
  return fieldTypeOf(given).normalise(value, given);
};
const id = (digit: string): string => `00000000-0000-7000-8000-00000000000${digit}`;
const doc = (...content: RichNode[]): RichNode => ({ type: 'doc', content });
const deep = (levels: number): unknown => Array.from({ length: levels }).reduce((inner) => [inner], 1);

describe('values', () => {
  test.each<[string, unknown, unknown, Record<string, unknown>?]>([
    ['currency', '19.9', '19.9'],
    ['currency', '1.234', '1.234', { scale: 3 }],
    ['percent', 12.5, '12.5'],
    ['rating', 10, 10, { max: 10 }],
    ['date', '2024-02-29', '2024-02-29'],
    ['time', '14:30', '14:30:00'],
    ['time', '14:30:15.5', '14:30:15.500'],
    ['time', '14:30:15.0009', '14:30:15'],
    ['duration', 90, 90],
    ['duration', -5, -5, { min: -10 }],
    ['multi-select', ['b', 'a'], ['b', 'a'], { choices }],
    ['multi-select', [], [], { choices }],
    ['url', ' https://user@host.example:8080/ä?b=1#c ', 'https://user@host.example:8080/ä?b=1#c'],
    ['url', 'HTTP://[::1]/', 'HTTP://[::1]/'],
    ['url', 'mailto:a@b.example?subject=x', 'mailto:a@b.example?subject=x'],
    ['url', 'tel:+49-30-123', 'tel:+49-30-123'],
    ['phone', '+49 (30) 12 34-56', '+4930123456'],
    ['phone', '0049/30.123456', '+4930123456'],
    ['colour', '#36F', '#3366ff'],
    ['colour', '#3366FF', '#3366ff'],
    ['files', [id('1'), id('2').toUpperCase()], [id('1'), id('2')]],
    ['user', id('1'), id('1')],
    ['geo-point', { type: 'Point', coordinates: [13.4, -0] }, { type: 'Point', coordinates: [13.4, 0] }],
    ['geo-point', '{"type":"Point","coordinates":[180,90]}', { type: 'Point', coordinates: [180, 90] }],
    ['any-relation', { model: 'customers', id: id('1') }, { model: 'customers', id: id('1') }],
    ['rich-text', 'a', doc({ type: 'paragraph', content: [{ type: 'text', text: 'a' }] })],
    ['rich-text', '', doc({ type: 'paragraph' })],
  ])('%s takes %j as %j', (type, value, expected, options) => {
    expect(normalise(type, value, options)).toEqual(expected);
  });

  test.each<[string, unknown, Record<string, unknown>?]>([
    ['text', 'x'.repeat(10_001)],
    ['text', 'x'.repeat(2_001), { pattern: 'x' }],
    ['long-text', 'x'.repeat(1_000_001)],
    ['email', 'a@b\u0007.example'],
    ['email', 'a\u202e@b.example'],
    ['email', `${'a'.repeat(65)}@b.example`],
    ['currency', '1.999'],
    ['currency', Number.NaN],
    ['percent', Number.POSITIVE_INFINITY],
    ['decimal', 10 ** 300],
    ['decimal', `${'9'.repeat(400)}`],
    ['rating', 6],
    ['rating', -1],
    ['rating', 2.5],
    ['date', '2026-02-31'],
    ['date', '0000-01-01'],
    ['date', '10000-01-01'],
    ['date', '2026-01-31T00:00:00Z'],
    ['date', 20_260_131],
    ['time', '24:00'],
    ['time', '10:60'],
    ['time', '1:30'],
    ['duration', -1],
    ['duration', 1.5],
    ['duration', Number.POSITIVE_INFINITY],
    ['multi-select', ['a', 'a'], { choices }],
    ['multi-select', ['c'], { choices }],
    ['multi-select', 'a', { choices }],
    ['multi-select', ['a', 'b'], { choices, maxItems: 1 }],
    ['multi-select', [], { choices, minItems: 1 }],
    ['select', 'c', { choices }],
    ['url', 'javascript:alert(1)'],
    ['url', ' java\nscript:alert(1)'],
    ['url', 'data:text/html,x'],
    ['url', 'https://a\u0000b'],
    ['url', 'https://a\u200bb'],
    ['url', 'https:// a'],
    ['url', 'https://'],
    ['url', 'https://a\\b'],
    ['url', '//host.example'],
    ['url', `https://a.example/${'x'.repeat(2_000)}`],
    ['phone', 'call me'],
    ['phone', '12'],
    ['phone', '1'.repeat(16)],
    ['phone', '030 123456', { international: true }],
    ['colour', 'red'],
    ['colour', '#12345'],
    ['file', 'x'],
    ['files', [id('1'), id('1')]],
    ['files', ['x']],
    ['files', id('1')],
    ['files', Array.from({ length: 101 }, (_, i) => id('0').slice(0, -3) + String(i + 100))],
    ['any-relation', id('1')],
    ['any-relation', null],
    ['any-relation', { model: 'a/b', id: id('1') }],
    ['any-relation', { model: 'a', id: 'x' }],
    ['geo-point', { type: 'Point', coordinates: [181, 0] }],
    ['geo-point', { type: 'Point', coordinates: [0, 90.1] }],
    ['geo-point', { type: 'Point', coordinates: [Number.NaN, 0] }],
    ['geo-point', { type: 'Point', coordinates: [1, 2, 3] }],
    ['geo-point', { type: 'Point', coordinates: ['1', 2] }],
    ['geo-point', { type: 'Polygon', coordinates: [] }],
    ['geo-point', 'x'],
    ['json', deep(100)],
    ['json', 'x'.repeat(1_000_001)],
    ['rich-text', 5],
    ['rich-text', { type: 'paragraph' }],
    ['rich-text', 'a\0'],
    ['rich-text', doc({ type: 'text', text: '' })],
    ['rich-text', doc({ type: 'a b' })],
    ['rich-text', { type: 'doc', content: {} }],
    ['rich-text', { type: 'doc', extra: 1 }],
    ['rich-text', doc({ type: 'image', attrs: { src: 'javascript:alert(1)' } })],
    ['rich-text', doc({ type: 'image', attrs: { src: '//evil.example/x.png' } })],
    ['rich-text', doc({ type: 'x', attrs: { onclick: 'x' } })],
    ['rich-text', doc({ type: 'text', text: 'a', marks: [{ type: 'link', attrs: { href: 'data:text/html,x' } }] })],
    ['rich-text', Array.from({ length: 60 }).reduce<RichNode>((inner) => ({ type: 'quote', content: [inner] }), { type: 'x' })],
    ['formula', 1],
  ])('%s refuses %j', (type, value, options) => {
    expect(() => normalise(type, value, options)).toThrow(InvalidValue);
  });

  test('refusals say what to do', () => {
    expect(() => normalise('url', 'x')).toThrow('must be an address that begins with https://');
    expect(() => normalise('phone', 'x')).toThrow('such as +49 30 123456');
    expect(() => normalise('date', '2026-02-31')).toThrow('must be a date that exists');
    expect(() => normalise('multi-select', ['x'], { choices })).toThrow('holds "x"; each must be one of a, b');
    expect(() => normalise('text', 'b', { pattern: '^a$', patternHelp: 'must be an a' })).toThrow('must be an a');
    expect(() => normalise('currency', '1.999')).toThrow('must have at most 2 decimals');
    expect(() => normalise('date', '2027-01-01', { max: '2026-12-31' })).toThrow('must not be after 2026-12-31');
  });

  test('a computed field behaves as its result', () => {
    const total: Field = { ...field('formula', { formula: '1' }), result: 'decimal' };
    expect(fieldTypeOf(total).name).toBe('decimal');
  });

  test('the text of a document keeps its lines', () => {
    const given = normalise('rich-text', 'a\n\nb') as RichNode;
    expect(plainText(given)).toBe('a\n\nb');
  });
});

describe('options', () => {
  test.each([...fieldTypes.values()].map((type) => [type.name, type] as const))('of %s are fields themselves', (name, type) => {
    expect(type.description.length).toBeGreaterThan(10);
    const known = Object.fromEntries(
      type.options.filter((each) => each.default !== undefined).map((each) => [each.key, each.default]),
    );
    const needed = type.options.filter((each) => each.required).map((each) => `options.${each.key}`);
    expect(checkOptions(field(name, known)).map((problem) => problem.path)).toEqual(needed);
    for (const each of type.options) expect(fieldTypes.has(each.type)).toBe(true);
    expect(checkOptions(field(name, { ...known, nonsense: 1 }))).toContainEqual({
      path: 'options.nonsense',
      message: `is no option of the type "${type.label}"`,
    });
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['text', { minLength: -1 }, 'options.minLength'],
    ['text', { minLength: 5, maxLength: 4 }, 'options.maxLength'],
    ['text', { pattern: '(' }, 'options.pattern'],
    ['text', { pattern: '(a)\\1' }, 'options.pattern'],
    ['text', { maxLength: '10' }, 'options.maxLength'],
    ['integer', { min: 2, max: 1 }, 'options.max'],
    ['decimal', { min: '0.2', max: '0.1' }, 'options.max'],
    ['currency', { currency: 'euro' }, 'options.currency'],
    ['rating', { max: 11 }, 'options.max'],
    ['date', { min: '2026-01-02', max: '2026-01-01' }, 'options.max'],
    ['duration', { max: -1 }, 'options.max'],
    ['select', {}, 'options.choices'],
    ['select', { choices: [] }, 'options.choices'],
    ['select', { choices: [{ label: 'A' }] }, 'options.choices[0].value'],
    ['select', { choices: [{ value: 'a' }, { value: 'a' }] }, 'options.choices'],
    ['select', { choices: [{ value: 'a', colour: 'red' }] }, 'options.choices[0].colour'],
    ['select', { choices: [{ value: 'a', more: 1 }] }, 'options.choices[0].more'],
    ['select', { choices: Array.from({ length: 501 }, (_, i) => ({ value: String(i) })) }, 'options.choices'],
    ['multi-select', { choices, minItems: 3, maxItems: 2 }, 'options.maxItems'],
    ['rollup', { relation: 'x', function: 'median' }, 'options.function'],
  ])('%s with %j is wrong at %s', (type, options, path) => {
    expect(checkOptions(field(type, options)).map((problem) => problem.path)).toEqual([path]);
  });
});
