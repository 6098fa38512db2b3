import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { limits } from './limits.ts';
import { completeVariables, parseTemplate, type PromptVariable, renderPrompt, variableNames } from './prompts-template.ts';

const text = (name: string): PromptVariable => ({ name, type: 'text' });

describe('parseTemplate', () => {
  test('finds variables, with or without spaces, in any script', () => {
    expect(variableNames('Hi {{name}}, {{ name }} in {{ город }} by {{_x1}}')).toEqual(['name', 'город', '_x1']);
  });

  test.each([
    ['{{{{name}}', '{{name}}'],
    ['{{{{{{{{', '{{{{'],
    ['a }} b { c } {', 'a }} b { c } {'],
    ['{{"a": 1}}', '{{"a": 1}}'],
    ['{{ a\nb }}', '{{ a\nb }}'],
    ['{{', '{{'],
    ['{{a', '{{a'],
  ])('%j is the text %j', (content, expected) => {
    expect(renderPrompt(content, [], {})).toEqual({ ok: true, text: expected });
  });

  test('keeps braces around a variable', () => {
    expect(renderPrompt('{{{name}}}', [text('name')], { name: 'x' })).toEqual({ ok: true, text: '{x}' });
  });

  test.each(['{{first name}}', '{{1st}}', '{{}}', '{{a.b}}', '{{a-b}}', `{{${'a'.repeat(65)}}}`])(
    '%s is a mistake that is named',
    (content) => {
      expect(completeVariables(content, [])).toMatchObject({
        ok: false,
        problems: [{ variable: content, problem: 'not_a_name' }],
      });
    },
  );

  test('the pieces cover any content exactly, without gaps', () => {
    const part = fc.oneof(fc.string(), fc.constantFrom('{{', '}}', '{{{{', '{{name}}', '{{ a b }}', '{', '}', '\n'));
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const content = parts.join('');
        const pieces = parseTemplate(content);
        expect(pieces.map((p) => content.slice(p.at, p.at + p.length)).join('')).toBe(content);
      }),
    );
  });

  test('escaping any text makes it literal', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const escaped = value.replaceAll('{{', '{{{{');
        const trailing = renderPrompt(escaped, [], {});
        expect(trailing).toEqual({ ok: true, text: value });
      }),
    );
  });

  test('stays quick on hostile contents', () => {
    const started = Date.now();
    for (const hostile of ['{{ ', '{{a', '{{{{{', '{{ a }', '{{\t '])
      parseTemplate(hostile.repeat(limits.promptContent / hostile.length));
    parseTemplate(`{{${' '.repeat(limits.promptContent)}`);
    expect(Date.now() - started).toBeLessThan(1_000);
  });
});

describe('completeVariables', () => {
  test('adds what is used but not declared, as text', () => {
    expect(completeVariables('{{a}} {{b}}', [{ name: 'b', type: 'number', default: 1 }])).toEqual({
      ok: true,
      variables: [
        { name: 'b', type: 'number', default: 1 },
        { name: 'a', type: 'text' },
      ],
    });
  });

  test.each([
    [{ name: 'x y' }, 'not_a_name'],
    [{ name: 'n', type: 'number', default: '1' }, 'bad_default'],
    [{ name: 'n', type: 'number', default: Number.NaN }, 'bad_default'],
    [{ name: 'd', type: 'date', default: '2026-02-30' }, 'bad_default'],
    [{ name: 's', type: 'select' }, 'no_options'],
    [{ name: 's', type: 'select', options: ['a'], default: 'b' }, 'bad_default'],
  ] as const)('refuses %j as %s', (variable, problem) => {
    expect(completeVariables('', [variable as PromptVariable])).toMatchObject({ ok: false, problems: [{ problem }] });
  });

  test('refuses a name twice, and too many', () => {
    expect(completeVariables('', [text('a'), text('a')])).toMatchObject({ ok: false, problems: [{ problem: 'duplicate' }] });
    const many = Array.from({ length: limits.promptVariables + 1 }, (_, i) => `{{v${i}}}`).join('');
    expect(completeVariables(many, [])).toMatchObject({ ok: false, problems: [{ problem: 'too_many' }] });
  });
});

describe('renderPrompt', () => {
  const variables: PromptVariable[] = [
    text('name'),
    { name: 'count', type: 'number', default: 3 },
    { name: 'loud', type: 'boolean', default: false },
    { name: 'tone', type: 'select', options: ['calm', 'bold'] },
    { name: 'day', type: 'date' },
  ];
  const content = '{{name}} {{count}} {{loud}} {{tone}} {{day}}';

  test('fills in values and defaults', () => {
    const values = { name: 'Ada', loud: true, tone: 'bold', day: '2026-01-31', other: {} };
    expect(renderPrompt(content, variables, values)).toEqual({ ok: true, text: 'Ada 3 true bold 2026-01-31' });
  });

  test('lists everything that is missing or of the wrong type', () => {
    const values = { count: '3', loud: 'yes', tone: 'loud', day: '31.1.2026', name: null };
    const result = renderPrompt(content, variables, values);
    expect(result.ok ? [] : result.problems.map((p) => [p.variable, p.problem])).toEqual([
      ['name', 'missing'],
      ['count', 'wrong_type'],
      ['loud', 'wrong_type'],
      ['tone', 'wrong_type'],
      ['day', 'wrong_type'],
    ]);
  });

  test('puts values in once: braces, $& and code in a value stay text', () => {
    const value = '{{count}} $& $1 ${process.exit()} {{{{';
    expect(renderPrompt('{{name}}', variables, { name: value })).toEqual({ ok: true, text: value });
  });

  test.each(['constructor', '__proto__', 'toString'])('%s has no value by accident', (name) => {
    expect(renderPrompt(`{{${name}}}`, [text(name)], {})).toMatchObject({ ok: false, problems: [{ problem: 'missing' }] });
  });

  test('a value repeated beyond the limit is refused before it is built', () => {
    const repeated = '{{name}}'.repeat(10_000);
    expect(renderPrompt(repeated, variables, { name: 'x'.repeat(1_000_000) })).toMatchObject({
      ok: false,
      problems: [{ problem: 'too_long' }],
    });
  });
});
