/**
 * What lists cost in a table of ten million records, against the same in one of ten thousand. Neither has an index at first:
 * Piper is asked about each list of the large one, and what it proposes is made in both. `npm run bench -- growth`;
 * BENCH_ROWS=1000000 makes it quicker.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { median, type Bench, type Figure } from './figure.ts';
import { openRecords, tableOf, type RecordsPlace } from './records-place.ts';

const few = 10_000;
const many = Number(process.env['BENCH_ROWS'] ?? 10_000_000);
const rounds = 300;
const warmUp = 30;

const fields = [
  { type: 'text', key: 'name' },
  { type: 'integer', key: 'score' },
  { type: 'decimal', key: 'amount' },
  { type: 'date', key: 'day' },
  { type: 'boolean', key: 'active' },
  { type: 'text', key: 'code' },
  { type: 'select', key: 'status', options: { choices: ['new', 'paid', 'sent', 'done', 'lost'].map((value) => ({ value })) } },
];

interface Query {
  filter?: Record<string, unknown>;
  sort?: string[];
}
/** A list; `query(n)` is its n-th asking. `paged`: each asking goes on where the one before ended. */
interface Case {
  name: string;
  query(n: number): Query;
  paged?: boolean;
}

const day = (n: number): string => new Date(Date.UTC(2026, 0, 1 + (n % 365))).toISOString().slice(0, 10);
const status = (n: number): string => ['new', 'paid', 'sent', 'done', 'lost'][n % 5]!;

const cases: Case[] = [
  { name: 'list 50 in the order of a text', query: () => ({ sort: ['name'] }) },
  { name: 'list 50 in the order of a number, descending', query: () => ({ sort: ['-score'] }) },
  { name: 'filter by one value', query: (n) => ({ filter: { code: { _eq: `code ${1 + ((n * 7919) % few)}` } } }) },
  {
    name: 'filter by a range, sorted by it',
    query: (n) => ({ filter: { score: { _gte: (n * 7919) % 900_000 } }, sort: ['score'] }),
  },
  {
    name: 'filter by the beginning of a text',
    query: (n) => ({ filter: { name: { _starts_with: `name ${1 + (n % 9)}` } }, sort: ['name'] }),
  },
  {
    name: 'filter by a select, sorted by a date',
    query: (n) => ({ filter: { status: { _eq: status(n) } }, sort: ['-day'] }),
  },
  {
    name: 'filter by a select and a range of dates, sorted by it',
    query: (n) => ({ filter: { status: { _eq: status(n) }, day: { _gte: day(n * 31) } }, sort: ['day'] }),
  },
  { name: 'page after a cursor, by a text', query: () => ({ sort: ['name'] }), paged: true },
  { name: 'page after a cursor, by a number, descending', query: () => ({ sort: ['-score'] }), paged: true },
  {
    name: 'page after a cursor, filtered besides',
    query: () => ({ filter: { day: { _gte: '2026-02-01' } }, sort: ['score'] }),
    paged: true,
  },
];

export const bench: Bench = {
  name: 'growth',
  async run() {
    const large = await openRecords({ key: 'many', label: 'Many', fields });
    try {
      const small = await makeModel(large, 'few');
      const started = performance.now();
      await fill(large.database, await tableOf(large.database, large.projectId, small.id), few);
      await fill(large.database, large.table, many);
      const filled = performance.now();
      const indexes = await takeAdvice(large, small);
      const note = `${many} rows in ${seconds(filled)} s; proposed: ${indexes.join(', ')}; made in ${seconds(performance.now() - filled + started)} s`;
      const figures = [];
      for (const one of cases) figures.push(await compare(large, one));
      figures[0]!.note += `; ${note}`;
      return figures;

      function seconds(until: number): number {
        return Math.round((until - started) / 1000);
      }
    } finally {
      await large.stop();
    }
  },
};

interface ModelReply {
  id: string;
  fields: { id: string; key: string }[];
}
const makeModel = ({ piper, projectId }: RecordsPlace, key: string): Promise<ModelReply> =>
  piper.post('/api/models', { project: projectId, key, label: key, fields });

interface Advice {
  fields: string[];
  action: Record<string, unknown>;
}

/** Makes every index Piper proposes for the lists of the large model, and the same for the small one. Answers over which fields. */
async function takeAdvice(place: RecordsPlace, small: ModelReply): Promise<string[]> {
  const { piper, projectId, modelId } = place;
  const large = await piper.get<ModelReply>(`/api/models/${modelId}`);
  const inSmall = (action: object): unknown => {
    const pairs = large.fields.map(({ id, key }) => [id, small.fields.find((field) => field.key === key)!.id] as const);
    const text = [[modelId, small.id] as const, ...pairs].reduce((from, [a, b]) => from.replaceAll(a, b), JSON.stringify(action));
    return JSON.parse(text);
  };
  const made: string[] = [];
  for (const { query } of cases) {
    for (const advice of await piper.post<Advice[]>(`/api/models/${modelId}/advice`, query(1))) {
      await change(place, [advice.action, inSmall(advice.action)]);
      made.push(advice.fields.join(' and '));
    }
  }
  await place.database.query('vacuum analyze');
  return made;

  async function change({ piper: { post, get } }: RecordsPlace, actions: unknown[]): Promise<void> {
    const path = `/api/projects/${projectId}/change-sets`;
    let set = await post<{ id: string; status: string }>(path, { actions });
    while (set.status === 'applying') {
      await sleep(500);
      set = await get(`${path}/${set.id}`);
    }
    if (set.status !== 'applied') throw new Error(`an index was not made: ${JSON.stringify(set).slice(0, 500)}`);
  }
}

/** Asks both models in turns, one request after the other. */
async function compare(place: RecordsPlace, one: Case): Promise<Figure> {
  const ask = { few: asking(place, 'few', one), many: asking(place, 'many', one) };
  const times: Record<keyof typeof ask, number[]> = { few: [], many: [] };
  for (let n = 0; n < warmUp + rounds; n++) {
    for (const key of ['few', 'many'] as const) {
      const took = await ask[key](n);
      if (n >= warmUp) times[key].push(took);
    }
  }
  const [small, large] = [median(times.few), median(times.many)];
  const note = `${large.toFixed(2)} against ${small.toFixed(2)} ms`;
  return { name: one.name, value: large / small, unit: '×', target: { max: 2 }, note };
}

/** One request for a page of 50, in ms. */
function asking(
  { piper, projectId, headers }: RecordsPlace,
  model: string,
  { query, paged }: Case,
): (n: number) => Promise<number> {
  let cursor: string | null | undefined;
  return async (n) => {
    const { filter = {}, sort = [] } = query(n);
    const asked = new URLSearchParams({ filter: JSON.stringify(filter), sort: sort.join(','), limit: '50' });
    if (sort.length === 0) asked.delete('sort');
    if (paged && cursor) asked.set('cursor', cursor);
    const before = performance.now();
    const response = await fetch(`${piper.url}/api/projects/${projectId}/items/${model}?${asked.toString()}`, { headers });
    if (!response.ok) throw new Error(`${asked.toString()}: ${response.status} ${await response.text()}`);
    const { meta } = (await response.json()) as { meta: { nextCursor?: string | null } };
    const took = performance.now() - before;
    cursor = meta.nextCursor;
    return took;
  };
}

/** Values are spread: neighbours in the order of one field lie anywhere in the table. */
async function fill(database: pg.Client, table: string, rows: number): Promise<void> {
  await database.query(`set synchronous_commit = off`);
  await database.query(`
    insert into ${table} (id, name, score, amount, day, active, code, status)
    select lpad(to_hex(n), 32, '0')::uuid, 'name ' || hash % 1000 || ' ' || n, hash % 1000000, hash % 100000 + 0.5,
      date '2026-01-01' + hash % 365, n % 2 = 0, 'code ' || n, (array['new', 'paid', 'sent', 'done', 'lost'])[1 + hash % 5]
    from (select n, (n::bigint * 2654435761 % 1000000007)::int as hash from generate_series(1, ${rows}) n) numbers`);
  await database.query(`vacuum analyze ${table}`);
}
