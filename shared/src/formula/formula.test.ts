import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fieldTypes } from '../fields/index.ts';
import { dataModel, field } from '../../../test/declare.ts';
import { limits } from '../limits.ts';
import { binaryOperators, type BinaryOperator, type Node } from './ast.ts';
import { checkFormula } from './check.ts';
import { FormulaError } from './formula-error.ts';
import { formulaFunctions } from './functions.ts';
import { parseFormula } from './parse.ts';
import { printFormula } from './print.ts';
import { referencesOf, renameInFormula, renameReference } from './references.ts';
import { valueTypes } from './value-types.ts';

const customers = dataModel('customers', [
  field('name', 'text'),
  field('since', 'date'),
  field('secret', 'text', { secret: true }),
]);
const orders = dataModel('orders', [
  field('price', 'decimal'),
  field('count', 'integer'),
  field('note', 'text'),
  field('paid', 'boolean'),
  field('due', 'date'),
  field('sent', 'date-time'),
  field('shape', 'json'),
  field('customer', 'relation', { relation: { kind: 'many-to-one', target: 'm-customers', as: 'customer' } }),
]);
const models = { find: (name: string) => [customers, orders].find(({ id, key }) => id === name || key === name) };
const scope = { model: orders, models };
const typeOf = (formula: string): string => checkFormula(parseFormula(formula), scope).type;
function errorOf(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}
const problemOf = (formula: string): string | undefined => (errorOf(() => typeOf(formula)) as FormulaError | undefined)?.message;

/** The parts without their places. */
const bare = (node: unknown): unknown =>
  JSON.parse(JSON.stringify(node, (key, value: unknown) => (key === 'at' ? undefined : value)));

const names = fc.constantFrom('a', 'price', 'x_1', 'createdAt', 'and_so');
const leaves: fc.Arbitrary<Node> = fc.oneof(
  fc.constantFrom('0', '12', '3.50', '0.001').map((text): Node => ({ kind: 'number', text, at: 0 })),
  fc
    .string({ unit: 'binary', maxLength: 8 })
    .filter((text) => !text.includes('\0') && text.isWellFormed())
    .map((value): Node => ({ kind: 'text', value, at: 0 })),
  fc.boolean().map((value): Node => ({ kind: 'boolean', value, at: 0 })),
  fc.constant<Node>({ kind: 'null', at: 0 }),
  fc.array(names, { minLength: 1, maxLength: 3 }).map((path): Node => ({ kind: 'reference', path, at: 0 })),
);
const operators = Object.keys(binaryOperators) as BinaryOperator[];
const { node: nodes } = fc.letrec<{ node: Node }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 5, depthIdentifier: 'formula' },
    leaves,
    fc
      .record({ operator: fc.constantFrom('-' as const, 'not' as const), of: tie('node') })
      .map((part): Node => ({ kind: 'unary', ...part, at: 0 })),
    fc
      .record({ operator: fc.constantFrom(...operators), left: tie('node'), right: tie('node') })
      .map((part): Node => ({ kind: 'binary', ...part, at: 0 })),
    fc
      .record({ name: fc.constantFrom('IF', 'AND', 'NOW', 'NO_SUCH'), args: fc.array(tie('node'), { maxLength: 3 }) })
      .map((part): Node => ({ kind: 'call', ...part, at: 0 })),
  ),
}));

describe('parsing', () => {
  test('what is printed parses to the same parts', () => {
    fc.assert(
      fc.property(nodes, (node) => {
        expect(bare(parseFormula(printFormula(node)))).toEqual(bare(node));
      }),
      { numRuns: 2_000 },
    );
  });

  test('whatever is written, it parses or is refused with a place in it', () => {
    const soup = fc
      .array(
        fc.constantFrom('(', ')', '{a}', '{', '}', "'", '"', '\\', '-', '^', 'not ', 'and ', 'IF', ',', '1', '.', ' ', '=', '😀'),
        {
          maxLength: 30,
        },
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(soup, fc.string({ unit: 'binary' })), (formula) => {
        const error = errorOf(() => parseFormula(formula));
        const { position, message } = error instanceof FormulaError ? error : new FormulaError(0, 'fine.');
        expect(error === undefined || error instanceof FormulaError).toBe(true);
        expect(position >= 0 && position <= formula.length).toBe(true);
        expect(message).toMatch(/^At character \d+: .*\.$/s);
      }),
      { numRuns: 3_000 },
    );
  });

  test.each([
    ['1 + 2 * 3 ^ 2 ^ 2', '1 + 2 * 3 ^ 2 ^ 2'],
    ['(1 + 2) * 3', '(1 + 2) * 3'],
    ['1 - (2 - 3)', '1 - (2 - 3)'],
    ['-2 ^ 2', '-2 ^ 2'],
    ['(-2) ^ 2', '(-2) ^ 2'],
    ['not {a} = 1 and {b}', 'not {a} = 1 and {b}'],
    ['(not {a}) = (1 = 2)', '(not {a}) = (1 = 2)'],
    ['{ customer . name }&"it\'s"', "{customer.name} & 'it\\'s'"],
    ['if(true,.5,1)', 'IF(true, 0.5, 1)'],
    ['1 <> 2', '1 != 2'],
  ])('%s', (formula, printed) => {
    expect(printFormula(parseFormula(formula))).toBe(printed);
  });

  test.each([
    ['', 'At character 1: the formula is empty.'],
    ['1 +', 'At character 4: the formula ends, but a value is missing.'],
    ['1 2', 'At character 3: an operator should stand here, not “2”.'],
    ['IF(1, 2', 'At character 8: the formula ends, but a comma or a closing parenthesis is missing.'],
    ["'abc", "At character 1: this text is never closed. It ends with another '."],
    ['{a', 'At character 1: this brace is never closed. Fields are written {like_this}.'],
    ['{a-b}', 'At character 1: “{a-b}” names no field. Fields are written {key} or {relation.key}.'],
    ['{a.b.c.d.e}', `At character 1: a field may be reached over at most ${limits.formulaRelations} relations.`],
    ['price * 2', 'At character 1: “price” is no value. A field is written {price}.'],
    ['1 = 2 = 3', 'At character 7: comparisons can not be chained. Join them with "and".'],
    ['2 § 3', "At character 3: “§” can't stand here. Fields are written {like_this}, texts 'like this'."],
    ['1e5', "At character 2: “e” can't follow a number."],
    ['1.2.3', "At character 4: “.” can't follow a number."],
    ["'a\0b'", 'At character 1: this text holds characters that cannot be stored.'],
    ["'\ud800'", 'At character 1: this text holds characters that cannot be stored.'],
    ["'\\u'", 'At character 2: a backslash stands before \\, \', ", n (new line) or t (tab) only.'],
    ['9'.repeat(51), 'At character 1: a number may have at most 50 digits on either side of the point.'],
  ])('refuses %j', (formula, message) => {
    expect(problemOf(formula)).toBe(message);
  });

  test('is bounded in length, depth and parts', () => {
    expect(problemOf('1'.padStart(limits.formulaCharacters + 1))).toContain(`at most ${limits.formulaCharacters} characters`);
    expect(problemOf(`${'('.repeat(1_000)}1${')'.repeat(1_000)}`)).toContain(`at most ${limits.formulaDepth} levels`);
    expect(problemOf('-'.repeat(1_000) + '1')).toContain(`at most ${limits.formulaDepth} levels`);
    expect(problemOf(Array(limits.formulaParts).fill('1').join('+'))).toContain(`at most ${limits.formulaParts} parts`);
    expect(
      typeOf(
        Array(limits.formulaParts / 2)
          .fill('1')
          .join('+'),
      ),
    ).toBe('integer');
  });
});

describe('types', () => {
  test.each([
    ['{price} * {count}', 'number'],
    ['{count} * 2 - 1', 'integer'],
    ['{count} / 2', 'number'],
    ['{count} % 2', 'integer'],
    ['{count} % 0.5', 'number'],
    ["{note} & ' ' & {count}", 'text'],
    ['{customer.name}', 'text'],
    ['{customer}', 'text'],
    ['{due} < {sent}', 'boolean'],
    ['{due} = null', 'boolean'],
    ['IF({paid}, {count}, {price})', 'number'],
    ['IF({paid}, null, {due})', 'date'],
    ['IF({paid}, {due}, NOW())', 'date-time'],
    ["SWITCH({note}, 'a', 1, 'b', 2.5, 0)", 'number'],
    ["SWITCH({note}, 'a', 1, 'b', 2)", 'integer'],
    ['COALESCE({count}, 0)', 'integer'],
    ['ROUND({price})', 'integer'],
    ['ROUND({price}, 2)', 'number'],
    ['not({paid}) or NOT({paid})', 'boolean'],
    ["DATE_ADD({due}, 1, 'months')", 'date'],
    ["DATE_ADD({due}, 1, 'hour')", 'date-time'],
    ["DATE_ADD({sent}, 1, 'day')", 'date-time'],
    ["date_diff({due}, {sent}, 'Days')", 'integer'],
    ['MAX({due}, TODAY())', 'date'],
    ['MIN(1, 2.5)', 'number'],
    ['YEAR({due})', 'integer'],
  ])('%s is %s', (formula, type) => {
    expect(typeOf(formula)).toBe(type);
  });

  test.each([
    ['{nothing}', 'At character 1: “{nothing}” names no field of orders.'],
    ['{customer.secret}', 'At character 1: “{customer.secret}” names no field of customers.'],
    ['{note.name}', 'At character 1: “{note.name}” crosses note, which does not lead to one record.'],
    ['1 + {shape}', "At character 5: “{shape}” is of the type json, which formulas can't compute with."],
    ['{note} + 1', 'At character 1: “+” takes a number here, not a text. Texts are joined by &.'],
    ['{due} + 1', 'At character 1: “+” takes a number here, not a date. Dates are counted with DATE_ADD and DATE_DIFF.'],
    ['not 1', 'At character 5: “not” takes true or false here, not a whole number.'],
    ['{note} = 1', "At character 8: “=” can't compare a text with a whole number."],
    ['{paid} < true', "At character 8: “<” can't compare true or false; use = or !=."],
    ['null', 'At character 1: the formula gives nothing but null.'],
    ['null = null', 'At character 6: “=” compares nothing but null.'],
    ['NOPE(1)', 'At character 1: there is no function “NOPE”.'],
    ['LEFT({note})', 'At character 1: LEFT takes 2 arguments: LEFT(text, count).'],
    ['LEFT({note}, 1.5)', 'At character 14: LEFT takes a whole number here, not a number: LEFT(text, count).'],
    ['IF(1, 2)', 'At character 4: IF takes true or false here: IF(condition, value, otherwise).'],
    ["IF({paid}, 1, 'a')", "At character 15: IF can't mix a whole number and a text: IF(condition, value, otherwise)."],
    ['IF({paid}, null)', 'At character 12: IF is given nothing but null: IF(condition, value, otherwise).'],
    [
      "DATE_ADD({due}, 1, 'eon')",
      "At character 20: DATE_ADD takes one of 'second', 'minute', 'hour', 'day', 'week', 'month', 'year' here.",
    ],
    [
      'DATE_ADD({due}, 1, {note})',
      "At character 20: DATE_ADD takes one of 'second', 'minute', 'hour', 'day', 'week', 'month', 'year' here.",
    ],
    ['MIN({paid})', "At character 5: MIN can't take true or false: MIN(value, value, …)."],
  ])('refuses %s', (formula, message) => {
    expect(problemOf(formula)).toBe(message);
  });

  test('every function says how it is used, by an example that begins with its name', () => {
    for (const [name, { usage, help, least, most }] of formulaFunctions) {
      expect(usage).toMatch(new RegExp(`^${name}\\(`));
      expect(help).toMatch(/^[A-Z].*\.$/);
      expect(least).toBeLessThanOrEqual(most);
    }
  });

  test('every field type is one formulas compute with, or one of those they do not', () => {
    const without = ['json', 'rich-text', 'geo-point', 'files', 'images', 'any-relation', 'formula', 'lookup', 'rollup'];
    expect([...valueTypes.keys(), ...without].sort()).toEqual([...fieldTypes.keys()].sort());
  });
});

describe('references', () => {
  test('are told once each', () => {
    expect(referencesOf(parseFormula('{a} + IF({b.c} = 1, {a}, -{d})'))).toEqual([['a'], ['b', 'c'], ['d']]);
  });

  test('follow a rename; everything else stays as written', () => {
    expect(renameReference(`{price}*  { price }+'{price}' -{price.x}+{prices}`, 'price', 'net')).toBe(
      `{net}*  { net }+'{price}' -{net.x}+{prices}`,
    );
    expect(renameReference("{price} & 'never closed", 'price', 'net')).toBe("{price} & 'never closed");
  });

  test('follow a rename at any step of a path', () => {
    const of = { model: orders, models };
    const text = "{customer.name} & {note} & '{name}'";
    expect(renameInFormula(text, of, { model: 'm-customers', field: 'f-name', to: 'title' })).toBe(
      "{customer.title} & {note} & '{name}'",
    );
    expect(renameInFormula(text, of, { model: 'm-orders', field: 'f-customer', to: 'buyer' })).toBe(
      "{buyer.name} & {note} & '{name}'",
    );
    expect(renameInFormula(text, of, { model: 'm-orders', field: 'f-name', to: 'x' })).toBe(text);
  });
});
