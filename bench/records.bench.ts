/** Reads and writes of users' records through token, roles, rules and engine, against bare handlers that do the same SQL. */
import { join } from 'node:path';
import type pg from 'pg';
import { mixedPerSecond, type Sent } from './load.ts';
import { median, type Bench, type Figure } from './figure.ts';
import { root, start } from './process.ts';
import { openRecords, type RecordsPlace } from './records-place.ts';

const rounds = Number(process.env['BENCH_ROUNDS'] ?? 5);
const seconds = Number(process.env['BENCH_SECONDS'] ?? 4);
const records = 100_000;
/** A word of the names of the cases to be measured; all without it. */
const wanted = process.env['BENCH_CASE'] ?? '';

const statuses = ['new', 'open', 'waiting', 'done', 'dropped'];
const texts = ['city', 'street', 'phone', 'company', 'source', 'region', 'tag', 'colour', 'code', 'team'];
const fields = [
  { type: 'text', key: 'title', required: true, index: true },
  { type: 'select', key: 'status', options: { choices: statuses.map((value) => ({ value, label: value })) } },
  { type: 'integer', key: 'priority', index: true },
  { type: 'decimal', key: 'amount' },
  { type: 'boolean', key: 'urgent' },
  { type: 'date', key: 'due', index: true },
  { type: 'date-time', key: 'seen' },
  { type: 'email', key: 'email' },
  { type: 'long-text', key: 'notes' },
  { type: 'integer', key: 'rank' },
  ...texts.map((key) => ({ type: 'text', key })),
];
const stamps = [
  'created_at as "createdAt"',
  'updated_at as "updatedAt"',
  'created_by as "createdBy"',
  'updated_by as "updatedBy"',
];
const columns = ['id', ...fields.map(({ key }) => key), ...stamps, 'version'].join(', ');

/** What is asked of both, under the address of each. */
interface Case {
  name: string;
  /** Percent of the baseline's requests per second. */
  target: number;
  ours(): Sent;
  theirs(): Sent;
}

export const bench: Bench = {
  name: 'records',
  async run() {
    const place = await openRecords({ key: 'tickets', label: 'Ticket', fields });
    const env = { DATABASE_URL: place.databaseUrl, TABLE: place.table, COLUMNS: columns };
    const bare = await start(join(root, 'bench/baseline/bare-records.ts'), { env });
    try {
      await fill(place.database, place.table);
      const ids = await someIds(place.database, place.table);
      const figures: Figure[] = [];
      for (const one of casesOf(place.items, ids).filter(({ name }) => name.includes(wanted)))
        figures.push(await measure(one, place, bare.url));
      return figures;
    } finally {
      await bare.stop();
      await place.stop();
    }
  },
};

async function measure(one: Case, { piper, headers }: RecordsPlace, bareUrl: string): Promise<Figure> {
  const ours = (time: number) => mixedPerSecond(piper.url, headers, one.ours, time);
  const theirs = (time: number) => mixedPerSecond(bareUrl, {}, one.theirs, time);
  await ours(2);
  await theirs(2);
  const taken: { a: number; b: number }[] = [];
  for (let round = 0; round < rounds; round++) taken.push({ a: await ours(seconds), b: await theirs(seconds) });
  const ratios = taken.map(({ a, b }) => (a / b) * 100);
  const [a, b] = [median(taken.map((each) => each.a)), median(taken.map((each) => each.b))];
  return {
    name: `${one.name} / bare Fastify + pg`,
    value: median(ratios),
    unit: '%',
    target: { min: one.target },
    note: `${Math.round(a)} against ${Math.round(b)} requests/s, ${Math.min(...ratios).toFixed(0)} % at least`,
  };
}

function casesOf(items: string, ids: readonly string[]): Case[] {
  const anyId = (): string => ids[Math.floor(Math.random() * ids.length)]!;
  const anyDay = (): string => new Date(Date.UTC(2026, 0, 1 + Math.floor(Math.random() * 300))).toISOString().slice(0, 10);
  const groups = `aggregate=${encodeURIComponent('{"count":"*","sum":["amount"]}')}&groupBy=status`;
  return [
    {
      name: 'read one record',
      target: 60,
      ours: () => ({ path: `${items}/${anyId()}` }),
      theirs: () => ({ path: `/records/${anyId()}` }),
    },
    {
      name: 'list 50, filtered and sorted',
      target: 60,
      ours: () => ({ path: `${items}?filter=${encodeURIComponent(`{"due":{"_gte":"${anyDay()}"}}`)}&sort=due&limit=50` }),
      theirs: () => ({ path: `/records?due=${anyDay()}&limit=50` }),
    },
    {
      name: 'count and sum by a select',
      target: 60,
      ours: () => ({ path: `${items}?${groups}` }),
      theirs: () => ({ path: '/groups' }),
    },
    {
      name: 'create one record',
      target: 45,
      ours: () => ({ method: 'POST', path: items, body: newRecord() }),
      theirs: () => ({ method: 'POST', path: '/records', body: newRecord() }),
    },
    {
      name: 'change one record',
      target: 45,
      ours: () => ({ method: 'PATCH', path: `${items}/${anyId()}`, body: change() }),
      theirs: () => ({ method: 'PATCH', path: `/records/${anyId()}`, body: change() }),
    },
  ];
}

let counter = 0;
const change = (): object => ({ title: `changed ${++counter}`, priority: counter % 1000 });
const newRecord = (): object => ({
  title: `created ${++counter}`,
  status: statuses[counter % statuses.length],
  priority: counter % 1000,
  amount: `${counter % 10_000}.25`,
  urgent: counter % 2 === 0,
  due: '2026-05-17',
  seen: '2026-05-17T10:00:00.000Z',
  email: 'somebody@example.org',
  notes: 'They called twice and would like to be called back on Monday.',
  rank: counter,
  ...Object.fromEntries(texts.map((key) => [key, `${key} of ${counter % 100}`])),
});

async function fill(database: pg.Client, table: string): Promise<void> {
  const list = `array[${statuses.map((status) => `'${status}'`).join(', ')}]`;
  await database.query(`
    insert into ${table} (id, ${fields.map(({ key }) => key).join(', ')})
    select gen_random_uuid(), 'ticket ' || n, (${list})[1 + n % ${statuses.length}], n % 1000, (n % 10000) + 0.25, n % 2 = 0,
      date '2026-01-01' + n % 365, timestamptz '2026-01-01' + n * interval '1 minute', 'somebody@example.org',
      'They called twice and would like to be called back on Monday.', n, ${texts.map((key) => `'${key} of ' || n % 100`).join(', ')}
    from generate_series(1, ${records}) n`);
  await database.query(`vacuum analyze ${table}`);
}

async function someIds(database: pg.Client, table: string): Promise<string[]> {
  const { rows } = await database.query<{ id: string }>(`select id from ${table} tablesample system (20) limit 20000`);
  return rows.map(({ id }) => id);
}
