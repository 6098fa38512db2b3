/** Cuts a formula into its words. */
import { quoted, refuseFormula } from './formula-error.ts';

export interface Token {
  kind: 'number' | 'text' | 'reference' | 'name' | 'sign' | 'end';
  /** As it counts: of a text its value, of a reference what stands in the braces, of a name in lower case. */
  text: string;
  at: number;
  /** Index after its last character. */
  until: number;
}

const patterns = {
  space: /\s+/y,
  number: /(?:\d+(?:\.\d+)?|\.\d+)/y,
  reference: /\{([^{}]*)\}/y,
  name: /[A-Za-z_][A-Za-z0-9_]*/y,
  sign: /<=|>=|!=|<>|[-+*/%^&=<>(),]/y,
};
/** Digits a number may have on either side of the point. */
const maxDigits = 50;

/** The words in order, ending with one of kind `end`. Throws FormulaError. */
export function tokenize(formula: string): Token[] {
  const tokens: Token[] = [];
  let at = skipSpace(formula, 0);
  while (at < formula.length) {
    const token = tokenAt(formula, at);
    tokens.push(token);
    at = skipSpace(formula, token.until);
  }
  tokens.push({ kind: 'end', text: '', at: formula.length, until: formula.length });
  return tokens;
}

function match(formula: string, pattern: RegExp, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(formula);
}

const skipSpace = (formula: string, at: number): number => at + (match(formula, patterns.space, at)?.[0].length ?? 0);

function tokenAt(formula: string, at: number): Token {
  const first = formula[at]!;
  if (first === "'" || first === '"') return textAt(formula, at);
  if (first === '{') return referenceAt(formula, at);
  const number = match(formula, patterns.number, at);
  if (number) return numberAt(formula, at, number[0]);
  const name = match(formula, patterns.name, at);
  if (name) return { kind: 'name', text: name[0].toLowerCase(), at, until: at + name[0].length };
  const sign = match(formula, patterns.sign, at);
  if (sign) return { kind: 'sign', text: sign[0] === '<>' ? '!=' : sign[0], at, until: at + sign[0].length };
  const character = String.fromCodePoint(formula.codePointAt(at)!);
  return refuseFormula(at, `${quoted(character)} can't stand here. Fields are written {like_this}, texts 'like this'.`);
}

function numberAt(formula: string, at: number, text: string): Token {
  const until = at + text.length;
  const [whole = '', fraction = ''] = text.split('.');
  if (whole.length > maxDigits || fraction.length > maxDigits)
    refuseFormula(at, `a number may have at most ${maxDigits} digits on either side of the point.`);
  if (/[\w.]/.test(formula[until] ?? '')) refuseFormula(until, `${quoted(formula[until]!)} can't follow a number.`);
  return { kind: 'number', text: whole === '' ? `0${text}` : text, at, until };
}

function referenceAt(formula: string, at: number): Token {
  const found = match(formula, patterns.reference, at);
  if (!found) return refuseFormula(at, 'this brace is never closed. Fields are written {like_this}.');
  return { kind: 'reference', text: found[1]!, at, until: at + found[0].length };
}

const escapes: Record<string, string> = { n: '\n', t: '\t', '\\': '\\', "'": "'", '"': '"' };

function textAt(formula: string, at: number): Token {
  const quote = formula[at]!;
  let text = '';
  for (let i = at + 1; i < formula.length; i++) {
    const character = formula[i]!;
    if (character === quote) return { kind: 'text', text: storable(text, at), at, until: i + 1 };
    if (character !== '\\') {
      text += character;
      continue;
    }
    const escaped = escapes[formula[++i] ?? ''];
    if (escaped === undefined) refuseFormula(i - 1, 'a backslash stands before \\, \', ", n (new line) or t (tab) only.');
    text += escaped;
  }
  return refuseFormula(at, `this text is never closed. It ends with another ${quote}.`);
}

function storable(text: string, at: number): string {
  if (text.includes('\0') || !text.isWellFormed()) refuseFormula(at, 'this text holds characters that cannot be stored.');
  return text;
}
