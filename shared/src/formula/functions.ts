/**
 * The functions of the formula language: what they take and give. Their SQL stands in the server's half
 * (platform/records/computed/function-sql.ts); a test holds the two together.
 */
import { dateFunctions } from './functions-date.ts';
import type { FormulaFunction } from './function-signature.ts';
import { logicFunctions } from './functions-logic.ts';
import { numberFunctions } from './functions-number.ts';
import { textFunctions } from './functions-text.ts';

export type { FormulaFunction } from './function-signature.ts';

/** All functions by name, in the order in which help lists them. */
export const formulaFunctions: ReadonlyMap<string, FormulaFunction> = new Map(
  [...logicFunctions, ...numberFunctions, ...textFunctions, ...dateFunctions].map((each) => [each.name, each]),
);
