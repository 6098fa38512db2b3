/** Functions that choose between values. */
import { alike, commonOf, everyType, fixed, manyArguments, repeated, type FormulaFunction } from './function-signature.ts';
import type { ValueType } from './value-types.ts';

const choose: FormulaFunction = {
  name: 'IF',
  category: 'logic',
  usage: 'IF(condition, value, otherwise)',
  help: 'The value where the condition holds, else the other one (or nothing). A missing condition does not hold.',
  least: 2,
  most: 3,
  accept(types) {
    const [condition] = types;
    if (condition !== 'boolean' && condition !== 'null') return { argument: 0, problem: 'takes true or false here' };
    const common = commonOf(types, types.length === 3 ? [1, 2] : [1], everyType);
    if (typeof common !== 'string') return common;
    return { parameters: ['boolean', ...types.slice(1).map(() => common)], result: common };
  },
};

const among: FormulaFunction = {
  name: 'SWITCH',
  category: 'logic',
  usage: "SWITCH(value, 'a', 1, 'b', 2, otherwise)",
  help: 'The result beside the first case that equals the value, else the last one (or nothing).',
  least: 3,
  most: manyArguments,
  accept(types) {
    const places = types.map((_, i) => i);
    const hasOtherwise = types.length % 2 === 0;
    const isCase = (i: number): boolean => i === 0 || (i % 2 === 1 && !(hasOtherwise && i === types.length - 1));
    const compared = commonOf(types, places.filter(isCase), everyType);
    if (typeof compared !== 'string') return compared;
    const result = commonOf(
      types,
      places.filter((i) => !isCase(i)),
      everyType,
    );
    if (typeof result !== 'string') return result;
    return { parameters: places.map((i): ValueType => (isCase(i) ? compared : result)), result };
  },
};

export const logicFunctions: FormulaFunction[] = [
  choose,
  among,
  alike(
    {
      name: 'COALESCE',
      category: 'logic',
      usage: 'COALESCE(value, value, …)',
      help: 'The first of the values that is there.',
    },
    everyType,
    { least: 1, most: manyArguments },
  ),
  fixed(
    { name: 'IS_BLANK', category: 'logic', usage: 'IS_BLANK(value)', help: 'Whether the value is missing or an empty text.' },
    ['any'],
    'boolean',
  ),
  repeated(
    { name: 'AND', category: 'logic', usage: 'AND(condition, …)', help: 'Whether all of the conditions hold.' },
    'boolean',
    'boolean',
  ),
  repeated(
    { name: 'OR', category: 'logic', usage: 'OR(condition, …)', help: 'Whether one of the conditions holds.' },
    'boolean',
    'boolean',
  ),
];
