import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import { registerUser, type TestUser } from '../../../../../test/accounts.ts';
import { useTestServer } from '../../../../../test/harness.ts';
import { attachModels, contextOf, copyFrom } from '../../../../../test/sample-database/copying.ts';
import { useForeignDatabase } from '../../../../../test/sample-database/foreign.ts';
import { chinookCounts, loadChinook } from '../../../../../test/sample-database/load.ts';
import { type Copy, type CopyProgress } from './copy.ts';
import { beginReading } from './reading.ts';
import { verifyTables } from './verify.ts';

const server = useTestServer();
const nastySql = readFileSync(join(import.meta.dirname, '../../../../../test/sample-database/nasty.sql'), 'utf8');
let owner: TestUser;

beforeAll(async () => {
  owner = await registerUser(server);
});

describe('a tidy database', () => {
  const foreign = useForeignDatabase(loadChinook);

  test('is copied whole, and its records are read with their relations', async () => {
    const attached = await attachModels(server, owner, foreign.client);
    const { project } = attached;
    const verified = await copyFrom(server, foreign.client, attached);
    expect(Object.fromEntries(verified.map(({ name, target }) => [name.slice(7), target.rows]))).toEqual(chinookCounts);
    expect(verified.filter(({ isSame }) => !isSame)).toEqual([]);
    const fields = 'name,unit_price,album.title,album.artist.name';
    const reply = await owner.browser.get(`/api/projects/${project.slug}/items/track?fields=${fields}&limit=1&sort=track_id`);
    expect(reply.json()).toMatchObject({
      data: [
        {
          name: 'For Those About To Rock (We Salute You)',
          unit_price: '0.99',
          album: { title: 'For Those About To Rock We Salute You', artist: { name: 'AC/DC' } },
        },
      ],
    });
  });

  test('is copied whole by a second attempt when the first was cut off, wherever that was', async () => {
    const attached = await attachModels(server, owner, foreign.client);
    let saved: CopyProgress = {};
    let left = 4;
    // What the transaction wrote is rolled back with it, and the progress is the last one that was committed.
    const cut: Copy['save'] = (_tx, progress) => {
      if (left-- === 0) throw new Error('cut off');
      saved = structuredClone(progress);
      return Promise.resolve();
    };
    for (let attempt = 0; attempt < 3; attempt++) {
      left = 4 + attempt * 3;
      await expect(copyFrom(server, foreign.client, { ...attached, progress: saved, save: cut })).rejects.toThrow('cut off');
    }
    const verified = await copyFrom(server, foreign.client, { ...attached, progress: saved });
    expect(verified.filter(({ isSame }) => !isSame)).toEqual([]);
    expect(verified.map(({ target }) => target.rows).reduce((a, b) => a + b)).toBe(15_607);
  });

  test('differs visibly from a copy that was changed', async () => {
    const attached = await attachModels(server, owner, foreign.client);
    const { tables } = attached;
    await copyFrom(server, foreign.client, attached);
    const track = tables.find(({ name }) => name === 'public.Track')!;
    const line = tables.find(({ name }) => name === 'public.InvoiceLine')!;
    await sql`update ${sql.raw(track.target)} set name = name || ' ' where track_id = 7`.execute(server.deps.db);
    await sql`delete from ${sql.raw(line.target)} where invoice_line_id = 9`.execute(server.deps.db);
    await beginReading(foreign.client, { isOneMoment: true });
    const differing = (await verifyTables(contextOf(server), foreign.client, tables)).filter(({ isSame }) => !isSame);
    await foreign.client.query('rollback');
    expect(differing).toMatchObject([
      { name: 'public.Track', columns: ['name'] },
      { name: 'public.InvoiceLine', source: { rows: 2240 }, target: { rows: 2239 } },
    ]);
  });
});

describe('a nasty database', () => {
  const foreign = useForeignDatabase((client) => client.query(nastySql));

  test('is copied whole: all keys, types, circles, partitions and views', async () => {
    const attached = await attachModels(server, owner, foreign.client);
    const { project, mapped } = attached;
    const verified = await copyFrom(server, foreign.client, attached);
    expect(verified.filter(({ isSame }) => !isSame)).toEqual([]);
    const counts = Object.fromEntries(verified.map(({ name, target }) => [name, target.rows]));
    expect(counts).toMatchObject({
      'sales.Order': 4,
      'sales.order_item': 2500,
      'sales.event': 1000,
      'sales.everything': 303,
      'sales.place': 1,
      'sales.friend': 200,
      'sales.open_orders': 2,
      'Größe & Co.Maß / Einheit 📏': 5,
    });
    const keyOf = (name: string) => mapped.models.find((model) => model.name === name)!.model.key;
    const items = `/api/projects/${project.slug}/items`;
    const read = async (name: string, query: string) =>
      (await owner.browser.get(`${items}/${keyOf(name)}?${query}`)).json<{ data: Record<string, unknown>[] }>().data;
    expect(await read('sales.Order', 'sort=region,no&fields=region,no,select,parent.region,parent.no')).toMatchObject([
      { region: 'D', no: 3, select: 'NULL', parent: { region: 'DE', no: 2 } },
      { region: 'DE', no: 1, select: 'from', parent: null },
      { region: 'DE', no: 2, select: 'a "quoted" \\ text, {with} NULL', parent: { no: 1 } },
      { region: 'X', no: 1, select: '', parent: { region: 'X', no: 1 } },
    ]);
    expect(await read('sales.loose', 'sort=loose_id&fields=place_key,place.name')).toMatchObject([
      { place_key: 'Bern', place: { name: 'Bern' } },
      { place_key: 'Nowhere', place: null },
      { place_key: null, place: null },
    ]);
    expect(await read('sales.nickname', 'limit=1&sort=person_name_key,nick&fields=nick,person_name.name')).toMatchObject([
      { nick: 'A', person_name: { name: 'Person 1' } },
    ]);
    expect(await read('Größe & Co.ratio_use', 'sort=ratio_use_id&fields=ratio.code')).toMatchObject([
      { ratio: { code: 'Straße' } },
      { ratio: { code: 'abc' } },
      { ratio: null },
    ]);
    const [first, second] = await read('sales.everything', 'sort=everything_id&limit=2&fields=*');
    expect(first).toMatchObject({
      big: '9223372036854775807',
      safe: 9_007_199_254_740_991,
      exact: '123456789012345678901234567890.123456789000',
      wait: 5_400,
      states: ['open', 'done'],
      numbers: [1, 2],
      home: { street: 'Main St', city: 'Bern' },
      field_2: '€',
    });
    expect(second).toMatchObject({ day: null, moment: null, instant: null, clock: null, double: null, doc: null, exact: null });
    // Numbers go on after the largest, and begin with 1 where there are none.
    const created = async (name: string, number: string) =>
      (await owner.browser.post(`${items}/${keyOf(name)}`, {})).json<{ data: Record<string, unknown> }>().data[number];
    expect([await created('sales.unused', 'unused_id'), await created('sales.unused', 'unused_id')]).toEqual([1, 2]);
    expect(await created('sales.everything', 'everything_id')).toBe(304);
  });
});
