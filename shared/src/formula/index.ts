/** The formula language: from text to a checked expression, for the server's SQL and the web's editor. */
export { checkFormula, type FormulaScope } from './check.ts';
export { findCycle, isComputed, resolveComputed, type ComputedFields, type ComputedProblem } from './computed.ts';
export { FormulaError } from './formula-error.ts';
export { formulaFunctions, type FormulaFunction } from './functions.ts';
export { parseFormula } from './parse.ts';
export { printFormula } from './print.ts';
export { referencesOf, renameInFormula, renameReference, rewriteReferences, type RenamedField } from './references.ts';
export { resultTypes, valueTypes, type ValueType } from './value-types.ts';
