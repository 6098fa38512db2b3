/** What is wrong with a formula, and where. */

/** A formula that can't be used; `message` is a whole sentence that names the place. */
export class FormulaError extends Error {
  /** Index of the character in the formula. */
  readonly position: number;

  constructor(position: number, problem: string) {
    super(`At character ${position + 1}: ${problem}`);
    this.name = 'FormulaError';
    this.position = position;
  }
}

/** Refuses a formula. `problem` is a sentence. */
export function refuseFormula(position: number, problem: string): never {
  throw new FormulaError(position, problem);
}

/** A piece of the formula as an error quotes it. */
export const quoted = (text: string): string => `“${text.length > 40 ? `${text.slice(0, 40)}…` : text}”`;
