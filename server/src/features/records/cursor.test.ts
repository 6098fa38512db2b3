import { beforeAll, expect, test } from 'vitest';
import { useTestServer } from '../../../../test/harness.ts';
import { createRecordsProject, model, text, type RecordsProject } from '../../../../test/records.ts';

const server = useTestServer();
let place: RecordsProject;

const get = async (query: string) => {
  const reply = await place.owner.browser.get(place.at('rows', `?fields=id&${query}`));
  return reply.json<{ data: { id: string }[]; meta: { nextCursor: string | null } }>();
};

beforeAll(async () => {
  const fields = [text('name'), { type: 'integer', key: 'size', index: true }, { type: 'integer', key: 'rank', required: true }];
  place = await createRecordsProject(server, [model('rows', fields)]);
  const names = [null, 'a', 'B', null, 'b', 'ä'];
  const rows = Array.from({ length: 36 }, (_, n) => ({
    name: names[n % 6],
    size: n % 4 === 0 ? null : n % 3,
    rank: n % 5,
  }));
  await place.owner.browser.post(place.at('rows'), rows);
});

const sorts = [
  'size',
  '-size',
  'name,-size',
  '-name,size',
  'size,name',
  '-size,-name',
  'rank,-size',
  '-rank,name',
  'name,id',
  '-name,-rank',
];

test.each(sorts)('pages by %s are the whole list cut up, with values missing or not', async (sort) => {
  const whole = (await get(`sort=${sort}&limit=-1`)).data.map(({ id }) => id);
  expect(new Set(whole).size).toBe(36);
  for (const limit of [1, 5, 7]) {
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null && seen.length <= 36;) {
      const page = await get(`sort=${sort}&limit=${limit}${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`);
      seen.push(...page.data.map(({ id }) => id));
      cursor = page.meta.nextCursor;
    }
    expect(seen).toEqual(whole);
  }
});

test('an offset after a cursor skips over the border between records with a value and without', async () => {
  for (const sort of ['size', '-size']) {
    const whole = (await get(`sort=${sort}&limit=-1`)).data.map(({ id }) => id);
    for (const first of [3, 12]) {
      const { meta } = await get(`sort=${sort}&limit=${first}`);
      const { data } = await get(`sort=${sort}&limit=20&offset=10&cursor=${encodeURIComponent(meta.nextCursor!)}`);
      expect(data.map(({ id }) => id)).toEqual(whole.slice(first + 10, first + 30));
    }
  }
});
