import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Field } from '../data-model.ts';
import { parseVariable, resolveVariable, type Variable } from '../filter/variables.ts';
import { compareDecimals } from './decimal/index.ts';
import { fieldTypeOf, InvalidValue } from './index.ts';

const field = (type: string, options?: Record<string, unknown>): Field => ({
  id: 'f',
  key: 'f',
  type,
  label: 'F',
  ...(options ? { options } : {}),
});
const normalise = (type: string, value: unknown, options?: Record<string, unknown>): unknown => {
  const given = field(type, options);
  return fieldTypeOf(given).normalise(value, given);
};

describe('values', () => {
  test.each([
    ['text', 'a', 'a'],
    ['integer', -0, 0],
    ['decimal', '12345678901234567890.5', '12345678901234567890.5'],
    ['decimal', 0.1, '0.1'],
    ['date-time', '2026-01-31', '2026-01-31T00:00:00.000Z'],
    ['date-time', '2026-01-31T12:00:00.1239+02:00', '2026-01-31T10:00:00.123Z'],
    ['uuid', 'FFFFFFFF-ffff-7fff-bfff-ffffffffffff', 'ffffffff-ffff-7fff-bfff-ffffffffffff'],
    ['email', ' a@b.example ', 'a@b.example'],
    ['json', { a: [1, null] }, { a: [1, null] }],
  ])('%s takes %j as %j', (type, value, expected) => {
    expect(normalise(type, value)).toEqual(expected);
  });

  test.each([
    ['text', 1],
    ['text', 'a\0'],
    ['text', '\udc00'],
    ['integer', '1'],
    ['integer', 2 ** 53],
    ['integer', Number.NaN],
    ['decimal', Number.POSITIVE_INFINITY],
    ['decimal', '1e5'],
    ['decimal', `1${'0'.repeat(400)}`],
    ['boolean', 'true'],
    ['date-time', '2026-02-30'],
    ['date-time', '2026-13-01'],
    ['date-time', '10000-01-01T00:00:00Z'],
    ['date-time', 0],
    ['uuid', "' or 1=1"],
    ['email', 'a b@c'],
    ['email', 'a@b@c'],
    ['json', { a: 'x\0' }],
    ['json', { 'x\0': 1 }],
    ['json', Array.from({ length: 60 }).reduce((inner) => [inner], 1)],
  ])('%s refuses %j', (type, value) => {
    expect(() => normalise(type, value)).toThrow(InvalidValue);
  });

  test('what is normal stays as it is', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date('0001-01-02'), max: new Date('9999-12-30'), noInvalidDate: true }), (date) => {
        expect(normalise('date-time', date.toISOString())).toBe(date.toISOString());
      }),
    );
  });

  test('options bind', () => {
    expect(() => normalise('text', '', { minLength: 1 })).toThrow('must not be empty');
    expect(normalise('text', '😀😀', { maxLength: 2 })).toBe('😀😀');
    expect(() => normalise('text', '😀😀😀', { maxLength: 2 })).toThrow('at most 2');
    expect(() => normalise('text', 'A b', { pattern: '^[a-z]+$' })).toThrow(InvalidValue);
    expect(() => normalise('integer', 11, { max: 10 })).toThrow('at most 10');
    expect(() => normalise('integer', 1e20)).toThrow('at most 9007199254740991');
    expect(() => normalise('decimal', '10.000000000000000001', { max: 10 })).toThrow('at most 10');
    expect(() => normalise('select', 'c', { choices: [{ value: 'a', label: 'A' }] })).toThrow('one of a');
  });

  test('decimals compare exactly', () => {
    expect(compareDecimals('0.1', '0.10')).toBe(0);
    expect(compareDecimals('-0.2', '-0.1')).toBe(-1);
    expect(compareDecimals('9007199254740993', '9007199254740992.9')).toBe(1);
  });
});

describe('variables', () => {
  const at = { userId: 'u', role: 'ADMIN', roles: ['ADMIN'], projectId: null, now: new Date('2026-03-31T00:00:00Z') };
  const value = (text: string) => resolveVariable(parseVariable(text) as Variable, at);

  test('stand for who asks and when', () => {
    expect(
      ['$CURRENT_USER', '$CURRENT_USER.role', '$CURRENT_USER.topic', '$CURRENT_ROLES', '$CURRENT_PROJECT'].map(value),
    ).toEqual(['u', 'ADMIN', 'user:u', ['ADMIN'], null]);
    expect(value('$NOW')).toBe('2026-03-31T00:00:00.000Z');
    expect(value('$NOW(-1 day)')).toBe('2026-03-30T00:00:00.000Z');
    expect(value('$NOW(+2 hours)')).toBe('2026-03-31T02:00:00.000Z');
    expect(value('$NOW(-1 year)')).toBe('2025-03-31T00:00:00.000Z');
    expect(value('$NOW(+999999 years)')).toBe('9999-12-31T23:59:59.999Z');
    expect(value('$NOW(-999999 years)')).toBe('0001-01-01T00:00:00.000Z');
  });

  test('what only looks like one is refused, other texts are texts', () => {
    for (const text of ['$NOW(1 fortnight)', '$CURRENT_USER.a.b', '$NOWHERE', '$CURRENT', '$CURRENT_USR.name', '$CURRENT_ROLE'])
      expect([text, parseVariable(text)]).toEqual([text, null]);
    expect(parseVariable('$CURRENT_USER.email')).toEqual({ name: 'user-field', key: 'email' });
    expect(['$5', 'NOW', '', '$now', '$$NOW'].map(parseVariable)).toEqual(Array(5).fill(undefined));
  });
});
