import { expect, test } from 'vitest';
import { ApiError, fieldErrors, messageOf, placeOf } from './api-error.ts';

const refused = (details: unknown) => new ApiError({ code: 'variable_missing', message: 'Refused.', status: 422, details });

test('problems that name no field are all shown, not only the last', () => {
  const error = refused([{ message: 'persona has no value.' }, { message: 'topic has no value.' }]);
  expect(messageOf(error)).toBe('persona has no value. topic has no value.');
});

test('several problems of one field stand together, and each field for itself', () => {
  const error = refused([
    { path: '/name', message: 'Too short.' },
    { path: '/name', message: 'No digits.' },
    { path: '/email', message: 'Not an address.' },
  ]);
  expect(fieldErrors(error)).toEqual({ name: 'Too short. No digits.', email: 'Not an address.' });
  expect(messageOf(error)).toBe('Name: Too short. No digits. · Email: Not an address.');
});

test('a path of the request is told as the field it is about', () => {
  expect(placeOf('actions[0].field.options.maxLength')).toBe('Max length');
  expect(placeOf('_and[0].price._gt')).toBe('Price');
  expect(placeOf('actions[0].rules[4].roles[0]')).toBe('Roles');
});
