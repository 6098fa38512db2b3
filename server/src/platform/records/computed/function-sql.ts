/** The SQL of operators and functions; the names equal those of shared/src/formula/functions.ts (parity-tested). */
import type { Writing } from './compile.ts';
import { dateSql } from './function-sql-date.ts';
import { cut, numeric, plain, shownSql, textual, type Call, type Given, type Piece, type WriteCall } from './piece.ts';

/** The SQL of a call whose arguments are written already. */
export function functionSql(call: Call, args: readonly Piece[], writing: Writing): Piece {
  const write = functions.get(call.name);
  if (!write) throw new Error(`nobody wrote the SQL of ${call.name}`);
  return write({ args, call, writing });
}

const sqlOf = (args: readonly Piece[]): string[] => args.map(({ sql }) => sql);
const listOf = (args: readonly Piece[]): string => sqlOf(args).join(', ');
const largestScale = (args: readonly Piece[]): number => Math.max(0, ...args.map(({ scale }) => scale));

/** Digits after the point beyond which a product is rounded; a product of two decimals is kept whole. */
const mostDigits = 200;
/** Digits after the point that a quotient or root has at most, more or less. */
const quotientDigits = 30;

const joined =
  (sign: string): WriteCall =>
  ({ args }) => ({ sql: `(${sqlOf(args).join(` ${sign} `)})`, scale: largestScale(args) });

/** A function of PostgreSQL's or of the migration's, over the arguments as they are. */
const called =
  (name: string): WriteCall =>
  ({ args }) =>
    numeric(`${name}(${listOf(args)})`, largestScale(args));
const calledText =
  (name: string): WriteCall =>
  ({ args }) =>
    textual(`${name}(${listOf(args)})`);

function product({ args }: Given): Piece {
  const scale = args.reduce((sum, arg) => sum + arg.scale, 0);
  const sql = sqlOf(args).join(' * ');
  if (scale <= mostDigits) return numeric(`piper.formula_number(${sql})`, scale);
  return numeric(`piper.formula_number(trim_scale(round(${sql}, 100)))`, 100);
}

function quotient({ args: [left, right] }: Given): Piece {
  const scale = Math.max(left!.scale, right!.scale, quotientDigits);
  return numeric(`piper.formula_number(trim_scale(${left!.sql} / nullif(${right!.sql}, 0)))`, scale);
}

const remainder: WriteCall = ({ args }) => numeric(`mod(${args[0]!.sql}, nullif(${args[1]!.sql}, 0))`, largestScale(args));

function rounded({ args, call }: Given): Piece {
  const [number, decimals] = args;
  if (!decimals) return numeric(`round(${number!.sql})`, 0);
  const [, asked] = call.args;
  if (asked?.kind !== 'literal' || asked.value === null)
    return numeric(`piper.formula_round(${number!.sql}, ${decimals.sql})`, 100);
  const places = Math.min(Number(asked.value), 100);
  return numeric(`round(${number!.sql}, ${places})`, places);
}

function choice({ args: [condition, value, otherwise] }: Given): Piece {
  const last = otherwise ? ` else ${otherwise.sql}` : '';
  const sql = `(case when ${condition!.sql} then ${value!.sql}${last} end)`;
  return { sql, scale: largestScale([value!, ...(otherwise ? [otherwise] : [])]) };
}

function among({ args: [value, ...rest] }: Given): Piece {
  const pairs = Array.from({ length: Math.floor(rest.length / 2) }, (_, i) => [rest[2 * i]!, rest[2 * i + 1]!] as const);
  const otherwise = rest.length % 2 === 1 ? rest.at(-1) : undefined;
  const cases = pairs.map(([match, result]) => `when ${match.sql} then ${result.sql}`).join(' ');
  const results = [...pairs.map(([, result]) => result), ...(otherwise ? [otherwise] : [])];
  const last = otherwise ? ` else ${otherwise.sql}` : '';
  return { sql: `(case ${value!.sql} ${cases}${last} end)`, scale: largestScale(results) };
}

const isBlank: WriteCall = ({ args: [value], call }) =>
  plain(call.args[0]!.type === 'text' ? `(coalesce(${value!.sql}, '') = '')` : `(${value!.sql} is null)`);

/** Case is folded as the database folds it, not byte by byte. */
const folded =
  (name: 'upper' | 'lower'): WriteCall =>
  ({ args: [text] }) =>
    textual(`${name}(${text!.sql} collate "default")`);

const white = String.raw`E' \t\n\r\f\v\u00a0'`;

const functions: ReadonlyMap<string, WriteCall> = new Map<string, WriteCall>([
  ['+', joined('+')],
  ['-', joined('-')],
  ['*', product],
  ['/', quotient],
  ['%', remainder],
  ['negate', ({ args: [of] }) => numeric(`(- ${of!.sql})`, of!.scale)],
  ['=', joined('=')],
  ['!=', joined('<>')],
  ['<', joined('<')],
  ['<=', joined('<=')],
  ['>', joined('>')],
  ['>=', joined('>=')],
  ['and', joined('and')],
  ['or', joined('or')],
  ['not', ({ args: [of] }) => plain(`(not ${of!.sql})`)],
  ['is null', ({ args: [of] }) => plain(`(${of!.sql} is null)`)],
  ['is not null', ({ args: [of] }) => plain(`(${of!.sql} is not null)`)],

  ['IF', choice],
  ['SWITCH', among],
  ['COALESCE', called('coalesce')],
  ['IS_BLANK', isBlank],
  ['AND', joined('and')],
  ['OR', joined('or')],

  ['ROUND', rounded],
  ['FLOOR', called('floor')],
  ['CEIL', called('ceil')],
  ['ABS', called('abs')],
  ['MIN', called('least')],
  ['MAX', called('greatest')],
  ['POWER', ({ args }) => numeric(`piper.formula_power(${listOf(args)})`, quotientDigits)],
  ['SQRT', ({ args }) => numeric(`piper.formula_sqrt(${listOf(args)})`, quotientDigits)],
  ['MOD', remainder],
  ['TO_NUMBER', toNumber],

  ['CONCAT', ({ args }) => textual(cut(`concat(${listOf(args)})`))],
  ['UPPER', folded('upper')],
  ['LOWER', folded('lower')],
  ['TRIM', ({ args: [text] }) => textual(`btrim(${text!.sql}, ${white})`)],
  ['LEFT', calledText('piper.formula_left')],
  ['RIGHT', calledText('piper.formula_right')],
  ['MID', calledText('piper.formula_mid')],
  ['LENGTH', ({ args: [text] }) => numeric(`length(${text!.sql})::numeric`, 0)],
  ['REPLACE', ({ args }) => textual(cut(`piper.formula_replace(${listOf(args)})`))],
  ['CONTAINS', ({ args }) => plain(`(strpos(${listOf(args)}) > 0)`)],
  ['STARTS_WITH', ({ args }) => plain(`starts_with(${listOf(args)})`)],
  ['ENDS_WITH', ({ args: [text, part] }) => plain(`starts_with(reverse(${text!.sql}), reverse(${part!.sql}))`)],
  ['TO_TEXT', ({ args: [value], call }) => textual(shownSql(call.args[0]!.type, value!.sql))],

  ...dateSql,
]);

/** Only what looks like a number gets to the cast. */
function toNumber({ args: [text] }: Given): Piece {
  const pattern = String.raw`^\s*([+-]?(?:\d{1,100}(?:\.\d{0,100})?|\.\d{1,100}))\s*$`;
  return numeric(`substring(${text!.sql} from '${pattern}')::numeric`, 100);
}

/** For the parity test. */
export const writtenFunctions = (): string[] => [...functions.keys()];
