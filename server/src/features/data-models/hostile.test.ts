/** Hostile definitions: every name and option is taken as what it is, or refused in time; nothing reaches SQL that was not quoted. */
import { beforeAll, expect, test } from 'vitest';
import pino from 'pino';
import { createProject, registerUser, type TestUser } from '../../../../test/accounts.ts';
import { useTestServer } from '../../../../test/harness.ts';

const logged: string[] = [];
const server = useTestServer({ log: pino({ level: 'error' }, { write: (line: string) => void logged.push(line) }) as never });
let owner: TestUser;
let project: { id: string };
const patience = 10_000;

beforeAll(async () => {
  await registerUser(server);
  owner = await registerUser(server);
  project = await createProject(owner);
});

const names = [
  'Robert"); drop table piper.users; --',
  `a'b"c\\d`,
  'select',
  'user',
  'order by',
  'xmin',
  'ctid',
  'tableoid',
  'id',
  'createdAt',
  'deleted_at',
  'allowedActions',
  '__proto__',
  'constructor',
  'toString',
  '😀',
  '😀😀',
  '東京',
  'İstanbul',
  '\u202eabc',
  '\u0000x',
  'a\ud800',
  ' ',
  '',
  '$CURRENT_USER',
  '$1',
  'a.b',
  'a:b',
  'count(x)',
  '*',
  'and',
  '_and',
  '_eq',
  'a[b]',
  '{x}',
  '%s',
  'x'.repeat(63),
  'x'.repeat(64),
  'X'.repeat(200),
  `${'x'.repeat(62)}é`,
  'x'.repeat(201),
  'ß'.repeat(40),
  'null',
  'true',
  '1st',
  '-',
  '--',
  '/*',
  'new',
  'old',
  'written',
  'verdict',
  'target',
  'passes',
];

interface Sent {
  status: number;
  code: string;
  data: Record<string, unknown> & { fields?: { key: string; type: string }[] };
}
const wrong: unknown[] = [];

async function send(method: 'GET' | 'POST' | 'PUT' | 'PATCH', url: string, payload?: object): Promise<Sent> {
  const start = performance.now();
  const reply = await owner.browser.send({ method, url, ...(payload && { payload }) });
  const body = reply.json() as { data?: Sent['data']; error?: { code: string } };
  const ms = performance.now() - start;
  if (reply.statusCode >= 500 || ms > patience)
    wrong.push([method, url.slice(0, 200), JSON.stringify(payload)?.slice(0, 300), reply.statusCode, Math.round(ms)]);
  return { status: reply.statusCode, code: body.error?.code ?? '', data: body.data ?? {} };
}
const failures = () => [...wrong.splice(0), ...logged.splice(0).map((line) => line.slice(0, 800))];

test('names of fields, which then are written, read, sorted and filtered by', { timeout: 120_000 }, async () => {
  const fields = names.filter((name) => name.trim() !== '' && name.isWellFormed() && !name.includes('\0') && name.length <= 200);
  const made = await send('POST', '/api/models', {
    project: project.id,
    label: names[0]!,
    key: 'mixed',
    fields: fields.map((label) => ({ type: 'text', label, unique: true, index: true })),
  });
  expect([made.status, made.code]).toEqual([201, '']);
  const keys = made.data.fields!.filter(({ type }) => type === 'text').map(({ key }) => key);
  expect(keys.length).toBe(fields.length);
  expect(new Set(keys).size).toBe(fields.length);
  const items = `/api/projects/${project.id}/items/mixed`;
  const record = Object.fromEntries(keys.map((key) => [key, `${key}'"`]));
  const written = await send('POST', items, record);
  expect([written.status, written.data]).toMatchObject([200, record]);
  const twice = await send('POST', items, { [keys[0]!]: record[keys[0]!] });
  expect([twice.status, twice.code]).toEqual([409, 'already_exists']);
  for (const key of keys) {
    const found = await send(
      'GET',
      `${items}?fields=${key}&sort=-${key}&filter[${key}][_eq]=${encodeURIComponent(record[key]!)}`,
    );
    expect([key, found.data]).toEqual([key, [{ [key]: record[key] }]]);
    const changed = await send('PATCH', `${items}/${String(written.data['id'])}`, { [key]: `${key} 2` });
    expect([key, changed.data[key]]).toEqual([key, `${key} 2`]);
  }
  expect(failures()).toEqual([]);
});

test('names of models, keys, options and rules', { timeout: 200_000 }, async () => {
  for (const name of names.filter((_, i) => i % 2 === 0)) {
    await send('POST', '/api/models', {
      project: project.id,
      label: name,
      labelPlural: name,
      description: name,
      fields: [{ type: 'text', label: name }],
    });
    await send('POST', '/api/models', {
      project: project.id,
      label: 'x',
      key: name,
      fields: [{ type: 'text', label: 'x', key: name }],
    });
    await send('POST', `/api/models/mixed/fields?project=${project.id}`, { type: 'text', label: 'y', key: name });
    await send('POST', `/api/models/mixed/fields?project=${project.id}`, { type: name, label: 'y' });
    await send('GET', `/api/models/${encodeURIComponent(name.toWellFormed()) || 'x'}?project=${project.id}`);
    await send('PUT', `/api/models/mixed/rules?project=${project.id}`, {
      rules: [{ action: 'read', roles: [name], filter: { [name]: { _eq: 1 } }, fields: [name], presets: { [name]: name } }],
    });
    await send('POST', `/api/projects/${project.id}/roles`, { name });
    await send('POST', `/api/projects/${project.id}/roles`, { name: 'x', key: name });
  }
  expect(failures()).toEqual([]);
});

test('options and formulas that are wrong, wide or deep', { timeout: 200_000 }, async () => {
  const nest = (depth: number, leaf: string, wrap: (inner: string) => string): string =>
    Array.from({ length: depth }).reduce<string>((inner) => wrap(inner), leaf);
  const formulas = [
    '',
    '{',
    '{}',
    '{nothing}',
    '{__proto__}',
    '{constructor}',
    "'; drop table piper.users; --",
    '"',
    "'\\'",
    '1/0',
    '0^-1',
    '9'.repeat(400),
    `1e400`,
    '10^400',
    '-'.repeat(4_000) + '1',
    nest(1_000, '1', (inner) => `(${inner})`),
    nest(40, "'x'", (inner) => `concat(${inner}, ${inner.length < 1_500 ? inner : "'y'"})`),
    nest(45, '{id}', (inner) => `repeat(${inner}, 1000)`),
    nest(45, "'x'", (inner) => `replace(${inner}, 'x', 'xxxxxxxxxxxxxxxxxxxx')`),
    nest(45, '9', (inner) => `power(${inner}, 9)`),
    `1${'+1'.repeat(1_900)}`,
    `{version}${'*{version}'.repeat(390)}`,
    'if(true, 1',
    'if()',
    'now(',
    'pg_sleep(10)',
    'version()',
    'current_user',
    '{id} || (select 1)',
    'regex({id}, "(a+)+$")',
    '{createdBy.email}',
    '{createdBy.createdBy.createdBy.createdBy.name}',
  ];
  const items = `/api/projects/${project.id}/items/calc`;
  await send('POST', '/api/models', {
    project: project.id,
    label: 'Calc',
    key: 'calc',
    fields: [{ type: 'text', label: 'T', key: 't' }],
  });
  await send('POST', items, { t: 'x'.repeat(10_000) });
  for (const [i, formula] of formulas.entries()) {
    const made = await send('POST', `/api/models/calc/fields?project=${project.id}`, {
      type: 'formula',
      label: 'f',
      key: `f${i}`,
      options: { formula },
    });
    if (made.status < 300) await send('GET', `${items}?fields=f${i}&sort=f${i}`);
  }
  const options: [string, unknown][] = [
    ['text', { pattern: '(a+)+$' }],
    ['text', { pattern: '(?=a)' }],
    ['text', { pattern: '(' }],
    ['text', { pattern: 'a'.repeat(5_000) }],
    ['text', { maxLength: 1e300 }],
    ['text', { maxLength: -1 }],
    ['text', JSON.parse('{"__proto__":{"maxLength":1}}')],
    ['decimal', { scale: 1e9 }],
    ['decimal', { precision: -5 }],
    ['decimal', { min: 'NaN' }],
    ['decimal', { max: '1e400' }],
    ['currency', { currency: "E'; --" }],
    ['rating', { max: 1e9 }],
    ['select', { choices: [] }],
    ['select', { choices: Array.from({ length: 2_000 }, (_, i) => ({ value: `${i}`, label: 'x' })) }],
    [
      'select',
      {
        choices: [
          { value: 'a', label: 'a' },
          { value: 'a', label: 'b' },
        ],
      },
    ],
    ['select', { choices: names.map((value) => ({ value, label: value })) }],
    ['auto-number', { start: 1e300 }],
    ['auto-number', { start: '9223372036854775807' }],
    ['auto-number', { prefix: "'; --" }],
    ['geo-point', { srid: 5 }],
    ['relation', {}],
    ['lookup', { relation: 'nothing', field: 'x' }],
    ['rollup', { relation: 't', function: 'drop' }],
  ];
  for (const [type, given] of options) {
    await send('POST', `/api/models/calc/fields?project=${project.id}`, { type, label: `p ${type}`, options: given as object });
  }
  await send('GET', items);
  await send('POST', items, { t: 'y' });
  await send('POST', `/api/models/calc/fields?project=${project.id}`, {
    type: 'relation',
    label: 'r',
    relation: { kind: 'many-to-one', target: '__proto__' },
  });
  await send('POST', `/api/models/calc/fields?project=${project.id}`, {
    type: 'relation',
    label: 'r',
    relation: { kind: 'any', targets: ['calc', 'users', 'nothing', '00000000-0000-0000-0000-000000000000'] },
  });
  await send('POST', '/api/models', {
    project: project.id,
    label: 'Many',
    key: 'many',
    fields: Array.from({ length: 990 }, (_, i) => ({ type: 'text', label: `F ${i}` })),
  });
  await send('POST', '/api/models', {
    project: project.id,
    label: 'Too many',
    fields: Array.from({ length: 2_000 }, (_, i) => ({ type: 'text', label: `F ${i}` })),
  });
  expect(failures()).toEqual([]);
});
