/** What hostile clients send: every answer is a clear refusal in bounded time, or takes the text as what it is. */
import { beforeAll, expect, test } from 'vitest';
import pino from 'pino';
import { registerUser } from '../../../../test/accounts.ts';
import { useTestServer } from '../../../../test/harness.ts';
import { createRecordsProject, model, text, toMany, toOne, type RecordsProject } from '../../../../test/records.ts';

const logged: string[] = [];
const server = useTestServer({ log: pino({ level: 'error' }, { write: (line: string) => void logged.push(line) }) as never });
let place: RecordsProject;
/** Milliseconds that no request of these may take, however busy the machine: it finds what hangs, not what is slow. */
const patience = 20_000;
const choicesOf = (...names: string[]) => names.map((value) => ({ value, label: value }));

beforeAll(async () => {
  await registerUser(server);
  place = await createRecordsProject(server, [
    model('groups', [text('title')]),
    model('things', [
      text('name'),
      { type: 'long-text', key: 'long' },
      text('code', { unique: true }),
      { type: 'integer', key: 'int' },
      { type: 'decimal', key: 'dec' },
      { type: 'rating', key: 'stars' },
      { type: 'percent', key: 'pct' },
      { type: 'boolean', key: 'flag' },
      { type: 'date', key: 'day' },
      { type: 'date-time', key: 'moment' },
      { type: 'time', key: 'clock' },
      { type: 'duration', key: 'span' },
      { type: 'select', key: 'choice', options: { choices: choicesOf('a', "b'; drop table x; --", '__proto__', '😀') } },
      { type: 'multi-select', key: 'choices', options: { choices: choicesOf('a', 'b,c', '"}{', 'NULL', '\\') } },
      { type: 'json', key: 'data' },
      { type: 'uuid', key: 'uid' },
      { type: 'geo-point', key: 'place' },
      { type: 'rich-text', key: 'rich' },
      { type: 'files', key: 'papers' },
      { type: 'formula', key: 'sum', options: { formula: '{int} * 2' } } as never,
      toOne('group', 'groups', { reverse: 'things' }),
      toMany('groups', 'groups', 'all'),
      toOne('parent', 'things', { reverse: 'children' }),
    ]),
  ]);
  await place.owner.browser.post(place.at('things'), { name: 'a', long: `${'a'.repeat(100_000)}!`, int: 1, data: { a: 1 } });
});

const seen = new Map<number, number>();

interface Answer {
  status: number;
  code?: string;
  ms: number;
}

async function ask(method: string, url: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const start = performance.now();
  const reply = await place.owner.browser.send({
    method: method as 'GET',
    url,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const code = reply.statusCode >= 400 ? (reply.json() as { error: { code: string } }).error.code : '';
  return { status: reply.statusCode, code, ms: performance.now() - start };
}

/** Those that were neither understood nor refused in time. */
async function failuresOf(tries: readonly [unknown, () => Promise<Answer>][]): Promise<unknown[]> {
  const wrong: unknown[] = [];
  for (const [what, run] of tries) {
    const { status, code, ms } = await run();
    seen.set(status, (seen.get(status) ?? 0) + 1);
    if (status >= 500 || status === 429 || ms > patience)
      wrong.push([JSON.stringify(what).slice(0, 200), status, code, Math.round(ms)]);
  }
  return [...wrong, ...logged.splice(0).map((line) => line.slice(0, 600))];
}

const values: unknown[] = [
  'NaN', 'Infinity', '-Infinity', '1e400', `1${'0'.repeat(400)}`, `0.${'1'.repeat(400)}`, `${'9'.repeat(131_072)}.5`, 1e308, -0, 1e21,
  2 ** 53 + 2, '9223372036854775808', '-1', '0x10', '1_000', ' 1', '', ' ', true, [], {}, [[]], [null], [{}], { $ref: 'x' },
  '0000-00-00', '-4713-01-01', '294277-01-01', '9999-12-31', '10000-01-01', '2026-02-30', 'infinity', 'now', 'today', 'epoch', 'allballs',
  '9999-12-31T23:59:59.999Z', '+275760-09-13T00:00:00Z', '-271821-04-20T00:00:00Z', '2026-01-01T00:00:00+99:99', '0001-01-01T00:00:00Z',
  '24:00:00', '23:59:60', '25:00', '12:00:00.12345678901',
  'P1Y', 'P99999999999Y', '1 day',
  "'; drop table piper.users; --", '$1', '$CURRENT_USER', '$NOW(-99999999999999 days)', '__proto__', 'constructor', '\u202e', '😀'.repeat(3_000),
  'a\ud800b', '\uffff', '{"a":1}', '{a,b}', '{', '"', '\\', "E'\\000'", 'NULL', '(1,2)', '<script>',
  { type: 'Point', coordinates: [Number.MAX_VALUE, 0] }, { type: 'Point', coordinates: ['NaN', 0] }, { type: 'Point', coordinates: [1e308, 1e308] },
  { type: 'Point', coordinates: [] }, { type: 'doc', content: [{ type: 'x'.repeat(1_000) }] }, { type: 'doc', content: {} },
  Array.from({ length: 5_000 }, () => 'a'), Array.from({ length: 5_000 }, () => crypto.randomUUID()),
  '00000000-0000-0000-0000-000000000000', '00000000000000000000000000000000', '{00000000-0000-0000-0000-000000000000}',
  'x'.repeat(1_000_001), 'x'.repeat(10_001),
]; // prettier-ignore

test('any value for any field, alone and in lists', { timeout: 240_000 }, async () => {
  const { data } = (await place.owner.browser.get(`/api/models/things?project=${place.project.id}`)).json();
  const fields = (data.fields as { key: string }[]).map(({ key }) => key);
  const tries = fields.flatMap((key) =>
    values.flatMap((value): [unknown, () => Promise<Answer>][] => [
      [['create', key, value], () => ask('POST', place.at('things'), { [key]: value })],
    ]),
  );
  expect(await failuresOf(tries)).toEqual([]);
  const short = values.filter((value) => JSON.stringify(value).length < 1_000);
  const many = fields.flatMap((key) =>
    short.flatMap((value): [unknown, () => Promise<Answer>][] => [
      [['many', key, value], () => ask('POST', place.at('things'), [{ [key]: value }, { [key]: value }])],
    ]),
  );
  expect(await failuresOf(many)).toEqual([]);
});

test('any value for any operator of any field', { timeout: 400_000 }, async () => {
  const { data } = (await place.owner.browser.get(`/api/models/things?project=${place.project.id}`)).json();
  const tries = (data.fields as { key: string; operators: string[] }[]).flatMap(({ key, operators }) =>
    operators.flatMap((operator) =>
      values
        .filter((_, i) => i % 9 === operator.length % 9)
        .map((value): [unknown, () => Promise<Answer>] => [
          [key, operator, value],
          () =>
            ask('SEARCH', place.at('things'), { query: { fields: 'id', limit: 1, filter: { [key]: { [operator]: value } } } }),
        ]),
    ),
  );
  expect(await failuresOf(tries)).toEqual([]);
});

const nest = (depth: number, leaf: unknown, wrap: (inner: unknown) => unknown): unknown =>
  Array.from({ length: depth }).reduce((inner) => wrap(inner), leaf);
const words = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '$any', '$k0', '$CURRENT_USER', "x'; --", 'a"b', '😀', '*', '', '.', '..', 'id.id', 'group.', '.group', 'count(', 'count()', 'count(groups', 'year(year(day))', 'group:things', 'x'.repeat(70_000)]; // prettier-ignore

test('any name in any place of a query', { timeout: 120_000 }, async () => {
  const places: ((word: string) => object)[] = [
    (word) => ({ fields: [word] }),
    (word) => ({ fields: [`group.${word}`] }),
    (word) => ({ sort: [word] }),
    (word) => ({ sort: [`-group.${word}`] }),
    (word) => ({ filter: { [word]: { _eq: 1 } } }),
    (word) => ({ filter: { group: { [word]: { _eq: 1 } } } }),
    (word) => ({ filter: { name: { [word]: 1 } } }),
    (word) => ({ filter: { name: { _eq: `$CURRENT_USER.${word}` } } }),
    (word) => ({ filter: JSON.parse(`{${JSON.stringify(word)}:{"_and":[]}}`) as object }),
    (word) => ({ aggregate: { count: [word] } }),
    (word) => ({ aggregate: { [word]: ['id'] } }),
    (word) => ({ aggregate: { count: '*' }, groupBy: [word] }),
    (word) => ({ aggregate: { count: '*' }, groupBy: ['name'], sort: [word] }),
    (word) => ({ alias: JSON.parse(`{${JSON.stringify(word)}:"group"}`) as object, fields: [`${word}.title`, word] }),
    (word) => ({ alias: { x: word }, fields: ['x'] }),
    (word) => ({ deep: JSON.parse(`{${JSON.stringify(word)}:{"_limit":1}}`) as object, fields: [`${word}.*`] }),
    (word) => ({ deep: { group: { things: { [`_${word}`]: 1 } } }, fields: ['group.things.*'] }),
    (word) => ({ [word]: word }),
    (word) => ({ cursor: word }),
    (word) => ({ cursor: Buffer.from(JSON.stringify([word, word])).toString('base64url') }),
    (word) => ({ search: word }),
    (word) => ({ meta: word, limit: word }),
    (word) => ({ page: word, offset: word }),
  ];
  const tries = words.flatMap((word) =>
    places.map((make, i): [unknown, () => Promise<Answer>] => [
      [i, word],
      () => ask('SEARCH', place.at('things'), { query: make(word) }),
    ]),
  );
  const inAddress = words
    .filter((word) => word.length < 100)
    .map((word): [unknown, () => Promise<Answer>] => {
      const w = encodeURIComponent(word);
      return [
        ['address', word],
        () => ask('GET', `${place.at('things')}?filter[${w}][_eq]=1&deep[${w}][_limit]=1&aggregate[${w}]=*&${w}[${w}]=${w}`),
      ];
    });
  const asModel = words
    .filter((word) => word.length < 100)
    .flatMap((word): [unknown, () => Promise<Answer>][] => {
      const w = encodeURIComponent(word);
      return [
        [['model', word], () => ask('GET', place.at(w))],
        [['id', word], () => ask('GET', place.at('things', `/${w}`))],
        [['comment', word], () => ask('PATCH', place.at('things', `/${w}/comments/${w}`), { text: 'x' })],
        [['revision', word], () => ask('GET', place.at('things', `/${w}/revisions/${w}`))],
        [['upsert', word], () => ask('PUT', `${place.at('things')}?upsert=${w}`, { [word]: 1 })],
      ];
    });
  expect(await failuresOf([...tries, ...inAddress, ...asModel])).toEqual([]);
});

test('what is deep, long or much is refused, or answered, in time', { timeout: 120_000 }, async () => {
  const batch = (operations: unknown) => ask('POST', `/api/projects/${place.project.id}/batch`, { operations });
  const search = (query: object) => ask('SEARCH', place.at('things'), { query });
  const ids = Array.from({ length: 1_000 }, () => crypto.randomUUID());
  const tries: [unknown, () => Promise<Answer>][] = [
    ['json 100 deep', () => ask('POST', place.at('things'), { data: nest(100, 1, (inner) => [inner]) })],
    ['json 49 deep', () => ask('POST', place.at('things'), { data: nest(49, 1, (inner) => ({ a: inner })) })],
    ['json 100,000 deep', () => ask('POST', place.at('things'), `{"data":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)],
    ['json wide', () => ask('POST', place.at('things'), { data: Array.from({ length: 100_000 }, (_, i) => i) })],
    ['json with many keys', () => ask('POST', place.at('things'), { data: Object.fromEntries(ids.map((id) => [id, { __proto__x: 1 }])) })],
    ['10,000 terms', () => search({ filter: { _or: Array.from({ length: 10_000 }, (_, i) => ({ int: { _eq: i } })) } })],
    ['200 terms over relations', () => search({ filter: { _or: Array.from({ length: 200 }, (_, i) => ({ parent: { parent: { parent: { int: { _eq: i } } } } })) } })],
    ['100 relations', () => search({ filter: { _and: Array.from({ length: 99 }, (_, i) => ({ children: { _none: { int: { _gt: i } } } })) } })],
    ['a deep filter', () => search({ filter: nest(60, { int: { _eq: 1 } }, (inner) => ({ _and: [inner] })) })],
    ['a deep relation', () => search({ filter: nest(11, { int: { _eq: 1 } }, (inner) => ({ parent: inner })) })],
    ['a fields bomb', () => search({ fields: [Array(40).fill('parent').join('.')] })],
    ['stars', () => search({ fields: [Array(6).fill('*').join('.')] })],
    ['more stars', () => search({ fields: [Array(5).fill('*').join('.')], limit: -1 })],
    ['many paths', () => search({ fields: Array.from({ length: 10_000 }, (_, i) => `group.things.children.f${i}`) })],
    ['many relations', () => search({ fields: Array.from({ length: 190 }, (_, i) => `a${i}.children.id`), alias: Object.fromEntries(Array.from({ length: 190 }, (_, i) => [`a${i}`, 'children'])) })],
    ['catastrophic regex', () => search({ filter: { long: { _regex: '^(a+)+$' } } })],
    ['nested repeats', () => search({ filter: { long: { _regex: '((a{0,50}){0,50}){0,5}b' } } })],
    ['large repeats', () => search({ filter: { long: { _regex: '(a{1,255}){1,255}' } } })],
    ['back reference', () => search({ filter: { long: { _regex: String.raw`(a*)*\1\1\1b` } } })],
    ['look ahead', () => search({ filter: { long: { _regex: '(?=(a+))a*b' } } })],
    ['embedded options', () => search({ filter: { long: { _regex: '***:(?i)a' } } })],
    ['director', () => search({ filter: { long: { _regex: '***=((((' } } })],
    ['many alternatives', () => search({ filter: { _or: Array.from({ length: 199 }, () => ({ long: { _regex: '(a|aa|aaa|aaaa)*$' } })) } })],
    ['500 operations with related records', () =>
      batch(Array.from({ length: 500 }, (_, i) => ({ op: 'create', model: 'things', ref: `r${i}`, data: { name: 'x', children: [{ name: 'y' }, { name: 'z' }] } })))],
    ['1,000 operations', () => batch(Array.from({ length: 1_000 }, () => ({ op: 'create', model: 'things', data: {} })))],
    ['a reference to itself', () => batch([{ op: 'create', model: 'things', ref: 'a', data: { parent: { $ref: 'a' } } }])],
    ['a reference of two words', () => batch([{ op: 'create', model: 'things', data: { parent: { $ref: 'a', id: 'b' } } }])],
    ['names of prototypes', () => batch([{ op: 'create', model: '__proto__', data: {} }, { op: 'constructor', model: 'things' }])],
    ['a prototype in a batch', () => ask('POST', `/api/projects/${place.project.id}/batch`, '{"operations":[{"op":"create","model":"things","data":{"__proto__":{"x":1}}}]}')],
    ['a constructor', () => ask('POST', place.at('things'), '{"constructor":{"prototype":{"x":1}}}')],
    ['records 50 deep', () => ask('POST', place.at('things'), nest(50, { name: 'x' }, (inner) => ({ children: [inner] })) as object)],
    ['a list with itself', () => ask('POST', place.at('things'), { groups: [...ids, ...ids] })],
    ['unknown members', () => ask('POST', place.at('things'), { groups: { create: [{ title: 'a' }], update: [{ id: ids[0] }], delete: [ids[1]] } })],
    ['strange members', () => ask('POST', place.at('things'), { groups: [null, 5, [], { id: 5 }, '\ud800'] })],
    ['no list', () => ask('POST', place.at('things'), { groups: { create: 'x', __proto__x: [] } })],
    ['1,000 ids', () => ask('DELETE', place.at('things'), ids)],
    ['1,001 ids', () => ask('DELETE', place.at('things'), [...ids, 'x'])],
    ['a strange id', () => ask('DELETE', place.at('things'), ['x', "'", '\ud800'])],
    ['a query for a deletion', () => ask('DELETE', place.at('things'), { query: { filter: { name: { _eq: 'nobody' } }, aggregate: { count: '*' } } })],
    ['an alias for the id', () => ask('PATCH', place.at('things'), { query: { alias: { id: 'group' }, limit: 1 }, data: { name: 'x' } })],
    ['a huge offset', () => search({ offset: 999_999_999_999 })],
    ['a huge page', () => search({ page: 999_999_999_999, limit: 1_000 })],
    ['a huge number', () => search({ limit: 1e300 })],
    ['sums of sums', () => search({ aggregate: { sum: ['int', 'dec', 'span'], avg: ['dec'], max: ['data', 'place', 'choices'] } })],
    ['groups by all', () => search({ aggregate: { count: '*' }, groupBy: ['data'] })],
    ['groups by places', () => search({ aggregate: { count: '*' }, groupBy: ['place', 'rich'] })],
    ['a key of 10,000 signs', () => ask('POST', place.at('things'), {}, { 'idempotency-key': 'x'.repeat(10_000) })],
    ['a key in Latin', () => ask('POST', place.at('things'), {}, { 'idempotency-key': 'é\u00a0ÿ' })],
    ['a version of many digits', () => ask('PATCH', place.at('things', `/${ids[0]}`), {}, { 'if-match': '"99999999999999999999"' })],
    ['a version of nine digits', () => ask('PATCH', place.at('things', `/${ids[0]}`), {}, { 'if-match': '"999999999"' })],
    ['a revision of many digits', () => ask('GET', place.at('things', `/${ids[0]}/revisions/999999999999999999`))],
  ]; // prettier-ignore
  expect(await failuresOf(tries)).toEqual([]);
  expect([...seen.keys()].sort()).toEqual([200, 400, 404, 409]);
});
