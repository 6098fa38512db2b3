import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createElement, type ReactElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, test } from 'vitest';
import { fieldTypes } from '@piper/shared/fields/index';
import type { VisibleField, VisibleModel } from '../platform/records.ts';
import { printDuration, readDuration } from './duration/duration-text.ts';
import { groupDigits } from './field-ui.ts';
import { fieldUiOf, fieldUis } from './index.ts';
import { givenOptions, OptionsForm, type Options } from './options-form.tsx';
import { RichDocument } from './rich-text/rich-document.tsx';
import { isPlain } from './rich-text/rich-node.ts';
import { placeOf } from './targets.ts';
import { titleOf } from './titles.ts';

test('every field type has its half in the browser', () => {
  expect([...fieldUis.keys()].toSorted()).toEqual([...fieldTypes.keys()].toSorted());
});

const field = (type: string, more: Partial<VisibleField> = {}): VisibleField => ({
  key: 'f',
  type,
  label: 'Label of it',
  operators: [],
  sortable: true,
  creatable: true,
  updatable: true,
  ...more,
});
const client = new QueryClient();
const markup = (element: ReactElement): string => renderToStaticMarkup(createElement(QueryClientProvider, { client }, element));
const show = (part: 'Cell' | 'View', given: VisibleField, value: unknown): string =>
  markup(createElement(fieldUiOf(given)[part], { field: given, value, record: { id: 'r', f: value } }));

/** Those that need neither a page's address nor other records to be shown. */
const samples: [string, unknown, string, Partial<VisibleField>?][] = [
  ['text', 'abc', 'abc'],
  ['currency', '1234567.5', '1,234,567.50 CHF', { options: { currency: 'CHF' } }],
  ['percent', '12.5', '12.5 %'],
  ['rating', 3, '3 of 4', { options: { max: 4 } }],
  ['auto-number', 7, 'INV-0007', { options: { prefix: 'INV-', digits: 4 } }],
  ['date', '2026-01-31', 'Jan 31, 2026'],
  ['date-time', '2024-02-29T13:45:00.000Z', ':45'],
  ['time', '14:30:00', '14:30'],
  ['duration', 5_400, '1:30'],
  ['select', 'a', 'First', { options: { choices: [{ value: 'a', label: 'First' }] } }],
  ['multi-select', ['b', 'a'], 'First', { options: { choices: [{ value: 'a', label: 'First' }, { value: 'b' }] } }],
  ['url', 'https://a.example', 'a.example'],
  ['phone', '+4930123', '+4930123'],
  ['colour', '#3366ff', '#3366ff'],
  ['geo-point', { type: 'Point', coordinates: [13.4, 52.5] }, '52.5, 13.4'],
  ['rich-text', { type: 'doc', content: [{ type: 'paragraph', content: [{ type: 'text', text: 'hello' }] }] }, 'hello'],
  ['image', 'an-id', '/api/files/an-id/content'],
  ['images', ['an-id'], '/api/files/an-id/content'],
  ['formula', '1.50', '1.50', { result: 'decimal' }],
  ['rollup', 5, '5'],
];

describe('values', () => {
  test.each(samples)('%s %j is shown as %s', (type, value, expected, more) => {
    expect(show('Cell', field(type, more), value)).toContain(expected);
    expect(show('View', field(type, more), value)).toContain(expected);
    expect(show('Cell', field(type, more), null)).toContain('–');
  });

  test.each(samples.filter(([type]) => !['image', 'images'].includes(type)))(
    '%s %j has a labelled input',
    (type, value, _, more) => {
      const given = field(type, more);
      const onChange = () => undefined;
      expect(markup(createElement(fieldUiOf(given).Input, { field: given, value, onChange }))).toContain('Label of it');
      expect(markup(createElement(fieldUiOf(given).Input, { field: given, value: undefined, onChange, error: 'No.' }))).toContain(
        given.type === 'rollup' ? 'Label of it' : 'No.',
      );
    },
  );

  test('an address that would run is no link', () => {
    expect(show('View', field('url'), 'javascript:alert(1)')).not.toContain('href');
    const linked = { type: 'text', text: 'a', marks: [{ type: 'link', attrs: { href: 'javascript:alert(1)' } }] };
    expect(markup(createElement(RichDocument, { node: { type: 'doc', content: [linked] } }))).not.toContain('href');
  });

  test('formatted documents show their formatting', () => {
    const bold = { type: 'text', text: 'a', marks: [{ type: 'bold' }] };
    const list = { type: 'bullet_list', content: [{ type: 'list_item', content: [{ type: 'paragraph', content: [bold] }] }] };
    expect(markup(createElement(RichDocument, { node: { type: 'doc', content: [list] } }))).toMatch(
      /<ul.*<li>.*<strong>a<\/strong>/,
    );
    expect(isPlain({ type: 'doc', content: [list] })).toBe(false);
    expect(isPlain({ type: 'doc', content: [{ type: 'paragraph' }] })).toBe(true);
  });

  test('durations are typed as people write them', () => {
    expect(['1:30', '0:00:05', '2h 30m', '90m', '45s', '90', '-1:00', '1:75', 'x', ''].map(readDuration)).toEqual([
      5_400,
      5,
      9_000,
      5_400,
      45,
      90,
      -3_600,
      undefined,
      undefined,
      undefined,
    ]);
    expect([0, 5, 3_725, -60].map(printDuration)).toEqual(['0:00', '0:00:05', '1:02:05', '-0:01']);
  });

  test('exact decimals are grouped, not rounded', () => {
    expect(groupDigits('12345678901234567890.10', 2)).toBe('12,345,678,901,234,567,890.10');
    expect(groupDigits('-1000')).toBe('-1,000');
  });
});

test.each([...fieldTypes.values()].map((type) => [type.name, type] as const))('the options of %s make a form', (_name, type) => {
  const choices = type.options.some((option) => option.key === 'choices') ? { choices: [{ value: 'a' }] } : {};
  const form = markup(createElement(OptionsForm, { options: type.options, value: choices, onChange: () => undefined }));
  for (const option of type.options) expect(form).toContain(option.label);
});

test('an option that was emptied stays empty until it is saved; only what is given is sent', () => {
  const { options } = fieldTypes.get('rating')!;
  const shown = (value: Options): string => markup(createElement(OptionsForm, { options, value, onChange: () => undefined }));
  expect(shown({})).toContain('value="5"');
  expect(shown({ max: undefined })).not.toContain('value="5"');
  expect([givenOptions({ max: undefined }), givenOptions({ max: undefined, icon: 'x' })]).toEqual([undefined, { icon: 'x' }]);
});

describe('what a record is called', () => {
  const model = (title: VisibleField): VisibleModel => ({
    id: 'm',
    key: 'm',
    label: 'Thing',
    labelPlural: 'Things',
    description: '',
    icon: 'table',
    titleField: title.key,
    search: [],
    defaultSort: [],
    verbs: ['list'],
    allowedActions: ['read'],
    fields: [title],
  });

  test.each([
    ['auto-number', 17, 'INV-0017', { options: { prefix: 'INV-', digits: 4 } }],
    ['select', 'a', 'First', { options: { choices: [{ value: 'a', label: 'First' }] } }],
    ['text', null, 'r', {}],
    ['text', undefined, undefined, {}],
    ['relation', 'x', undefined, { relation: { kind: 'many-to-one', target: 'users', as: 'f' } as const }],
  ])('by a %s field', (type, value, title, more) => {
    expect(titleOf({ id: 'r', f: value }, model(field(type, more)))).toBe(title);
  });
});

test("only a project's models, which have UUIDs, are looked for in the project", () => {
  expect(placeOf('prompt-versions', 'shop')).toBeUndefined();
  expect(placeOf('0192b3c4-aaaa-7bbb-8ccc-0123456789ab', 'shop')).toBe('shop');
});
