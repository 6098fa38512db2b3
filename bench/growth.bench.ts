/**
 * What lists cost in a table of ten million records, against the same in one of ten thousand, over the indexes Piper makes:
 * `npm run bench -- growth`. BENCH_ROWS=1000000 makes it quicker.
 */
import type pg from 'pg';
import { median, type Bench, type Figure } from './figure.ts';
import { openRecords } from './records-place.ts';

const few = 10_000;
const many = Number(process.env['BENCH_ROWS'] ?? 10_000_000);
const rounds = 300;

const fields = [
  { type: 'text', key: 'name', index: true },
  { type: 'integer', key: 'score', index: true },
  { type: 'decimal', key: 'amount' },
  { type: 'date', key: 'day', index: true },
  { type: 'boolean', key: 'active' },
  { type: 'text', key: 'code', index: true },
];

interface Reply {
  data: Record<string, unknown>[];
  meta: { nextCursor?: string | null };
}
type Fetch = (query: string) => Promise<Reply>;
/** A list, and what makes its address; `page` is how far the reader has come. */
interface Case {
  name: string;
  query(n: number): string;
  paged?: boolean;
}

/** The first of them find as many records in the small table as in the large one. */
const cases: Case[] = [
  { name: 'list 50 in the order of a text', query: () => 'sort=name&limit=50' },
  { name: 'list 50 in the order of a number, descending', query: () => 'sort=-score&limit=50' },
  { name: 'filter by one value', query: (n) => `filter[code][_eq]=code ${1 + ((n * 7919) % few)}` },
  { name: 'filter by a range, sorted by it', query: (n) => `filter[score][_gte]=${(n * 7919) % 900_000}&sort=score&limit=50` },
  {
    name: 'filter by the beginning of a text',
    query: (n) => `filter[name][_starts_with]=name ${1 + (n % 9)}&sort=name&limit=50`,
  },
  { name: 'page after a cursor, by a text', query: () => 'sort=name&limit=50', paged: true },
  { name: 'page after a cursor, by a number, descending', query: () => 'sort=-score&limit=50', paged: true },
  {
    name: 'page after a cursor, filtered besides',
    query: () => 'filter[day][_gte]=2026-02-01&sort=score&limit=50',
    paged: true,
  },
];

export const bench: Bench = {
  name: 'growth',
  async run() {
    const place = await openRecords({ key: 'rows', label: 'Row', fields });
    try {
      const fetchList: Fetch = async (query) => {
        const response = await fetch(`${place.piper.url}${place.items}?${query}`, { headers: place.headers });
        if (!response.ok) throw new Error(`${query}: ${response.status} ${await response.text()}`);
        return (await response.json()) as Reply;
      };
      await fill(place.database, place.table, { from: 1, to: few });
      const before = await measureAll(fetchList);
      const started = performance.now();
      await fill(place.database, place.table, { from: few + 1, to: many });
      const built = `${many} rows, made in ${Math.round((performance.now() - started) / 1000)} s`;
      const after = await measureAll(fetchList);
      return cases.map(({ name }, i) => figureOf(name, { before: before[i]!, after: after[i]!, built }));
    } finally {
      await place.stop();
    }
  },
};

function figureOf(name: string, { before, after, built }: { before: number; after: number; built: string }): Figure {
  const note = `${after.toFixed(2)} against ${before.toFixed(2)} ms; ${built}`;
  return { name, value: after / before, unit: '×', target: { max: 2 }, note };
}

async function measureAll(fetchList: Fetch): Promise<number[]> {
  const result: number[] = [];
  for (const one of cases) result.push(await measure(fetchList, one));
  return result;
}

/** The median of requests one after the other, in ms. */
async function measure(fetchList: Fetch, { query, paged }: Case): Promise<number> {
  const times: number[] = [];
  let cursor: string | null | undefined;
  for (let round = 0; round < rounds; round++) {
    const from = paged && cursor ? `&cursor=${encodeURIComponent(cursor)}` : '';
    const before = performance.now();
    const { meta } = await fetchList(query(round) + from);
    times.push(performance.now() - before);
    ({ nextCursor: cursor } = meta);
  }
  return median(times.slice(rounds / 10));
}

/**
 * Values are spread: neighbours in the order of one index lie anywhere in the table. Indexes are made anew afterwards, which is
 * several times as fast as to keep them up to date on the way.
 */
async function fill(database: pg.Client, table: string, { from, to }: { from: number; to: number }): Promise<void> {
  const { rows } = await database.query<{ name: string; definition: string }>(
    `select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition
     from pg_index where indrelid = $1::regclass and not indisprimary`,
    [table],
  );
  await database.query(`set maintenance_work_mem = '256MB'; set synchronous_commit = off`);
  for (const { name } of rows) await database.query(`drop index ${name}`);
  await database.query(`
    insert into ${table} (id, name, score, amount, day, active, code)
    select lpad(to_hex(n), 32, '0')::uuid, 'name ' || hash % 1000 || ' ' || n, hash % 1000000, hash % 100000 + 0.5,
      date '2026-01-01' + hash % 365, n % 2 = 0, 'code ' || n
    from (select n, (n::bigint * 2654435761 % 1000000007)::int as hash from generate_series(${from}, ${to}) n) numbers`);
  for (const { definition } of rows) await database.query(definition);
  await database.query(`vacuum analyze ${table}`);
}
