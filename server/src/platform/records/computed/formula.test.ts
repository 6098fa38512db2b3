/** Formulas on real PostgreSQL: what they give, and that data is never taken for anything else. */
import { describe, expect, test } from 'vitest';
import { listRecords } from '../list.ts';
import { fill, modelWith, over, valuesOf } from '../../../../../test/formula-samples.ts';

describe('values', () => {
  const row = {
    i: 7,
    k: -2,
    n: '10.50',
    m: '0',
    t: ' Ää😀b ',
    u: 'a-b-c',
    b: true,
    d: '2024-01-31',
    e: '2024-02-29',
    w: '2024-01-31T23:30:15.250Z',
    ti: '10:00:00.5',
    ms: ['x', 'y'],
    st: 4,
    mo: '19.90',
  };
  test.each([
    ['{i} + {k} * 2', 3],
    ['{n} * {i}', '73.50'],
    ['{mo} * {st}', '79.60'],
    ['{n} / 3', '3.5'],
    ['{i} / {k}', '-3.5'],
    ['1 / 3', '0.33333333333333333333'],
    ['{n} / {m}', null],
    ['{i} % {m}', null],
    ['{i} % {k}', 1],
    ['-{i} % 4', -3],
    ['2 ^ 10', '1024'],
    ['3 ^ 50', '717897987691852588770249'],
    ['1.1 ^ 10', '2.5937424601'],
    ['2 ^ -1', '0.5'],
    ['(-8) ^ (1 / 3)', null],
    ['0 ^ -1', null],
    ['10 ^ 99', `1${'0'.repeat(99)}`],
    ['10 ^ 100', null],
    ['10 ^ 99 * 10', null],
    ['9999 ^ 9999 ^ 9', null],
    ['SQRT(16)', '4'],
    ['SQRT(-1)', null],
    ['9007199254740991 + 0', 9_007_199_254_740_991],
    ['9007199254740991 + 1', null],
    ['0.1 + 0.2', '0.3'],
    ['ROUND(-2.5)', -3],
    ['ROUND({n} / 3, 2)', '3.50'],
    ['ROUND({i} * 1.0, -1)', '10'],
    ['ROUND({n}, {i})', '10.5000000'],
    ['FLOOR(-1.5) & CEIL(-1.5) & ABS(-1.5)', '-2-11.5'],
    ['MIN({i}, {n}, null)', '7'],
    ["MAX('a', 'B', {t})", 'a'],
    ['TO_NUMBER(" -12.50 ") + 1', '-11.50'],
    ["TO_NUMBER('1e5')", null],
    ["TO_NUMBER('٣')", null],
    ["TO_NUMBER('')", null],
    ["IF({b} and {i} > 5, 'big', 'small')", 'big'],
    ["IF({m} > {i} / 0, 'a', 'b')", 'b'],
    ['not ({m} > {i} / 0)', null],
    ["SWITCH({i}, 1, 'one', 7, 'seven', 'many')", 'seven'],
    ["SWITCH({i}, 1, 'one')", null],
    ['COALESCE(null, {k})', -2],
    ['{t} = null or {t} != null', true],
    ['TRIM({t})', 'Ää😀b'],
    ['LENGTH({t})', 6],
    ['LEFT(TRIM({t}), 3)', 'Ää😀'],
    ['RIGHT({t}, 2) & LEFT({t}, -1) & RIGHT({t}, 0)', 'b '],
    ['MID({u}, 3, 1) & MID({u}, 0, 2) & MID({u}, 9, 9) & MID({u}, 1, -1)', 'ba-'],
    ["REPLACE({u}, '-', '')", 'abc'],
    ["REPLACE({u}, '', 'x')", 'a-b-c'],
    ["CONTAINS({u}, 'b-') and STARTS_WITH({u}, 'a') and ENDS_WITH({u}, '-c')", true],
    ["CONTAINS({u}, 'B')", false],
    [
      "{ti} & '|' & {ms} & '|' & {w} & '|' & {d} & '|' & {b} & '|' & {n}",
      '10:00:00.500|x, y|2024-01-31T23:30:15.250Z|2024-01-31|true|10.50',
    ],
    ['YEAR({w}) * 10000 + MONTH({w}) * 100 + DAY({w})', 20_240_131],
    ['HOUR({w}) * 10000 + MINUTE({w}) * 100 + SECOND({w})', 233_015],
    ['WEEKDAY({d})', 3],
    ["DATE_ADD({d}, 1, 'month')", '2024-02-29'],
    ["DATE_ADD({d}, -1, 'weeks')", '2024-01-24'],
    ["DATE_ADD({d}, 1, 'hour')", '2024-01-31T01:00:00.000Z'],
    ["DATE_ADD({w}, 1, 'year')", '2025-01-31T23:30:15.250Z'],
    ["DATE_ADD({d}, 99999999, 'year')", null],
    ["DATE_DIFF({d}, {e}, 'day')", 29],
    ["DATE_DIFF({d}, {e}, 'month')", 0],
    ["DATE_DIFF({e}, {w}, 'hour')", -672],
    ['DATE(2024, 2, 30)', null],
    ['DATE(2024, 2, 29)', '2024-02-29'],
    ["TO_DATE('2024-02-29')", '2024-02-29'],
    ["TO_DATE('2023-02-29')", null],
    ['TO_DATE({w})', '2024-01-31'],
    ['{d} < {w}', true],
    ["{d} = TO_DATE('2024-01-31')", true],
  ])('%s', async (formula, expected) => {
    const [value] = await valuesOf([formula], row).catch((error: unknown) => [(error as Error).message]);
    expect(value).toEqual(expected);
  });

  test('case is folded as the database folds it', async () => {
    expect(await valuesOf(['UPPER({t}) & LOWER({t})'], { t: 'Äé' })).toEqual(['ÄÉäé']);
  });

  test('the present is that of the request', async () => {
    const [now, today, gap] = await valuesOf(['NOW()', 'TODAY()', "DATE_DIFF(NOW(), {w}, 'minute')"], { w: new Date() });
    expect(Math.abs(Date.parse(now as string) - Date.now())).toBeLessThan(60_000);
    expect(today).toBe((now as string).slice(0, 10));
    expect(gap).toBe(0);
  });

  test('texts that would grow without end are cut', async () => {
    const grown = ['{u}', ...Array<string>(12).fill('')].reduce((inner) => `REPLACE(${inner}, 'a', 'aaaaaaaaaa')`);
    const [long, bomb, sum] = await valuesOf(
      ['LENGTH({u} & {u} & {u})', `LENGTH(${grown})`, Array<string>(120).fill('{n}').join(' * ')],
      { u: 'a'.repeat(90_000), n: `0.${'9'.repeat(100)}` },
    );
    expect(long).toBe(100_000);
    expect(bomb).toBe(100_000);
    expect(sum).toMatch(/^0\.9{50}/);
  });

  test('the largest formulas there can be', async () => {
    const sum = Array<string>(240).fill('{n}').join(' + ');
    const nested = `${'IF({b}, '.repeat(45)}1${', 0)'.repeat(45)}`;
    expect(
      await valuesOf([sum, '{f0} + {f0} + {f0} + {f0}', nested, Array<string>(240).fill('{t}').join(' & ')], {
        n: '1.5',
        b: true,
        t: 'ab',
      }),
    ).toEqual(['360.0', '1440.0', 1, 'ab'.repeat(240)]);
  });

  test('a field that builds on itself is missing, should a definition ever hold one', async () => {
    const model = modelWith(['{n} + 1', '{f0} + {f0}', '{i}']);
    model.fields.find(({ key }) => key === 'f0')!.options = { formula: '{f1} + {f1}' };
    await fill([{ n: '1', i: 5 }]);
    const { data } = await listRecords(over(model), 'samples', { fields: ['f0', 'f1', 'f2'] });
    expect(data).toEqual([{ f0: null, f1: null, f2: 5 }]);
  });

  test('a text is data, wherever it stands', async () => {
    const hostile = ["'; drop table piper.formula_samples; --", '\\', "''", '$1', '"', '%s', '*/'];
    const formulas = hostile.map((text) => `{t} & ${JSON.stringify(text)}`);
    expect(await valuesOf(formulas, { t: "it's " })).toEqual(hostile.map((text) => `it's ${text}`));
  });
});
