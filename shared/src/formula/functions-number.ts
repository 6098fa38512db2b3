/** Functions over numbers. */
import { acceptAs, alike, fixed, manyArguments, type FormulaFunction } from './function-signature.ts';

/** Rounds to whole numbers, or to as many decimals as asked for. */
const round: FormulaFunction = {
  name: 'ROUND',
  category: 'number',
  usage: 'ROUND(number, decimals)',
  help: 'The number rounded to so many decimals (none without), halves away from zero.',
  least: 1,
  most: 2,
  accept: (types) =>
    types.length === 1 ? acceptAs(types, ['number'], 'integer') : acceptAs(types, ['number', 'integer'], 'number'),
};

const mod: FormulaFunction = {
  name: 'MOD',
  category: 'number',
  usage: 'MOD(number, divisor)',
  help: 'What remains of a division, with the sign of the number; the same as %.',
  least: 2,
  most: 2,
  accept: (types) => acceptAs(types, ['number', 'number'], types.every((type) => type === 'integer') ? 'integer' : 'number'),
};

export const numberFunctions: FormulaFunction[] = [
  round,
  fixed(
    { name: 'FLOOR', category: 'number', usage: 'FLOOR(number)', help: 'The largest whole number that is not larger.' },
    ['number'],
    'integer',
  ),
  fixed(
    { name: 'CEIL', category: 'number', usage: 'CEIL(number)', help: 'The smallest whole number that is not smaller.' },
    ['number'],
    'integer',
  ),
  alike({ name: 'ABS', category: 'number', usage: 'ABS(number)', help: 'The number without its sign.' }, ['integer', 'number'], {
    least: 1,
    most: 1,
  }),
  alike(
    {
      name: 'MIN',
      category: 'number',
      usage: 'MIN(value, value, …)',
      help: 'The smallest of the values (numbers, texts or dates) that are there.',
    },
    ['integer', 'number', 'text', 'date', 'date-time'],
    { least: 1, most: manyArguments },
  ),
  alike(
    {
      name: 'MAX',
      category: 'number',
      usage: 'MAX(value, value, …)',
      help: 'The largest of the values (numbers, texts or dates) that are there.',
    },
    ['integer', 'number', 'text', 'date', 'date-time'],
    { least: 1, most: manyArguments },
  ),
  fixed(
    {
      name: 'POWER',
      category: 'number',
      usage: 'POWER(number, exponent)',
      help: 'The number raised to a power; the same as ^. Missing where there is no such number or it is too large.',
    },
    ['number', 'number'],
    'number',
  ),
  fixed(
    { name: 'SQRT', category: 'number', usage: 'SQRT(number)', help: 'The square root; missing for negative numbers.' },
    ['number'],
    'number',
  ),
  mod,
  fixed(
    {
      name: 'TO_NUMBER',
      category: 'number',
      usage: 'TO_NUMBER(text)',
      help: 'The number a text such as 12.50 says; missing when it says none.',
    },
    ['text'],
    'number',
  ),
];
