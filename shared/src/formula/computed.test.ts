import { describe, expect, test } from 'vitest';
import type { DataModel, Field } from '../data-model.ts';
import { dataModel, field } from '../../../test/declare.ts';
import { limits } from '../limits.ts';
import { findCycle, resolveComputed } from './computed.ts';

const computed = (key: string, type: string, options: Record<string, unknown>): Field => ({
  id: `f-${key}`,
  key,
  type,
  label: key,
  options,
});
const formula = (key: string, text: string): Field => computed(key, 'formula', { formula: text });
const withId = (key: string, fields: Field[]): DataModel => dataModel(key, [field('id', 'uuid'), ...fields]);
const toOrder = field('order', 'relation', { relation: { kind: 'many-to-one', target: 'm-orders', as: 'order' } });
const lines: Field = {
  ...computed('lines', 'relation', {}),
  relation: { kind: 'one-to-many', target: 'm-lines', by: 'f-order' },
};
const nowhere = { find: () => undefined };
const shop = (orderFields: Field[], lineFields: Field[] = []): DataModel[] => [
  withId('orders', [field('note', 'text'), field('rate', 'decimal'), lines, ...orderFields]),
  withId('lines', [field('price', 'decimal'), field('count', 'integer'), field('paid', 'boolean'), toOrder, ...lineFields]),
];
const resultsOf = (definitions: DataModel[]) => Object.fromEntries(resolveComputed(definitions, nowhere).results);
const problemsOf = (definitions: DataModel[]) =>
  resolveComputed(definitions, nowhere).problems.map(({ model, field: of, message }) => `${model.key}.${of.key}: ${message}`);

describe('results', () => {
  test('follow from what a field builds on, in whatever order the fields stand', () => {
    const definitions = shop(
      [
        formula('gross', '{net} * {rate}'),
        computed('net', 'rollup', { relation: 'f-lines', field: 'f-amount', function: 'sum' }),
        computed('largest', 'rollup', { relation: 'f-lines', field: 'f-count', function: 'max' }),
        computed('number', 'rollup', { relation: 'f-lines', function: 'count', filter: { amount: { _gt: 5 } } }),
        computed('paid', 'rollup', { relation: 'f-lines', field: 'f-paid', function: 'and' }),
        computed('prices', 'lookup', { relation: 'f-lines', field: 'f-price' }),
      ],
      [
        formula('amount', '{price} * {count}'),
        computed('orderNote', 'lookup', { relation: 'f-order', field: 'f-note' }),
        computed('orderGross', 'lookup', { relation: 'f-order', field: 'f-gross' }),
        formula('shown', "{orderNote} & ': ' & {order.gross}"),
      ],
    );
    expect(problemsOf(definitions)).toEqual([]);
    expect(resultsOf(definitions)).toEqual({
      'f-gross': 'decimal',
      'f-net': 'decimal',
      'f-largest': 'integer',
      'f-number': 'integer',
      'f-paid': 'boolean',
      'f-prices': 'json',
      'f-amount': 'decimal',
      'f-orderNote': 'text',
      'f-orderGross': 'decimal',
      'f-shown': 'text',
    });
  });

  test('do not depend on those that stand there already', () => {
    const definitions = shop([{ ...formula('double', '{rate} * 2'), result: 'text' }, formula('more', '{double} + 1')]);
    expect(resultsOf(definitions)).toEqual({ 'f-double': 'decimal', 'f-more': 'decimal' });
    expect(definitions[0]!.fields.find(({ key }) => key === 'double')?.result).toBe('text');
  });
});

describe('problems', () => {
  test('of a field are told with its place, and those of what it builds on by name', () => {
    expect(
      problemsOf(
        shop([
          formula('a', '{nothing}'),
          formula('b', '{a} + 1'),
          formula('c', ''),
          computed('d', 'lookup', { relation: 'f-note', field: 'f-price' }),
          computed('e', 'lookup', { relation: 'f-lines' }),
          computed('f', 'lookup', { relation: 'f-lines', field: 'f-gone' }),
          computed('g', 'rollup', { relation: 'f-lines', function: 'median' }),
          computed('h', 'rollup', { relation: 'f-lines', function: 'sum' }),
          computed('i', 'rollup', { relation: 'f-lines', field: 'f-paid', function: 'sum' }),
          computed('j', 'rollup', { relation: 'f-lines', function: 'count', filter: { gone: { _eq: 1 } } }),
          computed('k', 'lookup', { relation: 'f-a', field: 'f-price' }),
        ]),
      ),
    ).toEqual([
      'orders.a: At character 1: “{nothing}” names no field of orders.',
      'orders.b: At character 1: “{a}” is itself not valid.',
      'orders.c: At character 1: the formula is empty.',
      'orders.d: Choose a relation of orders.',
      'orders.e: Choose the field of lines to show.',
      'orders.f: lines has no such field to compute with.',
      'orders.g: Choose a function: count, countDistinct, sum, avg, min, max, and, or, concat.',
      'orders.h: Choose the field of lines of which to take the sum.',
      "orders.i: The sum of paid can't be taken: it is of the type boolean.",
      'orders.j: There is no field "gone" here.',
      'orders.k: Choose a relation of orders.',
    ]);
  });

  test('a circle is told of each of its fields, through formulas, lookups, rollups and their filters', () => {
    const byFormula = shop([formula('a', '{b} + 1'), formula('b', '{c}'), formula('c', '{a}'), formula('d', '{a}')]);
    expect(problemsOf(byFormula)).toEqual([
      'orders.a: a builds on itself: a → b → c → a.',
      'orders.b: b builds on itself: b → c → a → b.',
      'orders.c: c builds on itself: c → a → b → c.',
      'orders.d: At character 1: “{a}” is itself not valid.',
    ]);
    expect(findCycle(byFormula, nowhere)?.map(({ key }) => key)).toEqual(['a', 'b', 'c']);
    const overRelations = shop(
      [computed('total', 'rollup', { relation: 'f-lines', field: 'f-share', function: 'sum' })],
      [formula('share', '{price} / {order.total}')],
    );
    expect(findCycle(overRelations, nowhere)?.map(({ key }) => key)).toEqual(['total', 'share']);
    const byFilter = shop([
      computed('many', 'rollup', { relation: 'f-lines', function: 'count', filter: { _and: [{ order: { many: { _gt: 1 } } }] } }),
    ]);
    expect(findCycle(byFilter, nowhere)?.map(({ key }) => key)).toEqual(['many']);
    expect(findCycle(shop([formula('self', '{self}')]), nowhere)?.map(({ key }) => key)).toEqual(['self']);
    expect(findCycle(shop([formula('a', '{rate}'), formula('b', '{a} + {a}')]), nowhere)).toBeUndefined();
  });

  test('levels and size are bounded', () => {
    const chain = Array.from({ length: limits.computedLevels + 1 }, (_, i) =>
      formula(`c${i}`, i === 0 ? '{rate}' : `{c${i - 1}}`),
    );
    expect(problemsOf(shop(chain))).toEqual([
      `orders.c${limits.computedLevels}: At most ${limits.computedLevels} computed fields may build on each other.`,
    ]);
    const bomb = Array.from({ length: 6 }, (_, i) =>
      formula(
        `b${i}`,
        Array(20)
          .fill(i === 0 ? '{rate}' : `{b${i - 1}}`)
          .join('+'),
      ),
    );
    expect(problemsOf(shop(bomb))[0]).toBe(
      `orders.b2: Together with the computed fields it builds on it has more than ${limits.formulaPartsWithin} parts.`,
    );
  });
});
