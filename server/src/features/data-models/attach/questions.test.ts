/** An attached database answers as the original does. */
import { beforeAll, expect, test } from 'vitest';
import type { AttachedDatabase } from '@piper/shared/attached-databases';
import { createProject, registerUser, type TestUser } from '../../../../../test/accounts.ts';
import { until, useTestServer } from '../../../../../test/harness.ts';
import { useForeignDatabase } from '../../../../../test/sample-database/foreign.ts';
import { loadChinook } from '../../../../../test/sample-database/load.ts';
import { questions, type Question } from '../../../../../test/sample-database/questions.ts';

const server = useTestServer();
const foreign = useForeignDatabase(loadChinook);
let owner: TestUser;
let items: string;
let attached: AttachedDatabase;

beforeAll(async () => {
  owner = await registerUser(server);
  const { slug } = await createProject(owner);
  items = `/api/projects/${slug}/items`;
  const { hostname, port, pathname, username, password } = new URL(foreign.url);
  const connection = { host: hostname, port: Number(port), database: pathname.slice(1), username, password, tls: 'off' };
  const path = `/api/projects/${slug}/databases`;
  const { id } = (await owner.browser.post(path, connection)).json<{ data: AttachedDatabase }>().data;
  const read = async () => (await owner.browser.get(`${path}/${id}`)).json<{ data: AttachedDatabase }>().data;
  await until(async () => ['done', 'failed'].includes((await read()).status), { timeoutMs: 25_000 });
  attached = await read();
}, 30_000);

type Row = Record<string, unknown>;

/** What stands at a path: `album.title`, or in each of a list: `albums[].title`. */
function at(value: unknown, [word, ...rest]: string[]): unknown {
  if (word === undefined || value === null || value === undefined) return value ?? null;
  if (!word.endsWith('[]')) return at((value as Row)[word], rest);
  return ((value as Row)[word.slice(0, -2)] as unknown[]).map((each) => at(each, rest));
}

/** Numbers as text, since exact ones come as text from both sides, and zeros at their end do not count. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && /^-?\d+\.\d+$/.test(value) ? value.replace(/\.?0+$/, '') : value;
}

async function ask({ model, ask, take }: Question): Promise<unknown[]> {
  const query = Object.entries(ask).map(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return `${name}=${encodeURIComponent(text)}`;
  });
  const reply = await owner.browser.get(`${items}/${model}?${query.join('&')}`);
  expect(reply.body.slice(0, 500), model).toMatch(/^\{"data":/);
  const paths = take ?? String(ask['fields']).split(',');
  return reply.json<{ data: Row[] }>().data.map((record) => paths.map((path) => plain(at(record, path.split('.')))));
}

async function askSql({ sql }: Question): Promise<unknown[]> {
  const { rows } = await foreign.client.query<unknown[]>({ text: sql, rowMode: 'array' });
  return rows.map((row) => row.map(plain));
}

test('there are fifty questions to a whole copy', () => {
  expect(attached).toMatchObject({ status: 'done', report: { isSame: true } });
  expect(questions).toHaveLength(50);
  expect(new Set(questions.map(({ what }) => what)).size).toBe(50);
});

test.for(questions.map((question) => [question.what, question] as const))('%s', async ([, question]) => {
  const answer = await ask(question);
  expect(answer.length).toBeGreaterThan(0);
  expect(answer).toEqual(await askSql(question));
});

test('pages by cursor go once over everything, as SQL orders it', async () => {
  const seen: unknown[] = [];
  for (let cursor: string | undefined; ;) {
    const more = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const reply = await owner.browser.get(`${items}/track?fields=track_id&sort=-unit_price,name&limit=700${more}`);
    const { data, meta } = reply.json<{ data: { track_id: number }[]; meta: { nextCursor: string | null } }>();
    seen.push(...data.map((record) => record.track_id));
    cursor = meta.nextCursor ?? undefined;
    if (cursor === undefined) break;
  }
  expect(new Set(seen).size).toBe(3503);
  const { rows } = await foreign.client.query<{ name: string }>(
    `select "Name" as name from "Track" order by "UnitPrice" desc, "Name" collate "C"`,
  );
  const names = await foreign.client.query<{ name: string }>(
    `select "Name" as name from "Track" join unnest($1::int[]) with ordinality u(id, place) on u.id = "TrackId" order by u.place`,
    [seen],
  );
  expect(names.rows).toEqual(rows);
});
