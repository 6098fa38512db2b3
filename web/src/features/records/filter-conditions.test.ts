import { afterEach, describe, expect, test, vi } from 'vitest';
import { fieldTypes } from '@piper/shared/fields/index';
import type { Filter } from '@piper/shared/filter/filter';
import type { VisibleField, VisibleModel } from '../../platform/records.ts';
import { conditionsOf, filterOf, isFlag, operatorsOf, problemOf } from './filter-conditions.ts';

const field = (key: string, type: string, more: Partial<VisibleField> = {}): VisibleField => ({
  key,
  type,
  label: key,
  operators: fieldTypes.get(type)?.operators ?? [],
  sortable: true,
  creatable: true,
  updatable: true,
  ...more,
});
const links = ['_some', '_none', '_every'];
const fields = [
  field('total', 'integer'),
  field('seen', 'date-time'),
  field('tags', 'relation', { operators: links, relation: { kind: 'many-to-many', target: 't' } as never }),
  field('orders', 'relation', { operators: links, relation: { kind: 'one-to-many', target: 'o', by: 'customer' } }),
  field('about', 'any-relation', { relation: { kind: 'any', targets: ['b'] } }),
  ...['text', 'email', 'decimal', 'percent', 'rating', 'auto-number', 'date', 'time', 'duration', 'boolean', 'select'].map(
    (type) => field(type, type),
  ),
  ...['multi-select', 'files', 'image', 'geo-point', 'colour', 'json', 'uuid'].map((type) => field(type, type)),
];
const model = { key: 'm', fields } as unknown as VisibleModel;
const id = '0198f3c2-0000-7000-8000-000000000001';
const samples: Record<string, string> = {
  total: '10',
  seen: '2026-05-05',
  about: `books:${id}`,
  decimal: '1.50',
  percent: '12.5',
  rating: '3',
  'auto-number': '7',
  date: '2026-05-05',
  time: '14:30',
  duration: '1:30',
  boolean: 'false',
  colour: '#3366ff',
};

afterEach(() => vi.unstubAllEnvs());

describe('a filter made of conditions', () => {
  test.each(['Europe/Berlin', 'America/New_York'])('is read back as those in %s, for every field and comparison', (zone) => {
    vi.stubEnv('TZ', zone);
    for (const { key, ...rest } of fields)
      for (const operator of operatorsOf({ key, ...rest })) {
        const condition = { field: key, operator, value: isFlag(operator) ? '' : (samples[key] ?? id) };
        const filter = filterOf([condition], model);
        expect(filter, `${key} ${operator}`).toBeDefined();
        expect(conditionsOf(filter, model), `${key} ${operator} ${JSON.stringify(filter)}`).toEqual([condition]);
      }
  });

  test.each([
    ['decimal', '6,5', 'decimal must be a decimal number'],
    ['total', '100000000000000000000', 'total must be at most 9007199254740991.'],
    ['duration', 'soon', 'duration must be'],
    ['uuid', '1234', 'uuid must be a UUID.'],
  ])('says of %s what is wrong with %s', (key, value, problem) => {
    const of = fields.find((each) => each.key === key)!;
    expect(problemOf({ field: key, operator: '_gt', value }, of)).toContain(problem);
    expect(problemOf({ field: key, operator: '_gt', value: samples[key] ?? id }, of)).toBeUndefined();
    expect(problemOf({ field: key, operator: '_gt', value: '' }, of)).toBeUndefined();
  });

  test('compares records by no order', () => {
    const one = field('customer', 'relation', { relation: { kind: 'many-to-one', target: 'c', as: 'customer' } });
    expect(operatorsOf(one)).toEqual(['_eq', '_neq', '_null', '_nnull']);
  });

  test('compares moments with whole days of the reader, also with the one that has 23 hours', () => {
    vi.stubEnv('TZ', 'Europe/Berlin');
    const test = (operator: string, value: string): unknown => filterOf([{ field: 'seen', operator, value }], model)?.['_and'];
    expect(test('_eq', '2026-05-05')).toEqual([{ seen: { _between: ['2026-05-04T22:00:00.000Z', '2026-05-05T21:59:59.999Z'] } }]);
    expect(test('_lte', '2026-03-29')).toEqual([{ seen: { _lte: '2026-03-29T21:59:59.999Z' } }]);
    expect(test('_gte', '2026-03-29')).toEqual([{ seen: { _gte: '2026-03-28T23:00:00.000Z' } }]);
  });

  test('asks for linked records by their id, and leaves out what has no value yet', () => {
    const conditions = [
      { field: 'tags', operator: '_none', value: id },
      { field: 'about', operator: '_eq', value: `books:${id}` },
      { field: 'total', operator: '_eq', value: '' },
      { field: 'auto-number', operator: '_eq', value: 'INV' },
    ];
    expect(filterOf(conditions, model)).toEqual({
      _and: [{ tags: { _none: { id: { _eq: id } } } }, { 'about:books': { id: { _eq: id } } }],
    });
    expect(filterOf(conditions.slice(2), model)).toBeUndefined();
  });
});

test.each<[Filter]>([
  [{ _and: [{ total: { _gte: 10, _lt: 20 } }] }],
  [{ _and: [{ total: { _gte: 10 }, seen: { _nnull: true } }] }],
  [{ _and: [{ json: { _null: false } }] }],
  [{ _and: [{ total: { _eq: null } }] }],
  [{ _and: [{ gone: { _eq: 1 } }] }],
  [{ _and: [{ _or: [{ total: { _eq: 1 } }] }] }],
  [{ _and: [{ total: { _eq: 1 } }], total: { _eq: 2 } }],
  [{ _and: [{ seen: { _gte: '2026-05-05T12:00:00.000Z' } }] }],
  [{ total: { _eq: 1 } }],
])('%j is no filter made here and is left as it is', (filter) => {
  expect(conditionsOf(filter, model)).toBeUndefined();
});
