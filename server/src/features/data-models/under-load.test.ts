/**
 * Changing a table while people work on it: readers and writers go on through the engine, nobody waits for long, and nothing
 * is lost. `npm run endure:tables` does the same with a million rows.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { ModelAction } from '@piper/shared/data-models';
import { addProject, addUser } from '../../../../test/actors.ts';
import { useTestServer } from '../../../../test/harness.ts';
import { system } from '#platform/actor';
import { ctxFor, type Ctx } from '#platform/ctx';
import { createRecord, listRecords, updateRecord } from '#platform/records/records';
import { applyActions, applyChangeSet } from './change-sets.service.ts';
import { undoChangeSet } from './change-sets.history.ts';
import { loadDefinitions } from './definitions.repo.ts';
import { withFreshCatalogue } from './project-catalogue.ts';

// oxlint-disable-next-line node/no-process-env -- how many rows is the endurance run's matter, not a setting of Piper's
const rows = Number(process.env['PIPER_ENDURE_ROWS'] ?? 50_000);
/** With few rows, what is measured is the machine, on which other tests run too. */
const patienceMs = rows >= 1_000_000 ? 1_000 : 2_500;
const timeout = 60_000 + rows / 2;

const server = useTestServer();
let projectId: string;
let ctx: Ctx;

beforeAll(async () => {
  const owner = await addUser(server.deps.db);
  projectId = (await addProject(server.deps.db, { [owner.userId]: 'owner' })).id;
  ctx = ctxFor(server.deps, system, 'test');
  await applyActions(ctx, projectId, [
    { do: 'create-model', model: { label: 'Company', key: 'companies', fields: [{ type: 'text', label: 'Name' }] } },
    {
      do: 'create-model',
      model: {
        label: 'Order',
        key: 'orders',
        fields: [
          { type: 'text', label: 'Amount' },
          { type: 'text', label: 'Left' },
          { type: 'text', label: 'Right' },
          { type: 'text', label: 'Number' },
          { type: 'text', label: 'Company' },
        ],
      },
    },
  ]);
  await fill();
}, timeout);

/** Some amounts are no numbers; every company there is has orders, and some orders name one that is not. */
async function fill(): Promise<void> {
  const [companies, orders] = await Promise.all([tableOf('companies'), tableOf('orders')]);
  const client = new pg.Client({ connectionString: server.database.url });
  await client.connect();
  await client.query(
    `insert into ${companies} (id, name) select ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'Company ' || n from generate_series(1, 50) n`,
  );
  await client.query(`insert into ${orders} (id, amount, "left", "right", number, company)
    select gen_random_uuid(), case when n % 1000 = 0 then 'many' else n::text end, 'left ' || n, 'right ' || n, 'N' || n,
      '00000000-0000-7000-8000-' || lpad((n % 60 + 1)::text, 12, '0') from generate_series(1, ${rows}) n`);
  await client.query(`analyze ${orders}`);
  await client.end();
}

async function tableOf(key: string): Promise<string> {
  const { models } = await loadDefinitions(server.deps.db, projectId);
  return models.find((model) => model.key === key)!.table;
}

/** The physical name of a field's column. */
async function columnOf(key: string): Promise<string> {
  const { models } = await loadDefinitions(server.deps.db, projectId);
  const field = models.find((model) => model.key === 'orders')!.fields.find((one) => one.key === key)!;
  return `"${field.column}"`;
}

interface Load {
  /** Ends it. The longest that one request took, how many there were, and what failed. */
  stop(): Promise<{ longest: number; done: number; failures: string[] }>;
}

let running: Load | undefined;
afterEach(async () => void (await running?.stop()));

/** Four readers and four writers. */
function startLoad(write: (round: number) => Promise<unknown>): Load {
  let stopped = false;
  let longest = 0;
  let done = 0;
  const failures: string[] = [];
  const work = async (act: (round: number) => Promise<unknown>): Promise<void> => {
    for (let round = 0; !stopped; round++) {
      const from = performance.now();
      await act(round).catch((error: unknown) => failures.push(String((error as Error).stack)));
      longest = Math.max(longest, performance.now() - from);
      done++;
      await pause(5);
    }
  };
  const read = (): Promise<unknown> => withFreshCatalogue(ctx, projectId, (c) => listRecords(c, 'orders', { limit: '20' }));
  const all = Promise.all([...Array.from({ length: 4 }, () => work(read)), ...Array.from({ length: 4 }, () => work(write))]);
  running = {
    stop: async () => {
      stopped = true;
      running = undefined;
      await all;
      return { longest, done, failures };
    },
  };
  return running;
}

const create = (values: Record<string, unknown>): Promise<Record<string, unknown>> =>
  withFreshCatalogue(ctx, projectId, async (c) => (await createRecord(c, 'orders', values)) as Record<string, unknown>);

const change = (changes: object, field: string): ModelAction =>
  ({ do: 'update-field', model: 'orders', field, changes }) as ModelAction;

async function underLoad(actions: ModelAction[], write: (round: number) => Promise<unknown>): Promise<string> {
  const load = startLoad(write);
  await pause(200);
  const from = performance.now();
  const { id } = await applyChangeSet(ctx, projectId, actions, { wait: timeout });
  const took = performance.now() - from;
  await pause(200);
  const { longest, done, failures } = await load.stop();
  if (rows >= 1_000_000) process.stdout.write(`${took.toFixed(0)} ms, longest wait ${longest.toFixed(0)} ms, ${done} requests\n`);
  expect(failures.slice(0, 3)).toEqual([]);
  expect(done).toBeGreaterThan(20);
  expect(longest).toBeLessThan(patienceMs);
  return id;
}

const ask = async <T extends object>(query: string): Promise<T> => (await server.deps.pool.query<T>(query)).rows[0]!;

test('a text becomes a number while orders come in, and every one of them counts', { timeout }, async () => {
  const written = new Map<string, string>();
  const id = await underLoad([change({ type: 'integer' }, 'amount')], async (round) => {
    const amount = 5_000_000 + round;
    // What is valid before and after the switch.
    const record = await create({ amount: String(amount) }).catch(() => create({ amount }));
    written.set(String(record['id']), String(amount));
  });
  const orders = await tableOf('orders');
  const amount = await columnOf('amount');
  expect(
    await ask(`select count(*)::int as n, count(${amount})::int as converted from ${orders} where number is not null`),
  ).toEqual({
    n: rows,
    converted: rows - Math.floor(rows / 1000),
  });
  const { rows: found } = await server.deps.pool.query<{ id: string; amount: string }>(
    `select id, ${amount}::text as amount from ${orders} where number is null`,
  );
  expect(new Map(found.map((row) => [row.id, row.amount]))).toEqual(written);
  await undoChangeSet(ctx, projectId, id, { wait: timeout });
  expect(await ask(`select count(*)::int as n from ${orders} where ${await columnOf('amount')} = 'many'`)).toEqual({
    n: Math.floor(rows / 1000),
  });
  expect(await ask(`select count(${await columnOf('amount')})::int as n from ${orders}`)).toEqual({ n: rows + written.size });
});

test('a field becomes required, with something where there was nothing', { timeout }, async () => {
  await underLoad([change({ required: true, fill: '0' }, 'amount')], async () => create({ amount: '1' }));
  const amount = await columnOf('amount');
  expect(await ask(`select count(*) filter (where ${amount} is null)::int as n from ${await tableOf('orders')}`)).toEqual({
    n: 0,
  });
});

test('an index, a unique field and a relation come into being', { timeout }, async () => {
  await underLoad(
    [
      change({ index: true }, 'left'),
      change({ unique: true }, 'number'),
      change({ type: 'relation', relation: { kind: 'many-to-one', target: 'companies' } }, 'company'),
    ],
    async () => create({ amount: '1', number: randomUUID() }),
  );
  const orders = await tableOf('orders');
  const { rows: indexes } = await server.deps.pool.query(
    `select indisunique as unique, count(*)::int as n from pg_index where indrelid = '${orders}'::regclass and indisvalid and not indisprimary group by 1 order by 1`,
  );
  expect(indexes).toEqual([
    { unique: false, n: 4 },
    { unique: true, n: 1 },
  ]);
  const { rows: keys } = await server.deps.pool.query(
    `select convalidated from pg_constraint where conrelid = '${orders}'::regclass and contype = 'f'`,
  );
  expect(keys).toEqual([{ convalidated: true }]);
  expect(await ask(`select count(distinct ${await columnOf('company')})::int as n from ${orders}`)).toEqual({ n: 50 });
  await expect(create({ amount: '1', number: 'N1' })).rejects.toMatchObject({ code: 'already_exists' });
});

test('two fields swap their names, and no writer hits the wrong one', { timeout }, async () => {
  const written: string[] = [];
  await underLoad(
    [change({ key: 'spare' }, 'left'), change({ key: 'left' }, 'right'), change({ key: 'right' }, 'spare')],
    async () => {
      // Under either name the column that was made for left holds what is said to be left.
      const { id } = await create({ amount: '1' });
      await withFreshCatalogue(ctx, projectId, async (c) => {
        const swapped = c.project.catalogue.list().some(({ model }) => model.key === 'orders' && isSwapped(model.fields));
        await updateRecord(c, 'orders', String(id), swapped ? { right: 'L', left: 'R' } : { left: 'L', right: 'R' });
      });
      written.push(String(id));
    },
  );
  const [left, right, orders] = [await columnOf('right'), await columnOf('left'), await tableOf('orders')];
  expect(await ask(`select count(*)::int as n from ${orders} where ${left} = 'L' and ${right} = 'R'`)).toEqual({
    n: written.length,
  });
  expect(await ask(`select count(*)::int as n from ${orders} where ${left} like 'left %' and ${right} like 'right %'`)).toEqual({
    n: rows,
  });
});

const isSwapped = (fields: readonly { key: string; label: string }[]): boolean =>
  fields.some((field) => field.key === 'left' && field.label === 'Right');

test('a deleted field and a deleted model come back whole, though orders came in meanwhile', { timeout }, async () => {
  const sum = async (): Promise<object> =>
    ask(
      `select count(*)::int as n, md5(sum(hashtextextended(${await columnOf('left')}, 0))::text) as sum from ${await tableOf('orders')} where ${await columnOf('number')} like 'N%'`,
    );
  const before = await sum();
  const deletion = await underLoad([{ do: 'delete-field', model: 'orders', field: 'left' }], () => create({ amount: '1' }));
  expect(
    (await loadDefinitions(server.deps.db, projectId)).models.flatMap((model) => model.fields.map(({ key }) => key)),
  ).not.toContain('left');
  const load = startLoad(() => create({ amount: '1' }));
  await undoChangeSet(ctx, projectId, deletion, { wait: timeout });
  expect((await load.stop()).failures.slice(0, 3)).toEqual([]);
  expect(await sum()).toEqual(before);
  const { id } = await applyChangeSet(ctx, projectId, [{ do: 'delete-model', model: 'orders' }], { wait: timeout });
  await expect(create({ amount: '1' })).rejects.toMatchObject({ code: 'not_found' });
  await undoChangeSet(ctx, projectId, id, { wait: timeout });
  expect(await sum()).toEqual(before);
  await create({ amount: '1', left: 'again' });
});
