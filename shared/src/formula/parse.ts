/** Parses a formula by the strength of its operators. Bounded in length, depth and number of parts, whatever is written. */
import { limits } from '../limits.ts';
import {
  binaryOperators,
  comparisonStrength,
  isBinaryOperator,
  powerStrength,
  unaryOperators,
  type BinaryOperator,
  type Node,
} from './ast.ts';
import { quoted, refuseFormula } from './formula-error.ts';
import { tokenize, type Token } from './tokenize.ts';

interface Reader {
  tokens: Token[];
  next: number;
  nodes: number;
}

/** The formula's parts. Throws FormulaError and nothing else. */
export function parseFormula(formula: string): Node {
  if (formula.length > limits.formulaCharacters)
    refuseFormula(limits.formulaCharacters, `a formula may have at most ${limits.formulaCharacters} characters.`);
  const reader: Reader = { tokens: tokenize(formula), next: 0, nodes: 0 };
  if (peek(reader).kind === 'end') refuseFormula(0, 'the formula is empty.');
  const node = parseExpression(reader, 0, 0);
  const rest = peek(reader);
  if (rest.kind !== 'end') refuseFormula(rest.at, unexpected(rest, 'an operator'));
  return node;
}

const peek = (reader: Reader): Token => reader.tokens[reader.next]!;
const take = (reader: Reader): Token => reader.tokens[reader.next++]!;
const isSign = (token: Token, sign: string): boolean => token.kind === 'sign' && token.text === sign;

function unexpected(token: Token, wanted: string): string {
  if (token.kind === 'end') return `the formula ends, but ${wanted} is missing.`;
  return `${wanted} should stand here, not ${quoted(token.text)}.`;
}

/** Counts what was made. */
function made(reader: Reader, node: Node): Node {
  if (++reader.nodes > limits.formulaParts) refuseFormula(node.at, `a formula may have at most ${limits.formulaParts} parts.`);
  return node;
}

const operatorOf = (token: Token): BinaryOperator | undefined =>
  (token.kind === 'sign' || token.kind === 'name') && isBinaryOperator(token.text) ? token.text : undefined;

/** Takes operators that bind at least as strongly as `least`. */
function parseExpression(reader: Reader, least: number, depth: number): Node {
  let left = parseUnary(reader, depth);
  for (;;) {
    const token = peek(reader);
    const operator = operatorOf(token);
    if (!operator || binaryOperators[operator] < least) return left;
    const strength = binaryOperators[operator];
    take(reader);
    // The power binds to the right, everything else to the left.
    const right = parseExpression(reader, strength === powerStrength ? strength : strength + 1, depth + 1);
    left = made(reader, { kind: 'binary', operator, left, right, at: token.at });
    const following = operatorOf(peek(reader));
    if (strength === comparisonStrength && following && binaryOperators[following] === comparisonStrength)
      refuseFormula(peek(reader).at, 'comparisons can not be chained. Join them with "and".');
  }
}

function parseUnary(reader: Reader, depth: number): Node {
  const token = peek(reader);
  if (depth > limits.formulaDepth) refuseFormula(token.at, `a formula may be nested at most ${limits.formulaDepth} levels deep.`);
  if (isSign(token, '-')) {
    take(reader);
    const of = parseExpression(reader, unaryOperators['-'], depth + 1);
    return made(reader, { kind: 'unary', operator: '-', of, at: token.at });
  }
  if (token.kind === 'name' && token.text === 'not') {
    take(reader);
    const of = parseExpression(reader, unaryOperators.not, depth + 1);
    return made(reader, { kind: 'unary', operator: 'not', of, at: token.at });
  }
  return made(reader, parsePrimary(reader, depth));
}

function parsePrimary(reader: Reader, depth: number): Node {
  const token = take(reader);
  const { at } = token;
  switch (token.kind) {
    case 'number':
      return { kind: 'number', text: token.text, at };
    case 'text':
      return { kind: 'text', value: token.text, at };
    case 'reference':
      return { kind: 'reference', path: pathOf(token), at };
    case 'name':
      return parseName(reader, token, depth);
    default:
      if (!isSign(token, '(')) refuseFormula(at, unexpected(token, 'a value'));
      return parseParentheses(reader, depth);
  }
}

function parseParentheses(reader: Reader, depth: number): Node {
  const inner = parseExpression(reader, 0, depth + 1);
  expect(reader, ')');
  return inner;
}

function expect(reader: Reader, sign: string): void {
  const token = take(reader);
  if (!isSign(token, sign)) refuseFormula(token.at, unexpected(token, quoted(sign)));
}

const word = /^[A-Za-z_][A-Za-z0-9_]*$/;

function pathOf(token: Token): string[] {
  const path = token.text.split('.').map((part) => part.trim());
  if (!path.every((part) => word.test(part)))
    refuseFormula(token.at, `${quoted(`{${token.text}}`)} names no field. Fields are written {key} or {relation.key}.`);
  if (path.length > limits.formulaRelations + 1)
    refuseFormula(token.at, `a field may be reached over at most ${limits.formulaRelations} relations.`);
  return path;
}

function parseName(reader: Reader, token: Token, depth: number): Node {
  const { at } = token;
  if (isSign(peek(reader), '(')) return { kind: 'call', name: token.text.toUpperCase(), args: parseArguments(reader, depth), at };
  if (token.text === 'true' || token.text === 'false') return { kind: 'boolean', value: token.text === 'true', at };
  if (token.text === 'null') return { kind: 'null', at };
  const hint = isBinaryOperator(token.text) ? 'needs a value before it' : `is no value. A field is written {${token.text}}`;
  return refuseFormula(at, `${quoted(token.text)} ${hint}.`);
}

function parseArguments(reader: Reader, depth: number): Node[] {
  take(reader);
  const args: Node[] = [];
  if (isSign(peek(reader), ')')) {
    take(reader);
    return args;
  }
  for (;;) {
    args.push(parseExpression(reader, 0, depth + 1));
    const token = take(reader);
    if (isSign(token, ')')) return args;
    if (!isSign(token, ',')) refuseFormula(token.at, unexpected(token, 'a comma or a closing parenthesis'));
  }
}
